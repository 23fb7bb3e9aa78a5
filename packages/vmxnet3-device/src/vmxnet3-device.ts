import { Counters, freeOfCharge, noTrace } from '@npa/core'
import type { CostMeter, Mmio, ResetKind, TaskSource, Trace } from '@npa/core'
import type { Arena, Dma } from '@npa/memory'
import { EndpointFunction } from '@npa/pci'
import type { Msix, MsiTarget, PciFunction } from '@npa/pci'
import { Bar, Event, VF_BAR_BYTES } from '@npa/vmxnet3-spec'
import type { FrameBatch, Port } from '@npa/wire'
import { Bus } from './bus.js'
import { chipMemory } from './chip-memory.js'
import { Control } from './control.js'
import { DataPath } from './data-path.js'
import { identity, MSIX_BAR_BYTES, REGISTER_BAR_BYTES } from './identity.js'
import { Interrupts } from './interrupts.js'
import type { NpaHandler } from './npa-handler.js'
import { ControlRegisters, DataRegisters } from './registers.js'
import { RxFilter } from './rx-filter.js'
import { SharedArea } from './shared-area.js'
import { VfWindow } from './vf-window.js'

/** What a device is made with. */
export interface Vmxnet3Options {
  /** Names the device in traces and tasks. */
  readonly name: string
  /** The device takes some 160 KiB of its own from it, once; frames of its port lie in it. */
  readonly arena: Arena
  readonly tasks: TaskSource
  /** The permanent address, six bytes. */
  readonly mac: Uint8Array
  /** Mb/s that GET_LINK tells; 10000 when left out. */
  readonly linkSpeed?: number
  readonly cost?: CostMeter
  readonly trace?: Trace
  readonly npa?: NpaHandler
  /** The driver has set another address: six bytes, borrowed. Called from its register write. */
  readonly macChanged?: (mac: Uint8Array) => void
}

/**
 * A vmxnet3 network adapter, revisions 1 and 2, as a hypervisor emulates it. Registers and commands act inside the access; frames move from
 * the scheduler's tasks. Guests may write anything anywhere: what makes no sense is refused, ignored or counted.
 */
export class Vmxnet3Device implements PciFunction {
  readonly counters: Counters = new Counters()
  /** Where the virtual switch connects. It takes every frame that is sent to it. */
  readonly port: Port
  /** The vectors' entries as the driver wrote them, for routing a VF's interrupts. */
  readonly msix: Msix
  /** What BAR4 shows. */
  readonly vfWindow: VfWindow = new VfWindow()
  readonly #endpoint: EndpointFunction
  readonly #path: DataPath
  readonly #control: Control
  readonly #registers: ControlRegisters
  readonly #filter: RxFilter
  readonly #freeMemory: () => void
  #linkUp = true

