import {
  Bar,
  Cmd,
  Pt,
  QUEUE_ENTRY_BYTES,
  RxComp,
  RxDesc,
  RxMode,
  RssConf,
  RxQueue,
  Shared,
  SHARED_MAGIC,
  TxDesc,
  TxQueue,
  UptFeature,
  Vd,
} from '@npa/vmxnet3-spec'
import type { Guest } from './guest.js'

/** Ring sizes and buffers of the test driver. */
export interface DriverOptions {
  readonly txQueues?: number
  readonly rxQueues?: number
  readonly txRing?: number
  readonly ring1?: number
  readonly ring2?: number
  /** Bytes of head and body buffers. */
  readonly head?: number
  readonly body?: number
  /** Ring 1 holds a head and then so many bodies, again and again. */
  readonly bodies?: number
  readonly features?: number
  readonly autoMask?: number
  /** Most buffers of a packet. */
  readonly maxRxSg?: number
}

/** Descriptor options of a frame to send. */
export interface SendOptions {
  readonly queue?: number
  /** Lengths of the descriptors; the last gets the rest. */
  readonly cuts?: readonly number[]
  readonly w2?: number
  readonly w3?: number
  readonly cq?: boolean
}

/** A frame that the driver took from a receive queue. */
export interface Received {
  readonly bytes: number[]
  /** Word 1 of the first completion, where drivers look for it. */
  readonly w1: number
  /** The words of the last completion. */
  readonly w0: number
  readonly w2: number
  readonly w3: number
  /** Ring ids and indices of its buffers. */
  readonly rings: number[]
  readonly indices: number[]
}

interface RxState {
  readonly rings: readonly { base: number; size: number; buffers: number; next: number; gen: number }[]
  readonly comp: number
  next: number
  gen: number
}

interface TxState {
  ring: number
  comp: number
  buffers: number
  next: number
  gen: number
  compNext: number
  compGen: number
}

const BUFFER = 16384

/** The least of a vmxnet3 driver: it knows nothing of the device but registers and memory. */
export class TestDriver {
  readonly guest: Guest
  readonly shared: number
  readonly table: number
  readonly rssConf: number
  readonly tx: TxState[]
  readonly rx: RxState[]
  readonly rxCompSize: number
  readonly txRing: number
  readonly rxQueues: number
  readonly #options: Required<DriverOptions>

  constructor(guest: Guest, options: DriverOptions = {}) {
    const o = {
      txQueues: 1,
      rxQueues: 1,
      txRing: 64,
      ring1: 64,
      ring2: 32,
      head: 1536,
      body: 2048,
      bodies: 0,
      autoMask: 0,
      maxRxSg: 0,
    }
    this.#options = { ...o, features: UptFeature.rxChecksum | UptFeature.rxVlan, ...options }
    const { txQueues, rxQueues, txRing, ring1, ring2 } = this.#options
    this.guest = guest
    this.txRing = txRing
    this.rxQueues = rxQueues
    this.shared = guest.allocate(Shared.bytes)
    this.rssConf = guest.allocate(RssConf.bytes)
    this.table = guest.allocate((txQueues + rxQueues) * QUEUE_ENTRY_BYTES)
    this.tx = Array.from({ length: txQueues }, () => ({
      ring: guest.allocate(txRing * 16),
      comp: guest.allocate(txRing * 16),
      buffers: guest.allocate(txRing * 4096),
      next: 0,
      gen: TxDesc.gen,
      compNext: 0,
      compGen: 1,
    }))
    this.rxCompSize = ring1 + ring2
    this.rx = Array.from({ length: rxQueues }, () => ({
      rings: [ring1, ring2].map((size) => ({
        base: guest.allocate(size * 16),
        size,
        buffers: guest.allocate(size * 4096),
        next: 0,
        gen: RxDesc.gen,
      })),
      comp: guest.allocate(this.rxCompSize * 16),
      next: 0,
      gen: 1,
    }))
    this.#fillShared()
    this.#fillTable()
  }

  /** The rings of receive queue 0. */
  get rings(): RxState['rings'] {
    return this.rx[0].rings
  }

  /** Hands the shared area over; the result of ACTIVATE_DEV. */
  activate(): number {
    this.rewind()
    this.guest.write(Bar.control, Vd.dsal, this.shared >>> 0)
    this.guest.write(Bar.control, Vd.dsah, Math.floor(this.shared / 4294967296))
    return this.guest.command(Cmd.activateDev)
  }

