import { VirtualScheduler } from '@npa/core'
import { AddressSpace, Arena, IommuPort } from '@npa/memory'
import { SriovCap, enableFunction, enableMsix, functionBar } from '@npa/pci'
import type { PciFunction } from '@npa/pci'
import { Frame, FRAME_WORDS, frameBatch } from '@npa/wire'
import type { FrameBatch, Port } from '@npa/wire'
import { createIntel82599 } from '../index.js'
import type { Intel82599 } from '../index.js'

/** Bytes of bus memory of each function, and where it begins: every function has the same addresses, in a space of its own. */
export const MEMORY = 0x40000
export const BUS = 0x1_0010_0000
const BUS_LO = BUS >>> 0
const BUS_HI = 1
/** Bytes around each function's memory that nothing may touch. */
const CANARY = 4096
const CANARY_BYTE = 0xa5

export const PF_MAC: Uint8Array = Uint8Array.of(0x02, 0, 0, 0, 0, 0xff)

/** A pool's address: locally administered, the pool last. */
export function macOf(pool: number): Uint8Array {
  return Uint8Array.of(0x02, 0, 0, 0, 1, pool)
}

/** A plain frame of `bytes` bytes: addresses, type 0x88B5 (for experiments), then a count. */
export function frameOf(to: Uint8Array, from: Uint8Array, bytes: number, seed = 0): Uint8Array {
  const frame = new Uint8Array(bytes)
  frame.set(to, 0)
  frame.set(from, 6)
  frame[12] = 0x88
  frame[13] = 0xb5
  for (let i = 14; i < bytes; i++) frame[i] = i + seed
  return frame
}

export const BROADCAST: Uint8Array = new Uint8Array(6).fill(0xff)

/** The far end of the cable: keeps what it gets, refuses when told to. */
export class Far implements Port {
  readonly frames: Uint8Array[] = []
  /** Frames it still takes before it is full. */
  credit: number = Infinity
  up = true
  readonly #arena: Arena
  #peer: Port | undefined
  readonly #batch: FrameBatch = frameBatch(1)
  readonly #at: number

  constructor(arena: Arena) {
    this.#arena = arena
    this.#at = arena.allocate(16384)
  }

  connect(peer: Port): void {
    this.#peer = peer
  }

  send(batch: FrameBatch, from: number, count: number): number {
    const taken = Math.min(count, this.credit)
    this.credit -= taken
    for (let i = from; i < from + taken; i++) {
      const at = batch.words[i * FRAME_WORDS + Frame.address]
      this.frames.push(this.#arena.u8.slice(at, at + batch.words[i * FRAME_WORDS + Frame.length]))
    }
    return taken
  }

  room(): void {
    /* it sends one frame at a time */
  }

  /** Lets the chip send again. */
  open(credit: number): void {
    this.credit = credit
    this.#peer?.room()
  }

  /** Sends a frame into the chip; `flags` are those of a frame batch. */
  put(frame: Uint8Array, flags = 0): number {
    this.#arena.u8.set(frame, this.#at)
    this.#batch.words[Frame.address] = this.#at
    this.#batch.words[Frame.length] = frame.length
    this.#batch.words[Frame.flags] = flags
    return this.#peer?.send(this.#batch, 0, 1) ?? 0
  }
}

/** One function of the chip with memory of its own, driven by hand. */
export class Side {
  readonly fn: PciFunction
  readonly space: AddressSpace
  readonly port: IommuPort
  /** Arena offset of its memory. */
  readonly at: number
  /** Data of the messages it sent. */
  readonly messages: number[] = []
  /** Writes of the chip, while `recording`: offset in the memory, and bytes. */
  readonly writes: { lo: number; bytes: number }[] = []
  readonly #arena: Arena

  constructor(arena: Arena, name: string, fn: PciFunction, vfsChanged: (vfs: readonly PciFunction[]) => void) {
    this.#arena = arena
    this.fn = fn
    this.at = arena.allocate(MEMORY + 2 * CANARY) + CANARY
    arena.u8.fill(CANARY_BYTE, this.at - CANARY, this.at)
    arena.u8.fill(CANARY_BYTE, this.at + MEMORY, this.at + MEMORY + CANARY)
    this.space = new AddressSpace(name)
    this.space.map(BUS, MEMORY, this.at)
    this.port = new IommuPort(arena)
    this.port.assign(this.space)
    const { port, writes } = this
    const dma = {
      read: (lo: number, hi: number, bytes: number, at: number) => port.read(lo, hi, bytes, at),
      write: (at: number, bytes: number, lo: number, hi: number) => {
        if (this.recording) writes.push({ lo: (lo - BUS_LO) >>> 0, bytes })
        return port.write(at, bytes, lo, hi)
      },
      view: () => undefined,
      get epoch() {
        return port.epoch
      },
    }
    fn.attach(dma, { message: (_lo, _hi, data) => void this.messages.push(data) }, vfsChanged)
  }

  /** Whether `writes` is kept. */
  recording = false

  read(offset: number): number {
    return this.fn.barRead(0, offset, 4)
  }

