import type { RegisterFile } from '../engine/register-file.js'
import { QueueState } from '../engine/queue-columns.js'
import type { QueueColumns } from '../engine/queue-columns.js'
import type { RxEngine } from './rx-engine.js'
import type { TxEngine } from './tx-engine.js'

const ENABLE = 1 << 25
/** TXDCTL. */
const FLUSH = 1 << 26
const WTHRESH_SHIFT = 16
const WTHRESH_MASK = 0x7f

/** Makes the queues' registers those of the engines. */
export class QueueRegisters {
  readonly #file: RegisterFile
  readonly #tx: TxEngine
  readonly #rx: RxEngine
  readonly #buffers: (q: number) => void

  /** `buffers` makes the chip's settings of a receive queue (SRRCTL and others) the engine's. */
  constructor(file: RegisterFile, tx: TxEngine, rx: RxEngine, buffers: (q: number) => void) {
    this.#file = file
    this.#tx = tx
    this.#rx = rx
    this.#buffers = buffers
    this.#ring('TD', tx.queues, (q) => tx.doorbell(q))
    this.#ring('RD', rx.queues, (q) => rx.doorbell(q))
    this.#control('TXDCTL', tx)
    this.#control('RXDCTL', rx)
    file.onWrite('TDWBAL', (q, value) => (tx.writeBack.head[q * 2] = file.store('TDWBAL', q, value)))
    file.onWrite('TDWBAH', (q, value) => (tx.writeBack.head[q * 2 + 1] = file.store('TDWBAH', q, value)))
    for (const name of ['DTXTCPFLGL', 'DTXTCPFLGH']) {
      file.onWrite(name, (n, value) => {
        file.store(name, n, value)
        this.#segmentFlags()
      })
    }
    file.onWrite('SRRCTL', (q, value) => {
      file.store('SRRCTL', q, value)
      buffers(q)
    })
  }

  /** Takes every setting from its register, as after a reset. */
  refresh(): void {
    for (let q = 0; q < this.#rx.queues.head.length; q++) {
      start(this.#rx.queues, q)
      this.#buffers(q)
    }
    for (let q = 0; q < this.#tx.queues.head.length; q++) start(this.#tx.queues, q)
    this.#tx.writeBack.head.fill(0)
    this.#tx.writeBack.threshold.fill(0)
    this.#segmentFlags()
  }

  /** Takes from the registers, which were restored, what the engines do not keep themselves. */
  follow(): void {
    const { head, threshold } = this.#tx.writeBack
    for (let q = 0; q < threshold.length; q++) {
      head[q * 2] = this.#file.get('TDWBAL', q)
      head[q * 2 + 1] = this.#file.get('TDWBAH', q)
      threshold[q] = (this.#file.get('TXDCTL', q) >>> WTHRESH_SHIFT) & WTHRESH_MASK
    }
    for (let q = 0; q < this.#rx.queues.head.length; q++) this.#buffers(q)
    this.#segmentFlags()
  }

  #thresholds(q: number, value: number): void {
    const { writeBack } = this.#tx
    writeBack.threshold[q] = (this.#file.get('TXDCTL', q) >>> WTHRESH_SHIFT) & WTHRESH_MASK
    if ((value & FLUSH) !== 0) writeBack.flush(q)
  }

  #segmentFlags(): void {
    const low = this.#file.get('DTXTCPFLGL')
    const kept = this.#tx.segmenter.keptFlags
    kept[0] = low & 0xfff
    kept[1] = low >>> 16
    kept[2] = this.#file.get('DTXTCPFLGH')
  }

  /** Base, length, head and tail. Base and length are taken over when the queue is enabled; the head is the chip's from then on. */
  #ring(prefix: 'TD' | 'RD', queues: QueueColumns, doorbell: (q: number) => void): void {
    const file = this.#file
    const { state, head, tail } = queues
    file.onRead(`${prefix}H`, (q) => head[q])
    file.onWrite(`${prefix}H`, (q, value) => {
      if (state[q] !== QueueState.off) return
      head[q] = value & 0xffff
      queues.forget(q)
    })
    file.onRead(`${prefix}T`, (q) => tail[q])
    file.onWrite(`${prefix}T`, (q, value) => {
      tail[q] = value & 0xffff
      doorbell(q)
    })
  }

  #control(name: 'TXDCTL' | 'RXDCTL', engine: TxEngine | RxEngine): void {
    const file = this.#file
    const { queues } = engine
    const prefix = name === 'TXDCTL' ? 'TD' : 'RD'
    file.onRead(name, (q, stored) => stored | (isOn(queues.state[q]) ? ENABLE : 0))
    file.onWrite(name, (q, value) => {
      file.store(name, q, value)
      if (engine === this.#rx) this.#buffers(q)
      else this.#thresholds(q, value)
      if ((value & ENABLE) === 0) {
        engine.disable(q)
        return
      }
      if (queues.state[q] === QueueState.off) {
        queues.baseLo[q] = file.get(`${prefix}BAL`, q)
        queues.baseHi[q] = file.get(`${prefix}BAH`, q)
        queues.size[q] = file.get(`${prefix}LEN`, q) >> 4
      }
      engine.enable(q)
    })
  }
}

/** Head and tail at the ring's start. */
function start(queues: QueueColumns, q: number): void {
  queues.head[q] = 0
  queues.tail[q] = 0
  queues.forget(q)
}

function isOn(state: number): boolean {
  return state === QueueState.on || state === QueueState.stopping
}
