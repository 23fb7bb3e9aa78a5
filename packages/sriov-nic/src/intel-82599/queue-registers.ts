import type { RegisterFile } from '../engine/register-file.js'
import { RxDescriptorType } from '../intel/descriptors.js'
import { QueueState } from '../intel/queue-columns.js'
import type { QueueColumns } from '../intel/queue-columns.js'
import { TagMode } from '../intel/rx-engine.js'
import type { RxEngine } from '../intel/rx-engine.js'
import type { TxEngine } from '../intel/tx-engine.js'
import { LIMITS } from './limits.js'

const ENABLE = 1 << 25
/** RXDCTL.VME. */
const STRIP = 1 << 30
/** SRRCTL. */
const DROP = 1 << 28
/** QDE. */
const Qde = { enable: 1, hide: 2, write: 1 << 16, read: 1 << 17 } as const

/** Makes the queues' registers those of the engines. */
export class QueueRegisters {
  readonly #file: RegisterFile
  readonly #tx: TxEngine
  readonly #rx: RxEngine
  /** QDE of each queue: drop, hide the tag. */
  readonly #qde = new Uint8Array(LIMITS.rx.queues)

  constructor(file: RegisterFile, tx: TxEngine, rx: RxEngine) {
    this.#file = file
    this.#tx = tx
    this.#rx = rx
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
      this.#buffers(q)
    })
    file.onWrite('QDE', (_n, value) => this.#dropEnable(value))
  }

  /** Takes every setting from its register, as after a reset. */
  refresh(): void {
    this.#qde.fill(0)
    for (let q = 0; q < LIMITS.rx.queues; q++) {
      this.#rx.queues.head[q] = 0
      this.#rx.queues.tail[q] = 0
      this.#rx.queues.forget(q)
      this.#buffers(q)
    }
    for (let q = 0; q < LIMITS.tx.queues; q++) {
      this.#tx.queues.head[q] = 0
      this.#tx.queues.tail[q] = 0
      this.#tx.queues.forget(q)
    }
    this.#tx.writeBack.head.fill(0)
    this.#segmentFlags()
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

  #buffers(q: number): void {
    const value = this.#file.get('SRRCTL', q)
    const hide = (this.#qde[q] & Qde.hide) !== 0
    const strip = (this.#file.get('RXDCTL', q) & STRIP) !== 0
    this.#rx.bufferBytes[q] = (value & 0x1f) * 1024
    this.#rx.legacy[q] = ((value >>> 25) & 7) === RxDescriptorType.legacy ? 1 : 0
    this.#rx.dropping[q] = (value & DROP) !== 0 || (this.#qde[q] & Qde.enable) !== 0 ? 1 : 0
    this.#rx.tagMode[q] = hide ? TagMode.hide : strip ? TagMode.strip : TagMode.keep
    this.#rx.doorbell(q)
  }

  #dropEnable(value: number): void {
    const q = (value >>> 8) & 0x7f
    const bits = Qde.enable | Qde.hide
    if ((value & Qde.write) !== 0) {
      this.#qde[q] = value & bits
      this.#buffers(q)
    }
    this.#file.set('QDE', 0, (value & Qde.read) !== 0 ? (value & ~bits) | this.#qde[q] : value)
  }
}

function isOn(state: number): boolean {
  return state === QueueState.on || state === QueueState.stopping
}
