import { PAGE } from './arena.js'

/** Above this high word an address is beyond what a double holds exactly; no map reaches there. */
const HIGHEST = 0x200000

interface Range {
  readonly start: number
  end: number
  readonly at: number
  readonly writable: boolean
}

/** One mapping: [start, end) of an address space stands in the arena from `at` on. */
export type MappedRange = Readonly<Range>

/** Where addresses of a machine lie in the arena, as a driver's memory needs to know it. */
export interface MemoryMap {
  readonly name: string
  /** The arena offset of a whole span, or -1 when any byte is unmapped or the span is not one run in the arena. */
  span(lo: number, hi: number, bytes: number, write: boolean): number
}

/**
 * Bus or guest-physical addresses to arena offsets: the IOMMU's table for a device, the nested page table for a guest.
 * Few ranges, looked up without allocation; an address is given as two u32 words.
 */
export class AddressSpace implements MemoryMap {
  readonly name: string
  /** Moves with every change of the map; holders of looked-up offsets compare it. */
  epoch = 0
  /** Sorted by start; they do not overlap. */
  readonly #ranges: Range[] = []
  #last = 0
  readonly #followers = new Set<() => void>()

  constructor(name: string) {
    this.name = name
  }

  /** All mappings, lowest address first. */
  get ranges(): readonly MappedRange[] {
    return this.#ranges
  }

  /** Calls `changed` after every change of the map and before the change returns. The function given back ends that. */
  follow(changed: () => void): () => void {
    this.#followers.add(changed)
    return () => this.#followers.delete(changed)
  }

  /** Maps [start, start + bytes) to the arena from `at` on. All three page-aligned; replaces what was mapped there. */
  map(start: number, bytes: number, at: number, writable = true): void {
    if (at % PAGE !== 0 || at < 0) throw new RangeError(`${this.name}: ${at} is not the start of a page in the arena`)
    this.#remove(start, bytes)
    this.#ranges.push({ start, end: start + bytes, at, writable })
    this.#ranges.sort((a, b) => a.start - b.start)
    this.#join()
    this.#changed()
  }

  unmap(start: number, bytes: number): void {
    this.#remove(start, bytes)
    this.#changed()
  }

  #changed(): void {
    this.epoch++
    for (const changed of this.#followers) changed()
  }

  #remove(start: number, bytes: number): void {
    if (start % PAGE !== 0 || bytes % PAGE !== 0 || bytes <= 0 || start < 0) {
      throw new RangeError(`${this.name}: range ${start}+${bytes} is not made of whole pages`)
    }
    const end = start + bytes
    const kept: Range[] = []
    for (const range of this.#ranges) {
      if (range.end <= start || range.start >= end) {
        kept.push(range)
        continue
      }
      if (range.start < start) kept.push({ ...range, end: start })
      if (range.end > end) kept.push({ ...range, start: end, at: range.at + (end - range.start) })
    }
    this.#ranges.length = 0
    this.#ranges.push(...kept)
    this.#last = 0
  }

  /** The arena offset of an address, or -1 where nothing (or nothing writable) is mapped. `run` tells how far it reaches. */
  translate(lo: number, hi: number, write: boolean): number {
    if (hi < 0 || hi >= HIGHEST) return -1
    const address = hi * 4294967296 + (lo >>> 0)
    let range = this.#ranges[this.#last] as Range | undefined
    if (range === undefined || address < range.start || address >= range.end) {
      range = this.#find(address)
      if (range === undefined) return -1
    }
    if (write && !range.writable) return -1
    return range.at + (address - range.start)
  }

  /** Bytes from an address that `translate` just resolved to the end of its range. */
  run(lo: number, hi: number): number {
    return this.#ranges[this.#last].end - (hi * 4294967296 + (lo >>> 0))
  }

  /** The arena offset of a whole span, or -1 when any byte is unmapped or the span is not one run in the arena. */
  span(lo: number, hi: number, bytes: number, write: boolean): number {
    const at = this.translate(lo, hi, write)
    if (at < 0) return -1
    const range = this.#ranges[this.#last]
    return at + bytes - range.at > range.end - range.start ? -1 : at
  }

  /** Makes neighbours that go on in the arena one range, so that `span` and `run` see all of a run. */
  #join(): void {
    for (let i = this.#ranges.length - 1; i > 0; i--) {
      const range = this.#ranges[i]
      const before = this.#ranges[i - 1]
      const goesOn = before.end === range.start && before.at + (range.start - before.start) === range.at
      if (!goesOn || before.writable !== range.writable) continue
      before.end = range.end
      this.#ranges.splice(i, 1)
    }
  }

  #find(address: number): Range | undefined {
    for (let i = 0; i < this.#ranges.length; i++) {
      const range = this.#ranges[i]
      if (address >= range.start && address < range.end) {
        this.#last = i
        return range
      }
    }
    return undefined
  }
}
