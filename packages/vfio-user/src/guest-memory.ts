import fs from 'node:fs'
import type { Arena, Dma } from '@npa/memory'
import { Errno } from './protocol.js'
import type { ErrnoValue } from './protocol.js'

/** What the client has mapped: bus addresses `start` … `end` - 1 stand at `offset` of the file, or nowhere (-1). */
interface Mapping {
  readonly start: number
  readonly end: number
  readonly offset: number
  readonly readable: boolean
  readonly writable: boolean
}

const PAGE = 4096
/** Beyond it a bus address is no exact number. */
const HIGHEST = 2 ** 53 - PAGE
/** Told to the client as `max_dma_maps`. */
export const MAX_MAPPINGS: number = 4096

/**
 * The guest's memory: a file that the client shares (QEMU's memory-backend-file). Transfers are reads and writes of the file at the
 * places that the client's DMA_MAPs gave; the rest is refused and counted. Node cannot receive the file descriptors that come with
 * the maps, so a map that carries none cannot be told by that: read-only at offset 0 (ROM), or at a place of the file
 * that the bus has already (memory of the client's own), it is taken and has nothing behind it.
 */
export class GuestMemory implements Dma {
  readonly #arena: Arena
  readonly #path: string
  #fd = -1
  #mappings: Mapping[] = []
  #moves = 0
  /** Transfers that left the map. */
  faults = 0
  /** Bytes moved, both ways. */
  bytes = 0

  /** `path` is opened when the first map arrives. */
  constructor(arena: Arena, path: string) {
    this.#arena = arena
    this.#path = path
  }

  get epoch(): number {
    return this.#moves
  }

  /** How many ranges are mapped. */
  get mappings(): number {
    return this.#mappings.length
  }

  /** DMA_MAP. Returns 0 or why not; an address or size of -1 is one beyond what there can be. */
  map(address: number, bytes: number, offset: number, readable: boolean, writable: boolean): 0 | ErrnoValue {
    if (address < 0 || bytes <= 0 || offset < 0 || (address | bytes | offset) % PAGE !== 0) return Errno.invalid
    const end = address + bytes
    if (end > HIGHEST || (!readable && !writable)) return Errno.invalid
    if (this.#mappings.length >= MAX_MAPPINGS) return Errno.noSpace
    if (this.#mappings.some((old) => address < old.end && old.start < end)) return Errno.exists
    const backed = (writable || offset > 0) && !this.#taken(offset, bytes)
    if (backed && offset + bytes > this.#size()) return Errno.invalid
    this.#mappings.push({ start: address, end, offset: backed ? offset : -1, readable, writable })
    this.#moves++
    return 0
  }

  /** DMA_UNMAP of a range that cuts no mapping in two. Returns 0 or why not. */
  unmap(address: number, bytes: number): 0 | ErrnoValue {
    const end = address + bytes
    if (address < 0 || bytes <= 0) return Errno.invalid
    const inside = (old: Mapping): boolean => old.start >= address && old.end <= end
    const touched = this.#mappings.filter((old) => address < old.end && old.start < end)
    if (touched.length === 0) return Errno.noEntry
    if (!touched.every(inside)) return Errno.invalid
    this.#mappings = this.#mappings.filter((old) => !inside(old))
    this.#moves++
    return 0
  }

  /** DMA_UNMAP of everything. */
  unmapAll(): 0 {
    this.#mappings = []
    this.#moves++
    return 0
  }

  /** Every transfer is refused from now on, and the file is closed. */
  clear(): void {
    this.unmapAll()
    if (this.#fd >= 0) fs.closeSync(this.#fd)
    this.#fd = -1
  }

  read(lo: number, hi: number, bytes: number, at: number): boolean {
    return this.#move(lo, hi, bytes, at, false)
  }

  write(at: number, bytes: number, lo: number, hi: number): boolean {
    return this.#move(lo, hi, bytes, at, true)
  }

  /** None: the file is not in the arena. */
  view(): undefined {
    return undefined
  }

  #move(lo: number, hi: number, bytes: number, at: number, write: boolean): boolean {
    if (bytes === 0) return true
    const address = (hi >>> 0) * 4294967296 + (lo >>> 0)
    // A refused transfer must not have moved its first half.
    if (!this.#allowed(address, address + bytes, write)) {
      this.faults++
      return false
    }
    let from = address
    let chip = at
    while (from < address + bytes) {
      const mapping = this.#find(from)
      if (mapping === undefined) return false
      const piece = Math.min(address + bytes, mapping.end) - from
      if (!this.#transfer(mapping.offset + from - mapping.start, chip, piece, write)) {
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
      if (mapping === undefined || mapping.offset < 0 || !(write ? mapping.writable : mapping.readable)) return false
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

  /** False when the file has become shorter than it was at the map, or cannot be accessed. */
  #transfer(position: number, at: number, bytes: number, write: boolean): boolean {
    const { u8 } = this.#arena
    let done = 0
    try {
      while (done < bytes) {
        const n = write
          ? fs.writeSync(this.#fd, u8, at + done, bytes - done, position + done)
          : fs.readSync(this.#fd, u8, at + done, bytes - done, position + done)
        if (n === 0) return false
        done += n
      }
    } catch {
      return false
    }
    return true
  }

  #taken(offset: number, bytes: number): boolean {
    return this.#mappings.some(
      (old) => old.offset >= 0 && offset < old.offset + old.end - old.start && old.offset < offset + bytes,
    )
  }

  /** Bytes of the file; 0 when there is none. */
  #size(): number {
    try {
      if (this.#fd < 0) this.#fd = fs.openSync(this.#path, 'r+')
      return fs.fstatSync(this.#fd).size
    } catch {
      return 0
    }
  }
}
