import type { Task } from '@npa/core'
import { Bar, Cmd, Event, Implementation, Pt, Shared, TxDesc, TxQueue, RxQueue, Vd } from '@npa/vmxnet3-spec'
import type { Machine } from './machine.js'

/** A frame that left, with the offload words of its first descriptor. */
export interface SentFrame {
  readonly queue: number
  readonly bytes: Uint8Array
  readonly word2: number
  readonly word3: number
  readonly descriptors: number
}

interface Ring {
  readonly address: number
  readonly size: number
  next: number
  gen: number
}

/** Bits of a receive completion that a test wants beside the usual ones. */
export interface RxWords {
  readonly word0?: number
  readonly word2?: number
  readonly word3?: number
  /** Bytes in each buffer; by default all that fit. */
  readonly split?: number
  /** Descriptors to skip before the first. */
  readonly skip?: number
}

const CNC = 0x40000000

/** A small vmxnet3 for tests of its driver: what it answers, and what it sees, is the test's to choose. */
export class FakeVmxnet3 {
  readonly machine: Machine
  readonly sent: SentFrame[] = []
  readonly commands: number[] = []
  readonly masked: boolean[] = Array.from({ length: 25 }, () => true)
  /** Writes to the transmit producer registers. */
  doorbells = 0
  active = false
  /** While true, frames wait in the ring uncompleted. */
  txHeld = false
  mac: Uint8Array = Uint8Array.of(0, 0x50, 0x56, 1, 2, 3)
  link = 1
  activateResult = 0
  implementation: number = Implementation.emulated
  /** Answers to commands, before the device's own. */
  onCommand: ((command: number) => number | undefined) | undefined
  /** The multicast table as of UPDATE_MAC_FILTERS. */
  multicast: Uint8Array = new Uint8Array()
  rxMode = 0
  /** Called when a vector is about to be unmasked. */
  beforeUnmask: ((vector: number) => void) | undefined
  /** While true, interrupts are lost. */
  deaf = false
  readonly #pending = new Set<number>()
  readonly #registers = new Map<number, number>([
    [Vd.vrrs, 1],
    [Vd.uvrs, 1],
  ])
  #result = 0
  #tx: { ring: Ring; comp: Ring; interrupt: number }[] = []
  #rx: { heads: Ring; bodies: Ring; comp: Ring; interrupt: number }[] = []
  readonly #send: Task

  constructor(machine: Machine) {
    this.machine = machine
    this.#send = machine.clock.task('fake vmxnet3', () => {
      this.transmit()
      return false
    })
    machine.bars[Bar.data] = { read32: () => 0, write32: (offset, value) => this.#writePt(offset, value) }
    machine.bars[Bar.control] = {
      read32: (offset) => this.#readVd(offset),
      write32: (offset, value) => this.#writeVd(offset, value),
    }
  }

  get shared(): number {
    return (this.#registers.get(Vd.dsah) ?? 0) * 2 ** 32 + (this.#registers.get(Vd.dsal) ?? 0)
  }

  sharedWord(offset: number): number {
    return this.machine.words(this.shared + offset, 1)[0]
  }

  /** Sets event bits and interrupts. */
  event(bits: number): void {
    this.machine.words(this.shared + Shared.ecr, 1)[0] |= bits
    this.raise(this.machine.memory(this.shared + Shared.eventInterrupt, 1)[0])
  }

  /** The device says that it stands elsewhere now. */
  become(implementation: number): void {
    this.implementation = implementation
    this.event(Event.implementation)
  }

  raise(vector: number): void {
    if (this.deaf) return
    if (this.masked[vector] || this.#gated()) this.#pending.add(vector)
    else this.machine.interrupt(vector)
  }

  /** Sends what the rings hold. */
  transmit(): void {
    if (this.txHeld || !this.active) return
    this.#tx.forEach((queue, index) => {
      let sent = false
      while (this.#sendOne(queue.ring, queue.comp, index)) sent = true
      if (sent) this.raise(queue.interrupt)
    })
  }

  /** A frame arrives; false: no buffers. */
  receive(frame: Uint8Array, words: RxWords = {}, queue = 0): boolean {
    if (!this.active) return false
    const rx = this.#rx[queue]
    for (let i = 0; i < (words.skip ?? 0); i++) advance(rx.heads)
    let at = 0
    do {
      const ring = at === 0 ? rx.heads : rx.bodies
      const desc = this.machine.words(ring.address + ring.next * 16, 4)
      if (desc[2] >>> 31 !== ring.gen) return false
      const length = Math.min(frame.length - at, desc[2] & 0x3fff, words.split ?? 0x3fff)
      this.machine.memory(address(desc, 0), length).set(frame.subarray(at, at + length))
      const sop = at === 0 ? 0x8000 : 0
      at += length
      const rqid = ring === rx.heads ? queue : queue + this.#rx.length
      const eop = at === frame.length ? 0x4000 : 0
      const word0 = words.word0 ?? CNC
      this.complete(ring.next | sop | eop | (rqid << 16) | word0, length | (words.word2 ?? 0), words.word3 ?? 0, queue)
      advance(ring)
    } while (at < frame.length)
    this.raise(rx.interrupt)
    return true
  }

  /** Writes a receive completion, whatever its words are. */
  complete(word0: number, word2: number, word3: number, queue = 0): void {
    const { comp } = this.#rx[queue]
    const entry = this.machine.words(comp.address + comp.next * 16, 4)
    entry[0] = word0
    entry[2] = word2
    entry[3] = (word3 & 0x7fffffff) | (comp.gen << 31)
    advance(comp)
  }

  /** Writes a transmit completion, whatever it names. */
  completeTx(index: number, queue = 0): void {
    const { comp } = this.#tx[queue]
    const entry = this.machine.words(comp.address + comp.next * 16, 4)
    entry[0] = index
    entry[3] = comp.gen << 31
    advance(comp)
  }

  #sendOne(ring: Ring, comp: Ring, queue: number): boolean {
    const first = this.machine.words(ring.address + ring.next * 16, 4).slice()
    if (((first[2] & TxDesc.gen) !== 0 ? 1 : 0) !== ring.gen) return false
    const pieces: Uint8Array[] = []
    for (;;) {
      const desc = this.machine.words(ring.address + ring.next * 16, 4)
      if (((desc[2] & TxDesc.gen) !== 0 ? 1 : 0) !== ring.gen) throw new Error('partial frame in the transmit ring')
      const length = desc[2] & TxDesc.lengthMask
      pieces.push(this.machine.memory(address(desc, 0), length === 0 ? 16384 : length).slice())
      const index = ring.next
      advance(ring)
      if ((desc[3] & TxDesc.eop) === 0) continue
      const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
      pieces.reduce((at, piece) => (bytes.set(piece, at), at + piece.length), 0)
      this.sent.push({ queue, bytes, word2: first[2], word3: first[3], descriptors: pieces.length })
      const entry = this.machine.words(comp.address + comp.next * 16, 4)
      entry[0] = index
      entry[3] = comp.gen << 31
      advance(comp)
      return true
    }
  }

  #gated(): boolean {
    return this.shared === 0 || (this.sharedWord(Shared.interruptControl) & 1) !== 0
  }

  #writePt(offset: number, value: number): void {
    if (offset < 25 * Pt.stride) {
      const vector = offset / Pt.stride
      if (value === 0) this.beforeUnmask?.(vector)
      this.masked[vector] = value === 1
      if (value === 0 && this.#pending.delete(vector)) this.raise(vector)
    } else if (offset >= Pt.txProd && offset < Pt.rxProd) {
      this.doorbells++
      this.#send.kick()
    }
  }

  #readVd(offset: number): number {
    if (offset === Vd.cmd) return this.#result
    if (offset === Vd.macl) return new DataView(this.mac.buffer).getUint32(0, true)
    if (offset === Vd.mach) return this.mac[4] | (this.mac[5] << 8)
    return this.#registers.get(offset) ?? 0
  }

  #writeVd(offset: number, value: number): void {
    if (offset === Vd.cmd) {
      this.commands.push(value)
      this.#result = this.onCommand?.(value) ?? this.#command(value)
    } else if (offset === Vd.ecr) this.machine.words(this.shared + Shared.ecr, 1)[0] &= ~value
    else if (offset === Vd.mach) {
      const low = this.#registers.get(Vd.macl) ?? 0
      this.mac = Uint8Array.of(low, low >>> 8, low >>> 16, low >>> 24, value, value >>> 8)
    } else this.#registers.set(offset, value)
  }

  #command(command: number): number {
    switch (command) {
      case Cmd.activateDev:
        if (this.activateResult === 0) this.#activate()
        return this.activateResult
      case Cmd.quiesceDev:
      case Cmd.resetDev:
      case Cmd.stopEmulation:
        this.active = false
        return 0
      case Cmd.updateRxMode:
        this.rxMode = this.sharedWord(Shared.rxMode)
        return 0
      case Cmd.updateMacFilters: {
        const bytes = this.sharedWord(Shared.multicastLength) & 0xffff
        const table = address(this.machine.words(this.shared + Shared.multicastAddress, 2), 0)
        this.multicast = bytes === 0 ? new Uint8Array() : this.machine.memory(table, bytes).slice()
        return 0
      }
      case Cmd.getLink:
        return this.link
      case Cmd.getDevExtraInfo:
        return this.implementation
      default:
        return 0
    }
  }

  #activate(): void {
    const { machine } = this
    const table = address(machine.words(this.shared + Shared.queueTableAddress, 2), 0)
    const txQueues = machine.memory(this.shared + Shared.txQueues, 1)[0]
    const rxQueues = machine.memory(this.shared + Shared.rxQueues, 1)[0]
    this.#tx = Array.from({ length: txQueues }, (_, i) => {
      const entry = machine.words(table + i * 256, 64)
      return {
        ring: ring(entry, TxQueue.ringAddress, TxQueue.ringSize),
        comp: ring(entry, TxQueue.compRingAddress, TxQueue.compRingSize),
        interrupt: entry[TxQueue.interrupt >> 2] & 0xff,
      }
    })
    this.#rx = Array.from({ length: rxQueues }, (_, i) => {
      const entry = machine.words(table + (txQueues + i) * 256, 64)
      return {
        heads: ring(entry, RxQueue.ringAddress, RxQueue.ringSize),
        bodies: ring(entry, RxQueue.ringAddress + 8, RxQueue.ringSize + 4),
        comp: ring(entry, RxQueue.compRingAddress, RxQueue.compRingSize),
        interrupt: entry[RxQueue.interrupt >> 2] & 0xff,
      }
    })
    this.masked.fill(true)
    this.#pending.clear()
    this.active = true
  }
}

function ring(entry: Int32Array, addressAt: number, sizeAt: number): Ring {
  return { address: address(entry, addressAt >> 2), size: entry[sizeAt >> 2], next: 0, gen: 1 }
}

function advance(ring: Ring): void {
  if (++ring.next < ring.size) return
  ring.next = 0
  ring.gen ^= 1
}

function address(words: Int32Array, at: number): number {
  return words[at + 1] * 2 ** 32 + (words[at] >>> 0)
}
