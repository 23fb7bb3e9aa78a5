import type { Mmio, ResetKind } from '@npa/core'
import { IommuPort, RangeAllocator } from '@npa/memory'
import type { Arena } from '@npa/memory'
import { assignBars } from './bar-assignment.js'
import type { BarPlace } from './bar-assignment.js'
import { findExtended } from './config-access.js'
import type { ConfigAccess } from './config-access.js'
import { InterruptRemapping } from './interrupt-remapping.js'
import type { PciFunction } from './pci-function.js'
import { Command, Extended, Header, SriovCap } from './registers.js'

const ONES = [0, 0xff, 0xffff, 0, 0xffffffff]

/** What stands, or may stand, at one routing id. The IOMMU's port and the places of the BARs stay when the function goes. */
class Slot {
  readonly rid: number
  readonly port: IommuPort
  fn: PciFunction | undefined
  /** Whether memory accesses reach the function. */
  decodes = false
  sriovAt = 0
  places: readonly BarPlace[] = []
  vfPlaces: readonly BarPlace[] = []
  vfs: readonly Slot[] = []
  virtual = false
  constructor(rid: number, port: IommuPort) {
    this.rid = rid
    this.port = port
  }
}

/**
 * A host's root complex: functions by routing id (bus << 8 | device << 3 | function), configuration accesses, memory windows for
 * BARs, one IOMMU port per requester, interrupt remapping. All configuration writes to a plugged function go through it.
 */
export class RootComplex {
  readonly remapping: InterruptRemapping = new InterruptRemapping()
  readonly #arena: Arena
  readonly #slots = new Map<number, Slot>()
  readonly #low = new RangeAllocator('memory window below 4 GiB', 0xc0000000, 0xfec00000)
  readonly #high = new RangeAllocator('64-bit memory window', 0x80_0000_0000, 0x100_0000_0000)

  constructor(arena: Arena) {
    this.#arena = arena
  }

