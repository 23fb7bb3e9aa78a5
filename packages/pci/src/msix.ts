import type { StateIo } from '@npa/core'
import type { ConfigSpace } from './config-space.js'
import type { MsiTarget } from './pci-function.js'
import { Capability, MsixCap } from './registers.js'

/** Where the MSI-X structures stand. The offsets are multiples of 8; table and PBA do not overlap. */
export interface MsixLayout {
  /** Of the capability in configuration space. */
  readonly offset: number
  /** 1 to 2048. */
  readonly vectors: number
  readonly tableBar: number
  readonly tableOffset: number
  readonly pbaBar: number
  readonly pbaOffset: number
}

/** Words of a table entry. */
const ADDRESS_LO = 0
const ADDRESS_HI = 1
const DATA = 2
const CONTROL = 3

/**
 * MSI-X of one function (PCI 3.0, 6.8): capability, table, pending bits. A vector that is raised while masked, or while the
 * function may not master the bus, is pending and sent as soon as it may be; one raised while MSI-X is off is lost and counted.
 */
export class Msix {
  readonly layout: MsixLayout
  readonly #config: ConfigSpace
  readonly #table: Int32Array
  readonly #pending: Int32Array
  #target: MsiTarget | undefined
  #busMaster = false
  #enabled = false
  #functionMask = false
  #changed: (vector: number) => void = nobody
  /** Messages sent. */
  sent = 0
  /** Interrupts raised while MSI-X was not enabled. */
  lost = 0

