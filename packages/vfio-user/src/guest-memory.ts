import type { Dma } from '@npa/memory'
import type { Backing, BackingSource } from './backing.js'
import type { Descriptors } from './platform.js'
import { Errno } from './protocol.js'
import type { ErrnoValue } from './protocol.js'

/** What the client has mapped: bus addresses `start` … `end` - 1, and what is behind them, if anything. */
interface Mapping {
  readonly start: number
  readonly end: number
  readonly backing: Backing | undefined
  readonly readable: boolean
  readonly writable: boolean
}

const PAGE = 4096
/** From it on a bus address is no exact number: nothing is there. */
export const BEYOND: number = 2 ** 53
/** Where the last mapping ends at most. */
const HIGHEST = BEYOND - PAGE

/** The bus as the client's DMA_MAPs have laid it out. What is not mapped, or has nothing behind it, is refused and counted. */
export class GuestMemory implements Dma {
  readonly #source: BackingSource
  #mappings: Mapping[] = []
  #moves = 0
  /** Transfers that left the map. */
  faults = 0
  /** Bytes moved, both ways. */
  bytes = 0

  constructor(source: BackingSource) {
    this.#source = source
  }

  get epoch(): number {
    return this.#moves
  }

  /** How many ranges are mapped. */
  get mappings(): number {
    return this.#mappings.length
  }

  /** How many there can be. */
  get mostMappings(): number {
    return this.#source.mostMappings
  }

  /** DMA_MAP. Returns 0 or why not; an address or size of -1 is one beyond what there can be. */
  map(
    address: number,
    bytes: number,
    offset: number,
    readable: boolean,
    writable: boolean,
    descriptors: Descriptors,
  ): 0 | ErrnoValue {
    if (address < 0 || bytes <= 0 || offset < 0 || !aligned(address) || !aligned(bytes) || !aligned(offset))
      return Errno.invalid
    const end = address + bytes
    if (end > HIGHEST || (!readable && !writable)) return Errno.invalid
    if (this.#mappings.length >= this.mostMappings) return Errno.noSpace
    if (this.#mappings.some((old) => address < old.end && old.start < end)) return Errno.exists
    const backing = this.#source.back({ offset, bytes, readable, writable }, descriptors)
    if (typeof backing === 'number') return backing
    this.#mappings.push({ start: address, end, backing, readable, writable })
    this.#moves++
    return 0
  }

  /** DMA_UNMAP of a range that cuts no mapping in two. Returns 0 or why not. */
  unmap(address: number, bytes: number): 0 | ErrnoValue {
    const end = address + bytes
    if (address < 0 || bytes <= 0) return Errno.invalid
    const touched = this.#mappings.filter((old) => address < old.end && old.start < end)
    if (touched.length === 0) return Errno.noEntry
    if (!touched.every((old) => old.start >= address && old.end <= end)) return Errno.invalid
    this.#mappings = this.#mappings.filter((old) => !touched.includes(old))
    for (const { backing } of touched) backing?.release()
    this.#moves++
    return 0
  }

  /** DMA_UNMAP of everything. */
  unmapAll(): 0 {
    for (const { backing } of this.#mappings) backing?.release()
    this.#mappings = []
    this.#moves++
    return 0
  }

  /** The client is gone: every transfer is refused from now on. */
  close(): void {
    this.unmapAll()
    this.#source.close()
  }

  read(lo: number, hi: number, bytes: number, at: number): boolean {
    return this.#move(lo, hi, bytes, at, false)
  }

  write(at: number, bytes: number, lo: number, hi: number): boolean {
    return this.#move(lo, hi, bytes, at, true)
  }

  /** None: the memory is not in the arena, and one that was unmapped under a view would be a crash instead of a refusal. */
  view(): undefined {
    return undefined
  }

  #move(lo: number, hi: number, bytes: number, at: number, write: boolean): boolean {
    if (bytes === 0) return true
    const address = (hi >>> 0) * 4294967296 + (lo >>> 0)
    // A refused transfer must not have moved its first half; near 2^64 a double could not tell its end from its start.
    if (address >= BEYOND || !this.#allowed(address, address + bytes, write)) {
      this.faults++
      return false
    }
    let from = address
    let chip = at
    while (from < address + bytes) {
      const mapping = this.#find(from)
      if (mapping?.backing === undefined) return false
      const piece = Math.min(address + bytes, mapping.end) - from
      const position = from - mapping.start
      const moved = write ? mapping.backing.write(chip, piece, position) : mapping.backing.read(position, piece, chip)
      if (!moved) {
        this.faults++
        return false
      }
      from += piece
      chip += piece
    }
    this.bytes += bytes
    return true
  }

  #allowed(address: number, end: number, write: boolean): boolean {
    let at = address
    while (at < end) {
      const mapping = this.#find(at)
      if (mapping?.backing === undefined || !(write ? mapping.writable : mapping.readable)) return false
      at = mapping.end
    }
    return true
  }

  #find(address: number): Mapping | undefined {
    for (let i = 0; i < this.#mappings.length; i++) {
      const mapping = this.#mappings[i]
      if (address >= mapping.start && address < mapping.end) return mapping
    }
    return undefined
  }
}

/** Of an exact number beyond what bit operators take. */
function aligned(value: number): boolean {
  return value % PAGE === 0
}