  constructor(options: Vmxnet3Options) {
    const { name, arena, tasks, mac, linkSpeed = 10000, cost = freeOfCharge, trace = noTrace, npa } = options
    if (mac.length !== 6 || (mac[0] & 1) !== 0)
      throw new RangeError(`${name}: ${mac.join(':')} is no unicast MAC address`)
    const { config, msix } = identity()
    this.msix = msix
    const data: Mmio = {
      read32: (offset) => dataRegisters.read32(offset),
      write32: (offset, value) => dataRegisters.write32(offset, value),
    }
    const control: Mmio = {
      read32: (offset) => this.#registers.read32(offset),
      write32: (offset, value) => this.#registers.write32(offset, value),
    }
    this.#endpoint = new EndpointFunction({
      config,
      msix,
      bars: [
        { index: Bar.data, bytes: REGISTER_BAR_BYTES, registers: data },
        { index: Bar.control, bytes: REGISTER_BAR_BYTES, registers: control },
        { index: Bar.msix, bytes: MSIX_BAR_BYTES, registers: nothing },
        { index: Bar.vf, bytes: VF_BAR_BYTES, registers: this.vfWindow },
      ],
      reset: (kind) => this.#reset(kind),
    })
    const chip = chipMemory(arena)
    this.#freeMemory = () => {
      arena.free(chip.shared)
    }
    const bus = new Bus(this.#endpoint.dma, arena, chip.word)
    const shared = new SharedArea(bus, chip.shared)
    const interrupts = new Interrupts(msix, shared)
    const filter = new RxFilter(mac)
    this.#filter = filter
    const { counters } = this
    const raiseEvent = (events: number): void => {
      this.raiseEvent(events)
    }
    const path = new DataPath({ name, bus, chip, tasks, cost, counters, interrupts, filter, raiseEvent })
    this.#path = path
    const permanentMac = mac.slice()
    const link = (): number => (this.#linkUp ? ((linkSpeed << 16) | 1) >>> 0 : 0)
    const parts = { name, bus, chip, shared, interrupts, filter, path, counters, trace, npa, permanentMac, link }
    this.#control = new Control(parts)
    const macChanged = options.macChanged ?? nobody
    this.#registers = new ControlRegisters({
      control: this.#control,
      interrupts,
      shared,
      filter,
      permanentMac,
      macChanged,
    })
    const dataRegisters = new DataRegisters(interrupts, path)
    this.port = new DevicePort(path, () => this.#linkUp)
  }

  /** The address that the driver uses now, six bytes; do not write. */
  get mac(): Uint8Array {
    return this.#filter.mac
  }

  /** The receive mode that the driver asked for, bits of `RxMode`. */
  get rxMode(): number {
    return this.#filter.mode
  }

  /** Multicast addresses that the driver listed, six bytes each. */
  get multicast(): Uint8Array[] {
    return this.#filter.multicast
  }

  /** VLAN ids that the driver let through, id 0 for untagged included; empty when it filters none. */
  get vlans(): number[] {
    return this.#filter.vlans
  }

  /** Whether a driver has activated the device and takes events. */
  get active(): boolean {
    return this.#control.active
  }

  get linkUp(): boolean {
    return this.#linkUp
  }

  /** Plugs the cable in or out; the driver gets an event. While it is out both directions drop, counted. */
  set linkUp(up: boolean) {
    if (up === this.#linkUp) return
    this.#linkUp = up
    this.#path.rx.linkUp = up
    this.#path.tx.linkUp = up
    this.raiseEvent(Event.link)
  }

  /** Sets event bits in the shared area and fires the event vector. False when no driver takes events: it will look when it activates. */
  raiseEvent(events: number): boolean {
    return this.#control.raiseEvent(events)
  }

  /** Lets the pages of a VF appear in BAR4. */
  mapVf(vf: Mmio): void {
    this.vfWindow.map(vf)
  }

  unmapVf(): void {
    this.vfWindow.unmap()
  }

  /** Whether every rung descriptor is processed and its frame with the peer. Stopped queues count as done. */
  get txIdle(): boolean {
    return this.#path.tx.idle
  }

  /** Frames that are read from guest memory and wait for the peer. */
  get txHeld(): number {
    return this.#path.tx.held
  }

  /** Whether the data path is stopped: no transfer of frames, descriptors or completions to or from guest memory follows. */
  get quiet(): boolean {
    return !this.#path.running
  }

  /** Makes the device quiet at once. Doorbells are noted; received frames are dropped, counted. Commands and events go on. */
  stopDataPath(): void {
    this.#path.stop()
  }

  /** Goes on where `stopDataPath` stopped; nothing happens while no driver has activated the device. */
  resumeDataPath(): void {
    if (this.#control.active) this.#path.resume()
  }

  configRead(offset: number, size: 1 | 2 | 4): number {
    return this.#endpoint.configRead(offset, size)
  }

  configWrite(offset: number, size: 1 | 2 | 4, value: number): void {
    this.#endpoint.configWrite(offset, size, value)
  }

  barRead(bar: number, offset: number, size: 1 | 2 | 4): number {
    return this.#endpoint.barRead(bar, offset, size)
  }

  barWrite(bar: number, offset: number, size: 1 | 2 | 4, value: number): void {
    this.#endpoint.barWrite(bar, offset, size, value)
  }

  attach(dma: Dma, msi: MsiTarget, vfsChanged: (vfs: readonly PciFunction[]) => void): void {
    this.#endpoint.attach(dma, msi, vfsChanged)
  }

  reset(kind: ResetKind): void {
    this.#endpoint.reset(kind)
  }

  /** Switches the device off for good and gives its memory back to the arena. */
  dispose(): void {
    this.reset('power')
    this.#freeMemory()
  }

  #reset(kind: ResetKind): void {
    if (kind === 'function') this.#control.giveUp()
    else this.#control.reset()
    this.#registers.reset()
    this.#path.forget()
  }
}

/** The device's side of the cable to the virtual switch. */
class DevicePort implements Port {
  readonly #path: DataPath
  readonly #linkUp: () => boolean

  constructor(path: DataPath, linkUp: () => boolean) {
    this.#path = path
    this.#linkUp = linkUp
  }

  get up(): boolean {
    return this.#linkUp()
  }

  connect(peer: Port): void {
    this.#path.tx.connect(peer)
  }

  send(batch: FrameBatch, from: number, count: number): number {
    this.#path.rx.receive(batch, from, count)
    return count
  }

  room(): void {
    this.#path.tx.kick()
  }
}

/** Registers that are not there. */
const nothing: Mmio = {
  read32: () => 0,
  write32: () => {
    /* nothing takes it */
  },
}

function nobody(): void {
  /* nobody asked to be told */
}
