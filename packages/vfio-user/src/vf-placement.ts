import { Command, Header, SriovCap } from '@npa/pci'
import type { PciFunction } from '@npa/pci'
import type { BarRegister } from './bar-layout.js'
import { BEYOND } from './guest-memory.js'
import type { VirtualSlot } from './virtual-slot.js'

const PAGE = 4096
const HIGH = 4294967296

/** What says where the virtual functions' memory stands. */
export interface PlacingFunction {
  readonly fn: PciFunction
  /** Of its SR-IOV capability, whose registers are `bars` for one virtual function. */
  readonly sriovAt: number
  readonly bars: readonly BarRegister[]
}

/** A virtual function and the bus address of its configuration space. */
export interface PlacedFunction {
  readonly slot: VirtualSlot
  readonly config: number
}

/** Writes words to the bus as the physical function. */
export interface BusWriter {
  writeBus(lo: number, hi: number, word: number): void
}

/**
 * Says to the client where the memory of virtual functions stands. On a bus the BARs in the SR-IOV capability tell it; the client
 * knows only the BARs of each function, so the physical function writes these through the machine's configuration space. For that it must be bus
 * master: until it is, nothing is written.
 */
export class VfPlacement {
  /** The physical function as the client is to have it: what is written to it may move others. */
  readonly watched: PciFunction
  /** Given when there is one. */
  bus: BusWriter | undefined
  readonly #pf: PlacingFunction
  readonly #vfs: readonly PlacedFunction[]

  constructor(pf: PlacingFunction, vfs: readonly PlacedFunction[]) {
    this.#pf = pf
    this.#vfs = vfs
    const { fn } = pf
    this.watched = {
      configRead: (offset, size) => fn.configRead(offset, size),
      configWrite: (offset, size, value) => {
        fn.configWrite(offset, size, value)
        this.update()
      },
      barRead: (bar, offset, size) => fn.barRead(bar, offset, size),
      barWrite: (bar, offset, size, value) => fn.barWrite(bar, offset, size, value),
      attach: (dma, msi, vfsChanged) => fn.attach(dma, msi, vfsChanged),
      reset: (kind) => {
        fn.reset(kind)
        // The next client knows nothing.
        if (kind === 'power') for (const { slot } of vfs) slot.told = undefined
      },
    }
  }

  /** Tells the client what has changed. */
  update(): void {
    const { fn, sriovAt } = this.#pf
    if ((fn.configRead(Header.command, 2) & Command.busMaster) === 0) return
    const decodes = (fn.configRead(sriovAt + SriovCap.control, 2) & SriovCap.vfMemory) !== 0
    for (const [vf, { slot, config }] of this.#vfs.entries()) {
      const places = slot.exists && decodes ? this.#places(vf) : undefined
      if (places?.join() === slot.told) continue
      slot.told = places?.join()
      for (const [bar, word] of places?.entries() ?? []) this.#write(config + Header.bar0 + 4 * bar, word)
      const master = slot.configRead(Header.command, 2) & Command.busMaster
      this.#write(config + Header.command, master | (places === undefined ? 0 : Command.memory))
    }
  }

  /** The six BAR registers of a virtual function; undefined while one of its BARs is where no bus reaches. */
  #places(vf: number): number[] | undefined {
    const { fn, sriovAt, bars } = this.#pf
    const page = fn.configRead(sriovAt + SriovCap.systemPageSize, 4) * PAGE
    const words = [0, 0, 0, 0, 0, 0]
    for (const [bar, { bytes, wide }] of bars.entries()) {
      if (bytes === 0) continue
      const at = sriovAt + SriovCap.bar0 + 4 * bar
      const low = (fn.configRead(at, 4) & ~0xf) >>> 0
      const first = wide ? fn.configRead(at + 4, 4) * HIGH + low : low
      if (first >= BEYOND) return undefined
      const address = first + vf * Math.max(bytes, page)
      words[bar] = address >>> 0
      if (wide) words[bar + 1] = Math.floor(address / HIGH)
    }
    return words
  }

  #write(address: number, word: number): void {
    this.bus?.writeBus(address >>> 0, Math.floor(address / HIGH), word)
  }
}
