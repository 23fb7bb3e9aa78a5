import type { RegisterFile } from '../engine/register-file.js'
import type { TxEngine } from '../intel/tx-engine.js'
import { LIMITS } from './limits.js'

/** RTTBCNRC: rate limit on, and the line's rate divided by the queue's, with 14 binary places. */
const ENABLE = 1 << 31
const FACTOR_MASK = 0x0fffffff
const FACTOR_ONE = 1 << 14

/** Time of a byte at 10 Gb/s. */
const LINE_NS_PER_BYTE = 0.8

/** The transmit rate of each queue: RTTDQSEL says which queue's limit RTTBCNRC is (8.2.3.10.13, 8.2.3.10.14). */
export class RateLimits {
  readonly #file: RegisterFile
  readonly #nsPerByte: Float64Array
  readonly values: Uint32Array = new Uint32Array(LIMITS.tx.queues)

  constructor(file: RegisterFile, tx: TxEngine) {
    this.#file = file
    this.#nsPerByte = tx.nsPerByte
    file.onRead('RTTBCNRC', () => this.values[file.get('RTTDQSEL')])
    file.onWrite('RTTBCNRC', (_n, value) => this.put(file.get('RTTDQSEL'), file.merged('RTTBCNRC', 0, value)))
  }

  reset(): void {
    for (let q = 0; q < this.values.length; q++) this.put(q, this.#file.get('RTTBCNRC'))
  }

  put(q: number, value: number): void {
    this.values[q] = value
    const factor = value & FACTOR_MASK
    // A limit above the line's own rate is none.
    const limited = (value & ENABLE) !== 0 && factor > FACTOR_ONE
    this.#nsPerByte[q] = limited ? (LINE_NS_PER_BYTE * factor) / FACTOR_ONE : 0
  }
}