  /** Plugs a function in and assigns its BARs. Throws an `Error` when the routing id is taken. */
  plug(rid: number, fn: PciFunction): void {
    const slot = this.#slot(rid)
    if (slot.fn !== undefined) throw new Error(`routing id ${rid.toString(16)} is taken`)
    this.#connect(slot, fn)
    slot.sriovAt = findExtended(fn, Extended.sriov)
    slot.places = assignBars(fn, Header.bar0, 1, this.#low, this.#high)
    if (slot.sriovAt !== 0) {
      const total = fn.configRead(slot.sriovAt + SriovCap.totalVfs, 2)
      slot.vfPlaces = assignBars(fn, slot.sriovAt + SriovCap.bar0, total, this.#low, this.#high)
    }
  }

  /** Takes a function out, as if its power were cut; its VFs go with it. */
  unplug(rid: number): void {
    const slot = this.#slot(rid)
    slot.fn?.reset('power')
    for (const { address } of [...slot.places, ...slot.vfPlaces])
      (address < 0x100000000 ? this.#low : this.#high).free(address)
    slot.places = []
    slot.vfPlaces = []
    this.#remove(slot)
  }

  /** Routing ids at which a function answers, lowest first. */
  rids(): number[] {
    return [...this.#slots.values()]
      .filter((slot) => slot.fn !== undefined)
      .map((slot) => slot.rid)
      .sort((a, b) => a - b)
  }

  /** Routing ids of the VFs that a physical function has now, first VF first. */
  vfs(rid: number): number[] {
    return this.#slot(rid).vfs.map((vf) => vf.rid)
  }

  configRead(rid: number, offset: number, size: 1 | 2 | 4): number {
    return this.#slots.get(rid)?.fn?.configRead(offset, size) ?? ONES[size]
  }

  configWrite(rid: number, offset: number, size: 1 | 2 | 4, value: number): void {
    const slot = this.#slots.get(rid)
    if (slot?.fn === undefined) return
    slot.fn.configWrite(offset, size, value)
    this.#decode(slot)
  }

  /** The configuration accesses of one routing id. */
  config(rid: number): ConfigAccess {
    return {
      configRead: (offset, size) => this.configRead(rid, offset, size),
      configWrite: (offset, size, value) => this.configWrite(rid, offset, size, value),
    }
  }

  /** The way to memory of one requester; it exists, unassigned, before its function does. */
  port(rid: number): IommuPort {
    return this.#slot(rid).port
  }

  /** The registers behind a BAR, all ones while the function does not decode memory or is not there. */
  mmio(rid: number, bar: number): Mmio {
    return new BarWindow(this.#slot(rid), bar)
  }

  /** Where the BARs of a function stand in the host's address map. A VF's are parts of its PF's arrays. */
  places(rid: number): readonly BarPlace[] {
    return this.#slot(rid).places
  }

  /** Resets a function, as a bridge (bus) or the platform (power) does. */
  reset(rid: number, kind: ResetKind): void {
    const slot = this.#slot(rid)
    slot.fn?.reset(kind)
    this.#decode(slot)
  }

  /** Looks again whether a function and its VFs decode memory, after its device's state was restored. */
  restored(rid: number): void {
    this.#decode(this.#slot(rid))
  }

  #slot(rid: number): Slot {
    const known = this.#slots.get(rid)
    if (known !== undefined) return known
    const slot = new Slot(rid, new IommuPort(this.#arena))
    this.#slots.set(rid, slot)
    return slot
  }

  #connect(slot: Slot, fn: PciFunction): void {
    const { rid } = slot
    slot.fn = fn
    const msi = { message: (lo: number, hi: number, data: number) => this.remapping.message(rid, lo, hi, data) }
    fn.attach(slot.port, msi, (vfs) => this.#vfsChanged(slot, vfs))
  }

  #remove(slot: Slot): void {
    slot.fn = undefined
    slot.decodes = false
    slot.virtual = false
  }

  #vfsChanged(pf: Slot, vfs: readonly PciFunction[]): void {
    for (const vf of pf.vfs) this.#remove(vf)
    const offset = this.configRead(pf.rid, pf.sriovAt + SriovCap.firstVfOffset, 2)
    const stride = this.configRead(pf.rid, pf.sriovAt + SriovCap.vfStride, 2)
    pf.vfs = vfs.map((fn, i) => {
      const slot = this.#slot(pf.rid + offset + stride * i)
      if (slot.fn !== undefined) throw new Error(`routing id ${slot.rid.toString(16)} of a VF is taken`)
      slot.places = pf.vfPlaces.map((place) => ({ ...place, address: place.address + place.bytes * i }))
      slot.virtual = true
      this.#connect(slot, fn)
      return slot
    })
  }

  /** Follows Memory Space Enable; for VFs it stands in their physical function's SR-IOV control. */
  #decode(slot: Slot): void {
    const { fn, vfs } = slot
    if (fn === undefined || slot.virtual) return
    slot.decodes = (fn.configRead(Header.command, 2) & Command.memory) !== 0
    const memory = vfs.length > 0 && (fn.configRead(slot.sriovAt + SriovCap.control, 2) & SriovCap.vfMemory) !== 0
    for (const vf of vfs) vf.decodes = memory
  }
}

/** One BAR of what stands at a routing id. */
class BarWindow implements Mmio {
  readonly #slot: Slot
  readonly #bar: number
  constructor(slot: Slot, bar: number) {
    this.#slot = slot
    this.#bar = bar
  }
  read32(offset: number): number {
    const { fn, decodes } = this.#slot
    return fn !== undefined && decodes ? fn.barRead(this.#bar, offset, 4) : 0xffffffff
  }
  write32(offset: number, value: number): void {
    const { fn, decodes } = this.#slot
    if (fn !== undefined && decodes) fn.barWrite(this.#bar, offset, 4, value)
  }
}
