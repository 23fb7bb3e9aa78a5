import { BUS_HI, BUS_LO } from './side.js'
import type { Side } from './side.js'

/** A ring of one queue in a function's memory, registers at `base` of its BAR. */
class Ring {
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
