import { VirtualScheduler } from '@npa/core'
import type { DmaBlock, DriverPlatform, Mmio, Poller } from '@npa/core'

/** Guest memory starts below 4 GiB and goes on above it, so that every address calculation has a carry to get wrong. */
const BASE = 0xffe00000

/** A block of DMA memory, either shared with the device or a copy that only the sync calls move. */
class Block implements DmaBlock {
  readonly lo: number
  readonly hi: number
  readonly bytes: number
  readonly i32: Int32Array
  readonly u8: Uint8Array
  readonly #shadow: Uint8Array | undefined

  constructor(address: number, memory: Uint8Array, copied: boolean) {
    this.lo = address | 0
    this.hi = Math.floor(address / 2 ** 32)
    this.bytes = memory.length
    this.u8 = copied ? memory.slice() : memory
    this.i32 = new Int32Array(this.u8.buffer, this.u8.byteOffset, this.bytes >> 2)
    this.#shadow = copied ? memory : undefined
  }

  syncForDevice(offset: number, length: number): void {
    this.#check(offset, length)
    this.#shadow?.set(this.u8.subarray(offset, offset + length), offset)
  }

  syncForCpu(offset: number, length: number): void {
    this.#check(offset, length)
    if (this.#shadow !== undefined) this.u8.set(this.#shadow.subarray(offset, offset + length), offset)
  }

  #check(offset: number, length: number): void {
    if (offset < 0 || length < 0 || offset + length > this.bytes) {
      throw new RangeError(`sync of ${length} bytes from ${offset} in a block of ${this.bytes}`)
    }
  }
}

/** Pages that lie over guest memory for a while. */
interface Overlay {
  readonly address: number
  readonly memory: Uint8Array
}

/** A guest's machine for driver tests: memory, interrupts, time. The device behind it is up to the test. */
export class Machine implements DriverPlatform {
  readonly clock: VirtualScheduler = new VirtualScheduler()
  readonly bars: (Mmio | undefined)[] = []
  vectors = 25
  /** What is allocated, by address. */
  readonly allocated: Map<number, number> = new Map()
  overlay: Overlay | undefined
  readonly #ram: Uint8Array
  readonly #copied: boolean
  #next = 0
  readonly #handlers: (() => void)[] = []
  readonly #config: Map<number, number> = new Map([
    [0, 0x15ad],
    [2, 0x07b0],
    [4, 0],
  ])

  constructor(options: { readonly copied?: boolean; readonly bytes?: number } = {}) {
    this.#copied = options.copied ?? false
    this.#ram = new Uint8Array(options.bytes ?? 0x2000000)
  }

  configRead(offset: number): number {
    return this.#config.get(offset) ?? 0
  }

  configWrite(offset: number, _size: number, value: number): void {
    this.#config.set(offset, value)
  }

  bar(index: number): Mmio {
    const bar = this.bars[index]
    if (bar === undefined) throw new Error(`no BAR${index}`)
    return bar
  }

  allocDma(bytes: number, align: number): DmaBlock {
    const at = Math.ceil(this.#next / align) * align
    if (at + bytes > this.#ram.length) throw new RangeError('guest memory exhausted')
    this.#next = at + bytes
    this.allocated.set(BASE + at, bytes)
    // a driver must not rely on zeroed memory
    this.#ram.fill(0xa5, at, at + bytes)
    return new Block(BASE + at, this.#ram.subarray(at, at + bytes), this.#copied)
  }

  freeDma(block: DmaBlock): void {
    const address = block.hi * 2 ** 32 + (block.lo >>> 0)
    if (this.overlay?.address === address) throw new Error('freed while other pages lie over it')
    if (!this.allocated.delete(address)) throw new Error('freed twice')
    this.#ram.fill(0x5a, address - BASE, address - BASE + block.bytes)
  }

  mapDma(lo: number, hi: number, bytes: number): DmaBlock {
    const address = hi * 2 ** 32 + (lo >>> 0)
    return new Block(address, this.memory(address, bytes), this.#copied)
  }

  enableVectors(count: number): number {
    return Math.min(count, this.vectors)
  }

  irq(vector: number, handler: () => void): void {
    this.#handlers[vector] = handler
  }

  poller(name: string, poll: (budget: number) => number): Poller {
    const task = this.clock.task(name, (budget) => poll(budget) >= budget)
    return { schedule: () => task.kick() }
  }

  /** Runs the handler of a vector. */
  interrupt(vector: number): void {
    this.#handlers[vector]()
  }

  /** Guest memory as devices see it. Throws for addresses that the guest does not have. */
  memory(address: number, bytes: number): Uint8Array {
    const { overlay } = this
    if (overlay !== undefined && address >= overlay.address && address < overlay.address + overlay.memory.length) {
      return overlay.memory.subarray(address - overlay.address, address - overlay.address + bytes)
    }
    const at = address - BASE
    if (!(at >= 0 && at + bytes <= this.#ram.length)) throw new RangeError(`device touches ${address.toString(16)}`)
    return this.#ram.subarray(at, at + bytes)
  }

  words(address: number, words: number): Int32Array {
    const memory = this.memory(address, words * 4)
    return new Int32Array(memory.buffer, memory.byteOffset, words)
  }

  /** Runs until nothing is left to do. */
  settle(): void {
    if (this.clock.run(() => false, Infinity) !== 'idle') throw new Error('the machine does not come to rest')
  }
}