  /** Puts the capability into `config`. Throws a `RangeError` on a layout that cannot be. */
  constructor(config: ConfigSpace, layout: MsixLayout) {
    const { offset, vectors } = layout
    if (vectors < 1 || vectors > 2048 || ((layout.tableOffset | layout.pbaOffset) & 7) !== 0) {
      throw new RangeError(
        `MSI-X table of ${vectors} vectors at ${layout.tableOffset}, pending bits at ${layout.pbaOffset}`,
      )
    }
    this.layout = layout
    this.#config = config
    this.#table = new Int32Array(vectors * 4)
    this.#pending = new Int32Array(Math.ceil(vectors / 64) * 2)
    config.capability(Capability.msix, offset, 12)
    config.init(offset + MsixCap.control, 2, vectors - 1)
    config.writable(offset + MsixCap.control, 2, MsixCap.enable | MsixCap.functionMask)
    config.init(offset + MsixCap.table, 4, layout.tableOffset | layout.tableBar)
    config.init(offset + MsixCap.pba, 4, layout.pbaOffset | layout.pbaBar)
    config.onWrite(offset + MsixCap.control, 2, () => this.#control())
    this.reset()
  }

  get vectors(): number {
    return this.layout.vectors
  }

  get enabled(): boolean {
    return this.#enabled
  }

  /** Gives the messages their way out. */
  connect(target: MsiTarget): void {
    this.#target = target
  }

  /** Called after a vector's entry, or its effective mask, was written: `masked` and `word` tell the rest. */
  onChange(changed: (vector: number) => void): void {
    this.#changed = changed
  }

  /** Follows Bus Master Enable: a message is a memory write. */
  busMaster(on: boolean): void {
    this.#busMaster = on
    this.#deliver()
  }

  /** Whether a vector raised now would stay pending or be lost. */
  masked(vector: number): boolean {
    return !this.#enabled || this.#functionMask || (this.#table[vector * 4 + CONTROL] & 1) !== 0
  }

  pending(vector: number): boolean {
    return ((this.#pending[vector >> 5] >>> (vector & 31)) & 1) !== 0
  }

  /** Words 0 to 2 of an entry: address low, address high, data. */
  word(vector: number, word: 0 | 1 | 2): number {
    return this.#table[vector * 4 + word] >>> 0
  }

  /** An interrupt of the device. A vector that is not there is ignored. */
  raise(vector: number): void {
    if (vector < 0 || vector >= this.layout.vectors) return
    if (!this.#enabled) {
      this.lost++
      return
    }
    if (this.#busMaster && !this.masked(vector)) this.#send(vector)
    else this.#pending[vector >> 5] |= 1 << (vector & 31)
  }

  /** Takes back a pending interrupt whose cause is gone. */
  withdraw(vector: number): void {
    this.#pending[vector >> 5] &= ~(1 << (vector & 31))
  }

  /** Whether an offset of a BAR is the table's or the pending bits'. */
  owns(bar: number, offset: number): boolean {
    return this.#tableByte(bar, offset) >= 0 || this.#pbaByte(bar, offset) >= 0
  }

  /** Reads the aligned word that an owned offset is in. */
  read32(bar: number, offset: number): number {
    const byte = this.#tableByte(bar, offset)
    return (byte >= 0 ? this.#table[byte >> 2] : this.#pending[this.#pbaByte(bar, offset) >> 2]) >>> 0
  }

  /** Writes an aligned word of the table; the pending bits are read-only. */
  write32(bar: number, offset: number, value: number): void {
    const byte = this.#tableByte(bar, offset)
    if (byte < 0) return
    const vector = byte >> 4
    const word = (byte >> 2) & 3
    this.#table[byte >> 2] = word === CONTROL ? value & 1 : word === ADDRESS_LO ? value & ~3 : value
    this.#changed(vector)
    this.#flush(vector)
  }

  /** All vectors masked and none pending, as after any reset. The capability's registers are the configuration space's to reset. */
  reset(): void {
    this.#table.fill(0)
    for (let at = CONTROL; at < this.#table.length; at += 4) this.#table[at] = 1
    this.#pending.fill(0)
    const was = this.#enabled
    this.#enabled = false
    this.#functionMask = false
    this.#busMaster = false
    if (was) this.#changedAll()
  }

  /** Table, pending bits and counts; what the capability says is looked up. A message that would be on its way is refused. */
  walkState(io: StateIo, busMaster: boolean): void {
    io.column('table', this.#table, -0x80000000, 0x7fffffff)
    io.column('pending', this.#pending, -0x80000000, 0x7fffffff)
    this.sent = io.integer('sent', this.sent, 0, Number.MAX_SAFE_INTEGER)
    this.lost = io.integer('lost', this.lost, 0, Number.MAX_SAFE_INTEGER)
    if (!io.restoring) return
    this.#enabled = this.#says(MsixCap.enable)
    this.#functionMask = this.#says(MsixCap.functionMask)
    this.#busMaster = busMaster
    for (let vector = 0; vector < this.#pending.length * 32; vector++) {
      const there = vector < this.layout.vectors
      const waits = there && this.#enabled && (!busMaster || this.masked(vector))
      io.consistent('pending', waits || !this.pending(vector))
      if (!there) continue
      const at = vector * 4
      io.consistent('table', (this.#table[at + ADDRESS_LO] & 3) === 0 && this.#table[at + CONTROL] >>> 1 === 0)
    }
  }

  /** Tells who routes by this table, after its state was restored. */
  restored(): void {
    this.#changedAll()
  }

  #says(bit: number): boolean {
    return (this.#config.get(this.layout.offset + MsixCap.control, 2) & bit) !== 0
  }

  #control(): void {
    const enabled = this.#says(MsixCap.enable)
    const functionMask = this.#says(MsixCap.functionMask)
    if (enabled === this.#enabled && functionMask === this.#functionMask) return
    this.#enabled = enabled
    this.#functionMask = functionMask
    if (!enabled) this.#pending.fill(0)
    this.#changedAll()
    this.#deliver()
  }

  #changedAll(): void {
    for (let vector = 0; vector < this.layout.vectors; vector++) this.#changed(vector)
  }

  #deliver(): void {
    for (let word = 0; word < this.#pending.length; word++) {
      for (let left = this.#pending[word]; left !== 0; left &= left - 1)
        this.#flush(word * 32 + (31 - Math.clz32(left & -left)))
    }
  }

  #flush(vector: number): void {
    if (!this.pending(vector) || !this.#busMaster || this.masked(vector)) return
    this.withdraw(vector)
    this.#send(vector)
  }

  #send(vector: number): void {
    this.sent++
    const at = vector * 4
    this.#target?.message(
      this.#table[at + ADDRESS_LO] >>> 0,
      this.#table[at + ADDRESS_HI] >>> 0,
      this.#table[at + DATA] >>> 0,
    )
  }

  #tableByte(bar: number, offset: number): number {
    const byte = offset - this.layout.tableOffset
    return bar === this.layout.tableBar && byte >= 0 && byte < this.#table.length * 4 ? byte : -1
  }

  #pbaByte(bar: number, offset: number): number {
    const byte = offset - this.layout.pbaOffset
    return bar === this.layout.pbaBar && byte >= 0 && byte < this.#pending.length * 4 ? byte : -1
  }
}

function nobody(): void {
  /* nobody routes by this table */
}
