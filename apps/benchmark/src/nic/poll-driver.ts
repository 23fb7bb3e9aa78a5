import { AddressSpace, IommuPort } from '@npa/memory'
import type { Arena } from '@npa/memory'
import { enableFunction } from '@npa/pci'
import type { PciFunction } from '@npa/pci'

/** Where every function finds its memory on the bus, in an address space of its own. */
const BUS_LO = 0x0010_0000
const BUS_HI = 1
/** Descriptors of each ring. */
const RING = 128
const WORDS = 4

/** First registers of queue 0 in a VF's window (82599 datasheet, 9.3). */
const RX = 0x1000
const TX = 0x2000
const Queue = { baseLo: 0, baseHi: 4, length: 8, head: 0x10, srrctl: 0x14, tail: 0x18, control: 0x28 } as const
const ENABLE = 1 << 25
const ADVANCED_ONE_BUFFER = 1 << 25

/** DEXT, IFCS, EOP and the type of an advanced data descriptor; RS is set in the last one of a batch. */
const DATA = 0x2000_0000 | 0x0200_0000 | 0x0100_0000 | 0x0030_0000
const RS = 0x0800_0000
/** TSE; and in word 3 IXSM and TXSM: checksums of IPv4 and TCP are the chip's. */
const SEGMENT = 0x8000_0000 | 0
const CHECKSUMS = 0x300
/** A context for TCP over IPv4: lengths of the headers in word 0, type in word 2. */
const CONTEXT = 0x2000_0000 | 0x0020_0000 | 0x0800 | 0x0400
const ETHERNET = 14
const IPV4 = 20
const TCP = 20
const DONE = 1

/** What a driver sends. */
export interface Load {
  /** The frame that every slot of the transmit ring has; to another function of the card, or to the wire. */
  readonly frame: Uint8Array
  /** Descriptors posted and reaped at a time, a divisor of the ring. */
  readonly batch: number
  /** TCP payload of a segment, bytes, when the frame is a message that the chip cuts up: then a context goes before each. */
  readonly mss?: number
  /** Bytes of a receive buffer, a multiple of 1024. */
  readonly bufferBytes: number
}

/**
 * The first queue pair of a virtual function under a driver that polls, as a user-space driver does: it rewrites descriptors, rings
 * once for a batch, asks for one write-back a batch, and reads nothing but memory.
 */
export class PollDriver {
  /** Frames received, and their bytes. */
  frames = 0
  bytes = 0
  readonly #fn: PciFunction
  readonly #i32: Int32Array
  readonly #txRing: number
  readonly #rxRing: number
  readonly #data: number
  readonly #slot: number
  readonly #buffers: number
  readonly #bufferBytes: number
  readonly #load: Load
  #txTail = 0
  #txClean = 0
  #rxNext = 0

  constructor(arena: Arena, fn: PciFunction, load: Load) {
    this.#fn = fn
    this.#i32 = arena.i32
    this.#load = load
    this.#slot = (load.frame.length + 63) & ~63
    this.#bufferBytes = load.bufferBytes
    const rings = 2 * RING * WORDS * 4
    this.#data = rings
    this.#buffers = rings + RING * this.#slot
    const bytes = (this.#buffers + RING * load.bufferBytes + 4095) & ~4095
    const at = arena.allocate(bytes)
    this.#txRing = at >> 2
    this.#rxRing = this.#txRing + RING * WORDS
    for (let i = 0; i < RING; i++) arena.u8.set(load.frame, at + this.#data + i * this.#slot)
    const space = new AddressSpace('function')
    space.map(BUS_HI * 2 ** 32 + BUS_LO, bytes, at)
    const dma = new IommuPort(arena)
    dma.assign(space)
    fn.attach(dma, { message: ignore }, ignore)
    enableFunction(fn)
  }

  /** Sets the rings up and gives every receive buffer to the chip but one. */
  start(): void {
    this.#queue(TX, 0)
    this.#write(RX + Queue.srrctl, (this.#bufferBytes >> 10) | ADVANCED_ONE_BUFFER)
    this.#queue(RX, RING * WORDS * 4)
    for (let i = 0; i < RING; i++) this.#post(i)
    this.#write(RX + Queue.tail, RING - 1)
  }

  /** Posts a batch, or nothing when the last but one is still out. Frames or messages posted. */
  send(): number {
    const i32 = this.#i32
    const { batch, frame, mss } = this.#load
    const tail = this.#txTail
    if (((tail + batch) & (RING - 1)) === this.#txClean) return 0
    const { length } = frame
    const command = DATA | length | (mss === undefined ? 0 : SEGMENT)
    const info = mss === undefined ? length << 14 : ((length - ETHERNET - IPV4 - TCP) << 14) | CHECKSUMS
    for (let index = tail; index < tail + batch; index++) {
      const word = this.#txRing + index * WORDS
      if (mss !== undefined && (index & 1) === 0) {
        i32[word] = (ETHERNET << 9) | IPV4
        i32[word + 1] = 0
        i32[word + 2] = CONTEXT
        i32[word + 3] = (mss << 16) | (TCP << 8)
        continue
      }
      i32[word] = (BUS_LO + this.#data + index * this.#slot) | 0
      i32[word + 1] = BUS_HI
      i32[word + 2] = command | (index === tail + batch - 1 ? RS : 0)
      i32[word + 3] = info
    }
    this.#txTail = (tail + batch) & (RING - 1)
    this.#write(TX + Queue.tail, this.#txTail)
    return mss === undefined ? batch : batch / 2
  }

  /** Takes back the batches that are done. */
  reap(): void {
    const { batch } = this.#load
    while (this.#txClean !== this.#txTail) {
      if ((this.#i32[this.#txRing + (this.#txClean + batch - 1) * WORDS + 3] & DONE) === 0) break
      this.#txClean = (this.#txClean + batch) & (RING - 1)
    }
  }

  /** Takes what has come and posts the buffers again, a doorbell for all of them; frames. */
  receive(): number {
    const i32 = this.#i32
    let next = this.#rxNext
    let frames = 0
    let bytes = 0
    for (;;) {
      const word = this.#rxRing + next * WORDS
      if ((i32[word + 2] & DONE) === 0) break
      bytes += i32[word + 3] & 0xffff
      frames++
      this.#post(next)
      next = (next + 1) & (RING - 1)
    }
    if (frames === 0) return 0
    this.#rxNext = next
    this.frames += frames
    this.bytes += bytes
    this.#write(RX + Queue.tail, (next - 1) & (RING - 1))
    return frames
  }

  #post(index: number): void {
    const word = this.#rxRing + index * WORDS
    this.#i32[word] = (BUS_LO + this.#buffers + index * this.#bufferBytes) | 0
    this.#i32[word + 1] = BUS_HI
    this.#i32[word + 2] = 0
    this.#i32[word + 3] = 0
  }

  #queue(base: number, offset: number): void {
    this.#write(base + Queue.baseLo, BUS_LO + offset)
    this.#write(base + Queue.baseHi, BUS_HI)
    this.#write(base + Queue.length, RING * WORDS * 4)
    this.#write(base + Queue.head, 0)
    this.#write(base + Queue.tail, 0)
    this.#write(base + Queue.control, ENABLE)
  }

  #write(offset: number, value: number): void {
    this.#fn.barWrite(0, offset, 4, value >>> 0)
  }
}

function ignore(): void {
  /* A driver that polls wants no interrupts, and a VF has no VFs. */
}
