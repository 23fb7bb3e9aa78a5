import type { StateIo } from '@npa/core'
import type { RegisterFile } from '../engine/register-file.js'
import type { TxEngine } from './tx-engine.js'

/** RTTBCNRC: rate limit on, and the line's rate divided by the queue's, with 14 binary places. */
const ENABLE = 1 << 31
const FACTOR_MASK = 0x0fffffff
const FACTOR_ONE = 1 << 14

/** RTTBCNRM: MMW_SIZE, KiB that a queue can make up for. */
const WINDOW_MASK = 0x7ff
const WINDOW_UNIT = 1024

/**
 * The transmit rate of each queue: RTTDQSEL says which queue's limit RTTBCNRC is (82599, 8.2.3.10.13, 8.2.3.10.14). RTTBCNRM is for all of them:
 * drivers call it the transmit compensation time, and set it to 4 or 20 KiB.
 */
export class RateLimits {
  readonly #file: RegisterFile
  readonly #tx: TxEngine
  readonly #lineNsPerByte: number
  readonly values: Uint32Array

  /** `lineNsPerByte` is the time of a byte on the wire. */
  constructor(file: RegisterFile, tx: TxEngine, lineNsPerByte: number) {
    this.#file = file
    this.#tx = tx
    this.#lineNsPerByte = lineNsPerByte
    this.values = new Uint32Array(tx.nsPerByte.length)
    file.onRead('RTTBCNRC', () => this.values[file.get('RTTDQSEL')])
    file.onWrite('RTTBCNRM', (n, value) => {
      file.store('RTTBCNRM', n, value)
      this.#window()
    })
    file.onWrite('RTTBCNRC', (_n, value) => this.put(file.get('RTTDQSEL'), file.merged('RTTBCNRC', 0, value)))
  }

  /** RTTBCNRC of each queue. */
  walkState(io: StateIo): void {
    io.column('limits', this.values, 0, 0xffffffff)
    if (!io.restoring) return
    for (let q = 0; q < this.values.length; q++) this.put(q, this.values[q])
    this.#window()
  }

  reset(): void {
    for (let q = 0; q < this.values.length; q++) this.put(q, this.#file.get('RTTBCNRC'))
    this.#window()
  }

  put(q: number, value: number): void {
    this.values[q] = value
    const factor = value & FACTOR_MASK
    // A limit above the line's own rate is none.
    const limited = (value & ENABLE) !== 0 && factor > FACTOR_ONE
    this.#tx.nsPerByte[q] = limited ? (this.#lineNsPerByte * factor) / FACTOR_ONE : 0
  }

  #window(): void {
    this.#tx.compensationBytes = (this.#file.get('RTTBCNRM') & WINDOW_MASK) * WINDOW_UNIT
  }
}
