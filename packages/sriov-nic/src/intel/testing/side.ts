import { AddressSpace, IommuPort } from '@npa/memory'
import type { Arena } from '@npa/memory'
import { enableMsix, functionBar } from '@npa/pci'
import type { PciFunction } from '@npa/pci'

/** Bytes of bus memory of each function, and where it begins: every function has the same addresses, in a space of its own. */
export const MEMORY = 0x40000
export const BUS = 0x1_0010_0000
export const BUS_LO: number = BUS >>> 0
export const BUS_HI = 1
/** Bytes around each function's memory that nothing may touch. */
const CANARY = 4096
const CANARY_BYTE = 0xa5

/** One function of the chip with memory of its own, driven by hand. */
export class Side {
  readonly fn: PciFunction
  readonly space: AddressSpace
  readonly port: IommuPort
  /** Arena offset of its memory. */
  readonly at: number
  /** Data of the messages it sent, and when, ns. */
  readonly messages: number[] = []
  readonly times: number[] = []
  /** Writes of the chip, while `recording`: offset in the memory, and bytes. */
  readonly writes: { lo: number; bytes: number }[] = []
  readonly #arena: Arena

  constructor(
    arena: Arena,
    name: string,
    fn: PciFunction,
    now: () => number,
    vfsChanged: (vfs: readonly PciFunction[]) => void,
  ) {
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
    const message = (_lo: number, _hi: number, data: number): void => {
      this.messages.push(data)
      this.times.push(now())
    }
    fn.attach(dma, { message }, vfsChanged)
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
    for (let i = 0; i < CANARY; i++) {
      if (u8[this.at - CANARY + i] !== CANARY_BYTE || u8[this.at + MEMORY + i] !== CANARY_BYTE) return false
    }
    return true
  }

  /** MSI-X with the vector's number as data, plus `base`. */
  interrupts(count: number, base: number): void {
    const messages = Array.from({ length: count }, (_, i) => ({ addressLo: 0xfee00000, addressHi: 0, data: base + i }))
    enableMsix(this.fn, (bar) => functionBar(this.fn, bar), messages)
  }

  /** All of its memory, no copy. */
  get memory(): Uint8Array {
    return this.#arena.u8.subarray(this.at, this.at + MEMORY)
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
