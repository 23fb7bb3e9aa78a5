import { DESCRIPTOR_BYTES } from '../rings/ring-watch.js'
import type { Ring } from '../rings/ring-watch.js'
import type { GuestReader } from '../rings/guest-reader.js'
import type { Descriptor } from './descriptor-words.js'

const HIGH = 4294967296
/** Word 2: DD and EOP of a write-back; EOP, extension and kind of a transmit command. */
const DONE = 1
const END = 2
const TX_END = 1 << 24
const DEXT = 1 << 29
const CONTEXT = 2
/** Longest message that a chain of descriptors is put together to: TSO of 256 KiB. */
const MOST_BYTES = 1 << 18

/** Puts frames together out of a function's rings, as its driver hands them over and gets them: buffers are read from the guest's memory. */
export class RingFrames {
  readonly #memory: GuestReader
  readonly #frame: (out: boolean, frame: Uint8Array) => void
  /** Of receive rings: the buffer of every descriptor, by queue. */
  readonly #posted = new Map<number, Float64Array>()
  readonly #pieces = new Map<Ring, Uint8Array[]>()

  constructor(memory: GuestReader, frame: (out: boolean, frame: Uint8Array) => void) {
    this.#memory = memory
    this.#frame = frame
  }

  /** The driver hands a descriptor over. */
  handed(ring: Ring, index: number, [low, high, command]: Descriptor): void {
    const address = (high >>> 0) * HIGH + (low >>> 0)
    if (ring.kind === 'rx') {
      let buffers = this.#posted.get(ring.queue)
      if (buffers?.length !== ring.count) {
        buffers = new Float64Array(ring.count)
        this.#posted.set(ring.queue, buffers)
      }
      buffers[index] = address
      return
    }
    const extended = (command & DEXT) !== 0
    if (extended && ((command >>> 20) & 0xf) === CONTEXT) return
    this.#piece(ring, address, command & 0xffff, (command & TX_END) !== 0)
  }

  /** The function writes descriptors back; `first` is the first one's number. */
  writtenBack(ring: Ring, first: number, descriptors: readonly Descriptor[]): void {
    if (ring.kind !== 'rx') return
    for (const [n, [, , status, length]] of descriptors.entries()) {
      const buffer = this.#posted.get(ring.queue)?.[(first + n) % ring.count]
      if ((status & DONE) !== 0 && buffer !== undefined)
        this.#piece(ring, buffer, length & 0xffff, (status & END) !== 0)
    }
  }

  #piece(ring: Ring, address: number, bytes: number, end: boolean): void {
    const pieces = this.#pieces.get(ring) ?? []
    this.#pieces.set(ring, pieces)
    const read = this.#memory.read(address, bytes)
    if (read !== undefined && pieces.reduce((sum, { length }) => sum + length, 0) < MOST_BYTES) pieces.push(read)
    if (!end) return
    this.#pieces.delete(ring)
    this.#frame(ring.kind === 'tx', Buffer.concat(pieces))
  }
}

/** The descriptors from index `from` up to and without `to`, each with its index; none where memory cannot be read. */
export function descriptors(memory: GuestReader, ring: Ring, from: number, to: number): [number, Descriptor][] {
  if (ring.count === 0 || from >= ring.count || to >= ring.count) return []
  const found: [number, Descriptor][] = []
  for (let index = from; index !== to; index = (index + 1) % ring.count) {
    const bytes = memory.read(ring.base + index * DESCRIPTOR_BYTES, DESCRIPTOR_BYTES)
    if (bytes === undefined) return found
    found.push([index, descriptorAt(bytes, 0)])
  }
  return found
}

/** The four words of a descriptor. */
export function descriptorAt(bytes: Uint8Array, at: number): Descriptor {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const word = (n: number): number => view.getUint32(at + 4 * n, true)
  return [word(0), word(1), word(2), word(3)]
}