  /** Activates, posts all buffers but one, receives everything for us and broadcast, unmasks. */
  open(mode: number = RxMode.unicast | RxMode.broadcast): void {
    if (this.activate() !== 0) throw new Error('ACTIVATE_DEV failed')
    this.rx.forEach(({ rings }, queue) => {
      this.post(0, rings[0].size - 1, queue)
      this.post(1, rings[1].size - 1, queue)
    })
    this.setMode(mode)
    for (let v = 0; v < 25; v++) this.guest.write(Bar.data, Pt.imr + 8 * v, 0)
    this.guest.put32(this.shared + Shared.interruptControl, 0)
  }

  setMode(mode: number): void {
    this.guest.put32(this.shared + Shared.rxMode, mode)
    this.guest.command(Cmd.updateRxMode)
  }

  /** Fresh rings, as before an activation. */
  rewind(): void {
    for (const tx of this.tx) {
      this.guest.bytes(tx.ring, this.txRing * 16).fill(0)
      Object.assign(tx, { next: 0, gen: TxDesc.gen, compNext: 0, compGen: 1 })
    }
    for (const rx of this.rx) {
      for (const ring of rx.rings) {
        this.guest.bytes(ring.base, ring.size * 16).fill(0)
        Object.assign(ring, { next: 0, gen: RxDesc.gen })
      }
      Object.assign(rx, { next: 0, gen: 1 })
    }
  }

  /** Posts `count` receive buffers in ring 0 or 1 of a queue. */
  post(which: 0 | 1, count: number, queue = 0): void {
    const ring = this.rx[queue].rings[which]
    const { head, body, bodies } = this.#options
    for (let i = 0; i < count; i++) {
      const isBody = which === 1 || ring.next % (bodies + 1) !== 0
      const at = ring.base + ring.next * 16
      this.guest.put64(at, ring.buffers + ring.next * 4096)
      this.guest.put32(at + 8, (isBody ? RxDesc.body | body : head) | ring.gen)
      if (++ring.next === ring.size) {
        ring.next = 0
        ring.gen ^= RxDesc.gen
      }
    }
  }

  /** Writes a frame's descriptors; the doorbell is `ring`'s. */
  put(frame: ArrayLike<number>, options: SendOptions = {}): void {
    const { queue = 0, cuts = [], w2 = 0, w3 = 0, cq = true } = options
    const tx = this.tx[queue]
    const lengths = [...cuts, frame.length - cuts.reduce((a, b) => a + b, 0)]
    let from = 0
    lengths.forEach((length, i) => {
      const last = i === lengths.length - 1
      const buffer = tx.buffers + tx.next * 4096
      this.guest.bytes(buffer, length).set(Array.from(frame).slice(from, from + length))
      from += length
      const flags = (i === 0 ? w3 : 0) | (last ? TxDesc.eop | (cq ? TxDesc.cq : 0) : 0)
      this.descriptor(queue, buffer, (length === BUFFER ? 0 : length) | (i === 0 ? w2 : 0), flags)
    })
  }

  /** One raw transmit descriptor; the generation is added. */
  descriptor(queue: number, address: number, w2: number, w3: number): void {
    const tx = this.tx[queue]
    const at = tx.ring + tx.next * 16
    this.guest.put64(at, address)
    this.guest.put32(at + 12, w3)
    this.guest.put32(at + 8, w2 | tx.gen)
    if (++tx.next === this.txRing) {
      tx.next = 0
      tx.gen ^= TxDesc.gen
    }
  }

  ring(queue = 0): void {
    this.guest.write(Bar.data, Pt.txProd + 8 * queue, this.tx[queue].next)
  }

  send(frame: ArrayLike<number>, options: SendOptions = {}): void {
    this.put(frame, options)
    this.ring(options.queue)
  }

  /** Indices in the new transmit completions. */
  completions(queue = 0): number[] {
    const tx = this.tx[queue]
    const found: number[] = []
    for (;;) {
      const at = tx.comp + tx.compNext * 16
      if (this.guest.u32(at + 12) >>> 31 !== tx.compGen) return found
      found.push(this.guest.u32(at) & 0xfff)
      if (++tx.compNext === this.txRing) {
        tx.compNext = 0
        tx.compGen ^= 1
      }
    }
  }

