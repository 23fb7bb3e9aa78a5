import { Capability, findCapability, MsixCap } from '@npa/pci'
import type { PciFunction } from '@npa/pci'
import type { FunctionRegions } from './function-regions.js'

/** Words and bytes of a table entry; its last word is the vector control. */
const ENTRY_BYTES = 16
const CONTROL = 12
const MASKED = 1

/** Reads bus memory through the client; `done` gets the bytes, or undefined when the client refused. */
export type BusRead = (address: number, bytes: number, done: (data: Buffer | undefined) => void) => void

/**
 * Keeps the function's MSI-X table equal to the one that the guest writes. The client keeps that one to itself: accesses to the
 * table's place in the BAR never reach the server. So whenever the client says that vectors changed, their entries are read through the
 * BAR's own bus address and written into the function's table, which masks, keeps pending and sends as on a bus.
 */
export class MsixMirror {
  readonly #fn: PciFunction
  readonly #regions: FunctionRegions
  readonly #read: BusRead
  readonly #bar: number
  readonly #offset: number
  /** Vectors of the function, 0 without MSI-X. */
  readonly vectors: number
  /** Entries `#from` … `#to` - 1 are out of date. */
  #from = Infinity
  #to = 0
  #asking = false
  /** Changes when an answer under way is about a table that is gone. */
  #generation = 0

  constructor(fn: PciFunction, regions: FunctionRegions, read: BusRead) {
    this.#fn = fn
    this.#regions = regions
    this.#read = read
    const at = findCapability(fn, Capability.msix)
    const table = at === 0 ? 0 : fn.configRead(at + MsixCap.table, 4)
    this.vectors = at === 0 ? 0 : (fn.configRead(at + MsixCap.control, 2) & MsixCap.sizeMask) + 1
    this.#bar = table & 7
    this.#offset = (table & ~7) >>> 0
  }

  /** The guest has changed entries `first` … `first + count - 1`, all within `vectors`. */
  changed(first: number, count: number): void {
    this.#from = Math.min(this.#from, first)
    this.#to = Math.max(this.#to, first + count)
    this.update()
  }

  /** Asks for what is out of date; also after the client refused, when the function may be reachable again. */
  update(): void {
    const from = this.#from
    const count = this.#to - from
    const address = this.#regions.address(this.#bar)
    if (this.#asking || count <= 0 || address === 0) return
    this.#asking = true
    this.#from = Infinity
    this.#to = 0
    const generation = this.#generation
    this.#read(address + this.#offset + from * ENTRY_BYTES, count * ENTRY_BYTES, (data) => {
      if (generation !== this.#generation) return
      this.#asking = false
      if (data === undefined) {
        this.#from = Math.min(this.#from, from)
        this.#to = Math.max(this.#to, from + count)
        return
      }
      for (let i = 0; i < count; i++) this.#entry(from + i, data, i * ENTRY_BYTES)
      this.update()
    })
  }

  /** No vector is used any more: all are masked, and answers under way are not wanted. */
  disable(): void {
    this.#generation++
    this.#asking = false
    this.#from = Infinity
    this.#to = 0
    for (let vector = 0; vector < this.vectors; vector++) this.#put(vector, CONTROL, MASKED)
  }

  /** Masked while it changes, so that nothing goes to half an address. */
  #entry(vector: number, data: Buffer, at: number): void {
    this.#put(vector, CONTROL, MASKED)
    for (let word = 0; word < CONTROL; word += 4) this.#put(vector, word, data.readUInt32LE(at + word))
    this.#put(vector, CONTROL, data.readUInt32LE(at + CONTROL))
  }

  #put(vector: number, byte: number, value: number): void {
    this.#fn.barWrite(this.#bar, this.#offset + vector * ENTRY_BYTES + byte, 4, value)
  }
}
