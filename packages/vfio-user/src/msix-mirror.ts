import type { PciFunction } from '@npa/pci'
import type { ClientChannel } from './client-channel.js'
import type { FunctionRegions } from './function-regions.js'
import type { Interrupts, VectorRequest } from './interrupts.js'
import { ENTRY_BYTES, MsixTable } from './msix-table.js'
import { SetIrqs } from './protocol.js'

/**
 * Interrupts as they are on a bus: writes of a vector's data to its address, sent as messages. For that the function's MSI-X table is kept equal to the
 * one that the guest writes. The client keeps that one to itself: accesses to the table's place in the BAR never reach the server. So
 * whenever the client says that vectors changed, their entries are read through the BAR's own bus address and written into the function's table.
 */
export class MsixMirror implements Interrupts {
  readonly #regions: FunctionRegions
  readonly #channel: ClientChannel
  readonly #table: MsixTable
  /** Entries `#from` … `#to` - 1 are out of date. */
  #from = Infinity
  #to = 0
  #asking = false
  /** Changes when an answer under way is about a table that is gone. */
  #generation = 0
  sent = 0

  constructor(fn: PciFunction, regions: FunctionRegions, channel: ClientChannel) {
    this.#regions = regions
    this.#channel = channel
    this.#table = new MsixTable(fn)
  }

  get vectors(): number {
    return this.#table.vectors
  }

  message(lo: number, hi: number, data: number): void {
    this.sent++
    this.#channel.dmaWriteWord(lo, hi, data)
  }

  /** Event descriptors do not arrive: whatever is said of vectors means that the guest has changed their entries. */
  set({ start, count, kind }: VectorRequest): 0 {
    if (count > 0) {
      this.#from = Math.min(this.#from, start)
      this.#to = Math.max(this.#to, start + count)
      this.update()
    } else if (kind === SetIrqs.dataNone) this.#disable()
    return 0
  }

  /** Asks for what is out of date; also after the client refused, when the function may be reachable again. */
  update(): void {
    const from = this.#from
    const count = this.#to - from
    const address = this.#regions.address(this.#table.bar)
    if (this.#asking || count <= 0 || address === 0) return
    this.#asking = true
    this.#from = Infinity
    this.#to = 0
    const generation = this.#generation
    this.#channel.dmaRead(address + this.#table.offset + from * ENTRY_BYTES, count * ENTRY_BYTES, (data) => {
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

  reset(): void {
    this.#disable()
  }

  close(): void {
    this.#generation++
  }

  /** No vector is used any more: all are masked, and answers under way are not wanted. */
  #disable(): void {
    this.#generation++
    this.#asking = false
    this.#from = Infinity
    this.#to = 0
    for (let vector = 0; vector < this.vectors; vector++) this.#table.mask(vector)
  }

  #entry(vector: number, data: Buffer, at: number): void {
    const [lo, hi, word, control] = [0, 4, 8, 12].map((byte) => data.readUInt32LE(at + byte))
    this.#table.put(vector, lo, hi, word, control)
  }
}