  /** Takes all new frames of a queue; with `refill` their buffers are posted again. */
  receive(refill = true, queue = 0): Received[] {
    const rx = this.rx[queue]
    const frames: Received[] = []
    let bytes: number[] = []
    let rings: number[] = []
    let indices: number[] = []
    let w1 = 0
    for (;;) {
      const at = rx.comp + rx.next * 16
      const w3 = this.guest.u32(at + 12)
      if (w3 >>> 31 !== rx.gen) return frames
      const w0 = this.guest.u32(at)
      const w2 = this.guest.u32(at + 8)
      const id = (w0 >>> RxComp.queueShift) & RxComp.queueMask
      const which = id < this.rxQueues ? 0 : 1
      if (id % this.rxQueues !== queue) throw new Error(`a completion of queue ${queue} names queue ${id}`)
      const index = w0 & RxComp.indexMask
      if (((w0 & RxComp.sop) !== 0) !== (bytes.length === 0)) throw new Error('start of packet in the wrong place')
      if (bytes.length === 0) w1 = this.guest.u32(at + 4)
      bytes = bytes.concat(Array.from(this.guest.bytes(rx.rings[which].buffers + index * 4096, w2 & RxComp.lengthMask)))
      rings.push(id)
      indices.push(index)
      if (refill) this.post(which, 1, queue)
      if ((w0 & RxComp.eop) !== 0) {
        frames.push({ bytes, w0, w1, w2, w3, rings, indices })
        bytes = []
        rings = []
        indices = []
      }
      if (++rx.next === this.rxCompSize) {
        rx.next = 0
        rx.gen ^= 1
      }
    }
  }

  /** Gives an RSS configuration, `words` its four u16 up front; the device looks at it when it is told to. */
  setRss(words: readonly number[], key: ArrayLike<number>, table: ArrayLike<number>): void {
    const { guest, shared } = this
    const conf = guest.bytes(this.rssConf, RssConf.bytes)
    conf.fill(0)
    words.forEach((word, n) => conf.set([word & 255, word >> 8], 2 * n))
    conf.set(key, RssConf.key)
    conf.set(table, RssConf.table)
    guest.put32(shared + Shared.rssConf, 1)
    guest.put32(shared + Shared.rssConf + 4, RssConf.bytes)
    guest.put64(shared + Shared.rssConf + 8, this.rssConf)
  }

  /** Address of a queue's entry: transmit queues first. */
  entry(place: number): number {
    return this.table + place * QUEUE_ENTRY_BYTES
  }

  #fillShared(): void {
    const { guest, shared } = this
    const { txQueues, rxQueues, features, autoMask, maxRxSg } = this.#options
    guest.put32(shared + Shared.magic, SHARED_MAGIC)
    guest.put32(shared + Shared.revision, 1)
    guest.put32(shared + Shared.uptVersion, 1)
    guest.put64(shared + Shared.uptFeatures, features)
    guest.put64(shared + Shared.queueTableAddress, this.table)
    guest.put32(shared + Shared.queueTableLength, (txQueues + rxQueues) * QUEUE_ENTRY_BYTES)
    guest.put32(shared + Shared.mtu, 1500)
    guest.put32(shared + Shared.maxRxSg, maxRxSg | (txQueues << 16) | (rxQueues << 24))
    guest.bytes(shared + Shared.autoMask, 3).set([autoMask, 3, 2])
    guest.put32(shared + Shared.interruptControl, 1)
  }

  /** Transmit queues interrupt on vector 0, receive queue 0 on 1, events on 2, further receive queues on 3 and so on. */
  #fillTable(): void {
    const { guest } = this
    this.tx.forEach((tx, q) => {
      const entry = this.entry(q)
      guest.put64(entry + TxQueue.ringAddress, tx.ring)
      guest.put64(entry + TxQueue.compRingAddress, tx.comp)
      guest.put32(entry + TxQueue.ringSize, this.txRing)
      guest.put32(entry + TxQueue.compRingSize, this.txRing)
    })
    for (let q = 0; q < this.rxQueues; q++) {
      const entry = this.entry(this.tx.length + q)
      const { rings, comp } = this.rx[q]
      rings.forEach((ring, which) => {
        guest.put64(entry + RxQueue.ringAddress + 8 * which, ring.base)
        guest.put32(entry + RxQueue.ringSize + 4 * which, ring.size)
      })
      guest.put64(entry + RxQueue.compRingAddress, comp)
      guest.put32(entry + RxQueue.compRingSize, this.rxCompSize)
      guest.bytes(entry + RxQueue.interrupt, 1).set([q === 0 ? 1 : q + 2])
    }
  }
}
