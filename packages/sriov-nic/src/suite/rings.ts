import { same } from './check.js'
import type { FunctionUnderTest } from './chip-under-test.js'

/** Bits of transmit descriptors: types and commands (82576 7.2.2; 82599 7.2.3). */
export const Tx = {
  data: 0x20300000,
  context: 0x20200000,
  eop: 0x01000000,
  fcs: 0x02000000,
  report: 0x08000000,
  tag: 0x40000000,
  segment: 0x80000000,
} as const
export const TxInfo = { ipChecksum: 0x100, l4Checksum: 0x200 } as const
/** Status of receive descriptors (82576 7.1.5; 82599 7.1.6). */
export const Rx = { done: 1, eop: 2, tag: 8, l4Checked: 0x20, ipChecked: 0x40, looped: 0x40000 } as const

/** Descriptors in every ring, bytes of each, bytes of a receive buffer, and of a transmit buffer's place. */
export const RING = 32
const DESCRIPTOR = 16
const BUFFER = 2048
const ENABLE = 1 << 25

/** A ring of one queue, its registers at `base` of the function's BAR 0. */
class Ring {
  readonly fn: FunctionUnderTest
  readonly base: number
  /** Offset of the descriptors in the function's memory. */
  readonly at: number
  tail = 0

  constructor(fn: FunctionUnderTest, base: number, at: number) {
    this.fn = fn
    this.base = base
    this.at = at
  }

  read(register: number): Promise<number> {
    return this.fn.read(0, this.base + register)
  }

  write(register: number, value: number): Promise<void> {
    return this.fn.write(0, this.base + register, value >>> 0)
  }

  async start(): Promise<void> {
    const [lo, hi] = this.address(this.at)
    await this.fn.store(this.at, new Uint8Array(RING * DESCRIPTOR))
    await this.write(0x00, lo)
    await this.write(0x04, hi)
    await this.write(0x08, RING * DESCRIPTOR)
    await this.write(0x10, 0)
    await this.write(0x18, 0)
    await this.write(0x28, ENABLE)
    this.tail = 0
  }

  stop(): Promise<void> {
    return this.write(0x28, 0)
  }

  async enabled(): Promise<boolean> {
    return ((await this.read(0x28)) & ENABLE) !== 0
  }

  head(): Promise<number> {
    return this.read(0x10)
  }

  address(offset: number): [lo: number, hi: number] {
    const address = this.fn.memory + offset
    return [address >>> 0, Math.floor(address / 4294967296)]
  }

  async words(index: number): Promise<number[]> {
    const bytes = await this.fn.load(this.at + (index % RING) * DESCRIPTOR, DESCRIPTOR)
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    return [0, 4, 8, 12].map((at) => view.getUint32(at, true))
  }

  /** Writes a descriptor where the tail is. */
  async push(words: readonly number[]): Promise<void> {
    const bytes = new Uint8Array(DESCRIPTOR)
    const view = new DataView(bytes.buffer)
    words.forEach((word, i) => view.setUint32(4 * i, word >>> 0, true))
    await this.fn.store(this.at + this.tail * DESCRIPTOR, bytes)
    this.tail = (this.tail + 1) % RING
  }

  /** Tells the chip the tail. */
  ring(): Promise<void> {
    return this.write(0x18, this.tail)
  }
}

/** How a frame is put into a ring. */
export interface Sending {
  /** Lengths of its descriptors' parts. */
  readonly pieces?: readonly number[]
  /** Bits of the command, beside type, EOP and FCS; RS unless given. */
  readonly command?: number
  /** Options in the last word, beside the length. */
  readonly info?: number
  /** Length in the last word, when it is not the frame's. */
  readonly payload?: number
}

export class TxRing extends Ring {
  readonly #data: number
  #next = 0

  constructor(fn: FunctionUnderTest, base: number, at: number, data: number) {
    super(fn, base, at)
    this.#data = data
  }

  /** Puts a frame of up to 2 KiB into the ring. */
  async frame(frame: Uint8Array, how: Sending = {}): Promise<void> {
    const at = this.#data + (this.#next++ % 16) * BUFFER
    await this.fn.store(at, frame)
    await this.buffer(at, frame.length, how)
  }

  /** Puts descriptors for what lies in memory into the ring. */
  async buffer(at: number, length: number, how: Sending = {}): Promise<void> {
    const { pieces = [length], command = Tx.report, info = 0, payload = length } = how
    let offset = 0
    for (const [i, piece] of pieces.entries()) {
      const ends = i === pieces.length - 1 ? Tx.eop | command : command & ~Tx.report
      await this.push([...this.address(at + offset), Tx.data | Tx.fcs | piece | ends, (payload << 14) | info])
      offset += piece
    }
  }

  async send(frame: Uint8Array, how?: Sending): Promise<void> {
    await this.frame(frame, how)
    await this.ring()
  }

  async done(index: number): Promise<boolean> {
    return ((await this.words(index))[3] & 1) !== 0
  }
}

/** A frame as it was received, and its last descriptor. */
export interface Received {
  readonly bytes: Uint8Array
  readonly words: readonly number[]
}

export class RxRing extends Ring {
  readonly #data: number
  #seen = 0

  constructor(fn: FunctionUnderTest, base: number, at: number, data: number) {
    super(fn, base, at)
    this.#data = data
  }

  override async start(): Promise<void> {
    this.#seen = 0
    await super.start()
  }

  /** Gives buffers to the chip, at most one less than the ring has. */
  async post(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.push([...this.address(this.#data + this.tail * BUFFER), 0, 0])
    await this.ring()
  }

  /** As many frames as are expected; throws a `Mismatch` when others were written since it was asked last. */
  async expect(count: number): Promise<Received[]> {
    const frames = await this.take()
    same('frames received', frames.length, count)
    return frames
  }

  /** Frames that were written since it was asked last. */
  async take(): Promise<Received[]> {
    const frames: Received[] = []
    let pieces: number[] = []
    for (;;) {
      const words = await this.words(this.#seen)
      if ((words[2] & Rx.done) === 0) return frames
      pieces.push(...(await this.fn.load(this.#data + this.#seen * BUFFER, words[3] & 0xffff)))
      await this.fn.store(this.at + this.#seen * DESCRIPTOR, new Uint8Array(DESCRIPTOR))
      this.#seen = (this.#seen + 1) % RING
      if ((words[2] & Rx.eop) === 0) continue
      frames.push({ bytes: Uint8Array.from(pieces), words })
      pieces = []
    }
  }
}

/** Where the rings of a function are in its memory: it has room for two pairs. */
export function ringPair(
  fn: FunctionUnderTest,
  registers: { readonly tx: number; readonly rx: number },
  place: number,
): { readonly tx: TxRing; readonly rx: RxRing } {
  return {
    tx: new TxRing(fn, registers.tx, 0x1000 + place * 0x2000, 0x10000 + place * 0x8000),
    rx: new RxRing(fn, registers.rx, 0x2000 + place * 0x2000, 0x20000 + place * 0x10000),
  }
}