  write(offset: number, value: number): void {
    this.fn.barWrite(0, offset, 4, value >>> 0)
  }

  /** Whether nothing outside its memory was touched. */
  get intact(): boolean {
    const { u8 } = this.#arena
    const before = u8.slice(this.at - CANARY, this.at)
    const after = u8.slice(this.at + MEMORY, this.at + MEMORY + CANARY)
    return [...before, ...after].every((byte) => byte === CANARY_BYTE)
  }

  /** MSI-X with the vector's number as data, plus `base`. */
  interrupts(count: number, base: number): void {
    const messages = Array.from({ length: count }, (_, i) => ({ addressLo: 0xfee00000, addressHi: 0, data: base + i }))
    enableMsix(this.fn, (bar) => functionBar(this.fn, bar), messages)
  }

  bytes(offset: number, length: number): Uint8Array {
    return this.#arena.u8.slice(this.at + offset, this.at + offset + length)
  }

  put(offset: number, bytes: Uint8Array): void {
    this.#arena.u8.set(bytes, this.at + offset)
  }

  word(offset: number): number {
    return this.#arena.i32[(this.at + offset) >> 2]
  }

  putWords(offset: number, words: readonly number[]): void {
    words.forEach((word, i) => (this.#arena.i32[((this.at + offset) >> 2) + i] = word))
  }
}

/** A ring of one queue in a function's memory, registers at `base` of its BAR. */
export class Ring {
  readonly side: Side
  readonly base: number
  readonly at: number
  readonly size: number
  tail = 0

  constructor(side: Side, base: number, at: number, size: number) {
    this.side = side
    this.base = base
    this.at = at
    this.size = size
  }

  address(offset: number): [number, number] {
    return [(BUS_LO + offset) | 0, BUS_HI]
  }

  start(control = 0): void {
    const { side, base } = this
    side.write(base, BUS_LO + this.at)
    side.write(base + 4, BUS_HI)
    side.write(base + 8, this.size * 16)
    side.write(base + 0x10, 0)
    side.write(base + 0x18, 0)
    this.tail = 0
    side.write(base + 0x28, (1 << 25) | control)
  }

  stop(): void {
    this.side.write(this.base + 0x28, 0)
  }

  get enabled(): boolean {
    return (this.side.read(this.base + 0x28) & (1 << 25)) !== 0
  }

  get head(): number {
    return this.side.read(this.base + 0x10)
  }

  /** The words of a descriptor. */
  descriptor(index: number): number[] {
    return [0, 4, 8, 12].map((at) => this.side.word(this.at + (index % this.size) * 16 + at))
  }

  push(words: readonly number[]): void {
    this.side.putWords(this.at + this.tail * 16, words)
    this.tail = (this.tail + 1) % this.size
  }

  ring(): void {
    this.side.write(this.base + 0x18, this.tail)
  }
}

/** Transmit ring: frames lie in memory from `data` on, 2 KiB apart. */
export class TxRing extends Ring {
  readonly data: number
  #next = 0

  constructor(side: Side, base: number, at: number, size: number, data: number) {
    super(side, base, at, size)
    this.data = data
  }

  /** Puts a frame into the ring as advanced descriptors of the given lengths; `cmd` and `info` are added to the usual bits. */
  frame(frame: Uint8Array, pieces: readonly number[] = [frame.length], cmd = 0x08000000, info = 0): void {
    const at = this.data + this.#next * 2048
    this.#next = (this.#next + 1) % 16
    this.side.put(at, frame)
    let offset = 0
    pieces.forEach((piece, i) => {
      const last = i === pieces.length - 1
      const command = 0x22300000 | piece | (last ? 0x01000000 | cmd : cmd & ~0x08000000)
      this.push([...this.address(at + offset), command, (frame.length << 14) | info])
      offset += piece
    })
  }

  send(frame: Uint8Array, pieces?: readonly number[]): void {
    this.frame(frame, pieces)
    this.ring()
  }

  done(index: number): boolean {
    return (this.descriptor(index)[3] & 1) !== 0
  }
}

/** Receive ring with a buffer of 2 KiB for each descriptor, from `data` on. */
export class RxRing extends Ring {
  readonly data: number
  #seen = 0

  constructor(side: Side, base: number, at: number, size: number, data: number) {
    super(side, base, at, size)
    this.data = data
  }

  /** Gives `count` buffers to the chip. */
  post(count: number): void {
    for (let i = 0; i < count; i++) this.push([...this.address(this.data + this.tail * 2048), 0, 0])
    this.ring()
  }

  /** Frames that have arrived since it was asked last: bytes and the last descriptor's words. */
  take(): { bytes: Uint8Array; words: number[] }[] {
    const frames: { bytes: Uint8Array; words: number[] }[] = []
    let pieces: number[] = []
    for (;;) {
      const words = this.descriptor(this.#seen)
      if ((words[2] & 1) === 0 || words[3] === 0) return frames
      pieces.push(...this.side.bytes(this.data + (this.#seen % this.size) * 2048, words[3] & 0xffff))
      this.side.putWords(this.at + (this.#seen % this.size) * 16 + 8, [0, 0])
      this.#seen = (this.#seen + 1) % this.size
      if ((words[2] & 2) === 0) continue
      frames.push({ bytes: Uint8Array.from(pieces), words })
      pieces = []
    }
  }

  override start(control = 0): void {
    this.#seen = 0
    super.start(control)
  }
}

/** A chip with a far end, the port set up for 64 pools, virtual functions enabled; nobody's driver. */
export class BareProgram {
  readonly arena: Arena = new Arena(32 << 20)
  readonly scheduler: VirtualScheduler = new VirtualScheduler()
  readonly chip: Intel82599
  readonly far: Far
  readonly pf: Side
  vfs: Side[] = []
  readonly pool: number

  constructor(numVfs = 3) {
    const { arena, scheduler } = this
    this.chip = createIntel82599({ arena, scheduler, name: 'nic', mac: PF_MAC })
    this.far = new Far(arena)
    this.far.connect(this.chip.wire)
    this.chip.wire.connect(this.far)
    this.pool = numVfs
    this.pf = new Side(arena, 'pf', this.chip.pf, (vfs) => {
      this.vfs = vfs.map((vf, i) => new Side(arena, `vf${i}`, vf, () => undefined))
    })
    enableFunction(this.chip.pf)
    this.setUpPort(numVfs)
    this.enableVfs(numVfs)
  }

  /** PFVTCTL, pool modes, filters: each pool has its address, all take broadcasts and untagged frames. */
  setUpPort(numVfs: number): void {
    const { pf } = this
    pf.write(0x51b0, 0x40000001 | (numVfs << 7))
    pf.write(0x11050, 0x80000003)
    pf.write(0x898, 0x8000c010)
    pf.write(0x5818, 8)
    pf.write(0x8120, 6)
    pf.write(0x4a80, 0x81000005)
    pf.write(0x5080, 0x600)
    pf.write(0x3000, 1)
    pf.write(0x8220, 1)
    for (let pool = 0; pool <= numVfs; pool++) this.givePool(pool, macOf(pool))
    pf.write(0x51e0, (1 << (numVfs + 1)) - 1)
    pf.write(0x8110, (1 << (numVfs + 1)) - 1)
    pf.write(0x18, 1 << 14)
  }

  /** Entry `pool` of the exact filters is the pool's. */
  givePool(pool: number, mac: Uint8Array): void {
    const { pf } = this
    pf.write(0xa200 + 8 * pool, mac[0] | (mac[1] << 8) | (mac[2] << 16) | (mac[3] << 24))
    pf.write(0xa204 + 8 * pool, mac[4] | (mac[5] << 8) | 0x80000000)
    pf.write(0xa600 + 8 * pool, pool < 32 ? 1 << pool : 0)
    pf.write(0xa604 + 8 * pool, pool < 32 ? 0 : 1 << (pool - 32))
    pf.write(0xf000 + 4 * pool, (1 << 27) | (1 << 24))
  }

  enableVfs(count: number): void {
    const sriov = 0x160
    this.chip.pf.configWrite(sriov + SriovCap.numVfs, 2, count)
    this.chip.pf.configWrite(sriov + SriovCap.control, 2, SriovCap.vfEnable | SriovCap.vfMemory)
    for (const vf of this.vfs) enableFunction(vf.fn)
  }

  /** Lets the chip work for up to `ns` of virtual time, or until it has nothing to do. */
  run(ns = 1_000_000): void {
    this.scheduler.run(() => false, this.scheduler.nowNs() + ns)
  }

  /** Rings of queue 0 of a virtual function, enabled: 32 descriptors each, none posted. */
  vfRings(vf: number): { tx: TxRing; rx: RxRing } {
    return this.rings(this.vfs[vf], 0x2000, 0x1000)
  }

  /** The same for the first queue of the PF's pool, through the PF's registers. */
  pfRings(): { tx: TxRing; rx: RxRing } {
    const queue = this.pool * 2
    return this.rings(this.pf, 0x6000 + queue * 0x40, 0x1000 + queue * 0x40)
  }

  /** Rings with registers at these places of a function's BAR; a function's memory has room for two pairs, `place` 0 and 1. */
  rings(side: Side, txBase: number, rxBase: number, place = 0): { tx: TxRing; rx: RxRing } {
    const tx = new TxRing(side, txBase, 0x1000 + place * 0x2000, 32, 0x10000 + place * 0x8000)
    const rx = new RxRing(side, rxBase, 0x2000 + place * 0x2000, 32, 0x20000 + place * 0x10000)
    side.write(rxBase + 0x14, 0x02000402)
    tx.start()
    rx.start()
    this.run()
    return { tx, rx }
  }

  counter(name: string): number {
    return this.chip.counters.get(name)
  }

  /** Copies made less copies accounted for; zero, always. */
  get missing(): number {
    const all = this.chip.counters.snapshot()
    let ends = all['delivered'] + all['filtered'] + all['wire.out'] + this.chip.inFlight
    for (const [name, value] of Object.entries(all)) if (name.startsWith('drop.')) ends += value
    return all['copies'] - ends
  }
}
