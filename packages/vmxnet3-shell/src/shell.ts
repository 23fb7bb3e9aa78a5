import type { DriverPlatform, FrameSegments, NetDevice, NetDeviceUser, PacketBuffers } from '@npa/core'
import { Bar, Cmd } from '@npa/vmxnet3-spec'
import { BufferPool } from './buffer-pool.js'
import { DeviceError } from './control.js'
import type { Control } from './control.js'
import { ShellCounters } from './counters.js'
import { Datapath, FRAME_OVERHEAD } from './datapath.js'
import { DmaLedger } from './dma-ledger.js'
import { Emulation } from './emulation.js'
import { Events } from './events.js'
import type { LoadError } from './load-error.js'
import { ModeSwitch } from './mode-switch.js'
import type { ModeState } from './mode.js'
import type { PluginHostParts } from './plugin-host.js'
import { PluginOffer } from './plugin-offer.js'
import { probe } from './probe.js'
import { QueueInterrupts } from './queue-interrupts.js'
import { RxFilter } from './rx-filter.js'
import { shellSettings } from './settings.js'
import type { ShellOptions } from './settings.js'
import { SharedArea } from './shared-area.js'

/** Pieces of a received frame that the device may use: one without jumbo frames. */
const JUMBO_SG = 6
/** Entries of plugin logs that go to the trace. */
const MOST_LOGS = 64

/**
 * The guest's driver of its one NIC for life: vmxnet3, with whichever plugin carries the frames. It sees nothing but its platform.
 * Construction probes the device, `open` activates it, `close` is final.
 */
export class Vmxnet3Shell implements NetDevice {
  readonly mac: Uint8Array
  readonly mtu: number
  readonly #control: Control
  readonly #ledger: DmaLedger
  readonly #pool: BufferPool
  readonly #counters: ShellCounters = new ShellCounters()
  readonly #datapath: Datapath
  readonly #filter: RxFilter
  readonly #shared: SharedArea
  readonly #offer: PluginOffer
  readonly #mode: ModeSwitch
  readonly #events: Events
  readonly #queuePairs: number
  #life: 'new' | 'open' | 'closed' = 'new'

  /** Throws a `DeviceError` without a usable device, a `RangeError` for a senseless option or without memory. */
  constructor(platform: DriverPlatform, options: ShellOptions = {}) {
    const settings = shellSettings(options)
    const { txRingSize, rxRingSize, mtu, trace, acceptLicense, loader, flow } = settings
    const { control, mac, queuePairs } = probe(platform, settings.queuePairs)
    const counters = this.#counters
    const ledger = new DmaLedger(platform)
    const pool = new BufferPool(ledger, settings.buffers, settings.largeBuffers)
    const shared = new SharedArea(ledger, { queuePairs, mtu, maxRxSg: mtu + FRAME_OVERHEAD > pool.size ? JUMBO_SG : 1 })
    const filter = new RxFilter(settings.multicast, settings.allMulticast, settings.vlans)
    const datapath = new Datapath(pool, counters, queuePairs, txRingSize, mtu, flow)
    const host: PluginHostParts = {
      pool,
      counters,
      batches: datapath.batches,
      completeSend: (plugin, queue, count) => datapath.completeSend(plugin, queue, count),
      log: (code, a, b) => {
        if (counters.all.values[counters.pluginLogs] > MOST_LOGS) return
        trace.event('plugin', `${code} ${a} ${b}`)
      },
    }
    const common = { ledger, control, shared, host, queuePairs, txRingSize, rxRingSize }
    const emulation = new Emulation({
      ...common,
      filter,
      registers: platform.bar(Bar.data),
      maxFrame: mtu + FRAME_OVERHEAD,
    })
    this.#offer = new PluginOffer({ ...common, registers: () => platform.bar(Bar.vf), acceptLicense, loader })
    this.mac = mac
    this.mtu = mtu
    this.#control = control
    this.#ledger = ledger
    this.#pool = pool
    this.#datapath = datapath
    this.#filter = filter
    this.#shared = shared
    this.#queuePairs = queuePairs
    const interrupts = new QueueInterrupts({ platform, datapath, pool, queuePairs, sent: () => this.#mode.sent() })
    this.#mode = new ModeSwitch({
      control,
      datapath,
      emulation,
      offer: this.#offer,
      counters,
      trace,
      queuePairs,
      mac: () => this.mac,
      schedule: () => interrupts.schedule(),
    })
    this.#events = new Events({ platform, control, shared, datapath, mode: this.#mode, counters, vector: queuePairs })
  }

  get buffers(): PacketBuffers {
    return this.#pool
  }

  /** What carries the frames. */
  get mode(): 'emulated' | 'passthrough' {
    return this.#mode.state === 'passthrough' ? 'passthrough' : 'emulated'
  }

  /** Where the mode switch stands. */
  get state(): ModeState {
    return this.#mode.state
  }

  /** Why the last offer of a VF was not taken. */
  get failure(): LoadError | undefined {
    return this.#mode.failure
  }

  /** Name and version of the vendor's plugin that was loaded last; empty when none was. */
  get pluginName(): string {
    return this.#offer.name
  }

  /** What the device said of its last queue error. */
  get lastQueueError(): string | undefined {
    return this.#events.lastError
  }

  attach(user: NetDeviceUser): void {
    this.#datapath.user = user
  }

  /** Activates the device. Throws a `DeviceError` when it refuses; the driver is closed then. */
  open(): void {
    if (this.#life !== 'new') throw new Error(`vmxnet3 driver opened while ${this.#life}`)
    this.#life = 'open'
    if (!this.#mode.start()) {
      this.close()
      throw new DeviceError('ACTIVATE_DEV refused')
    }
    this.#datapath.user?.link(this.#control.linkUp())
    this.#mode.look()
  }

  /** Resets the device and gives every buffer and all memory back. Buffers that the stack still has are lost to it. */
  close(): void {
    if (this.#life === 'closed') return
    this.#life = 'closed'
    this.#events.close()
    this.#shared.enableInterrupts(false)
    for (let vector = 0; vector <= this.#queuePairs; vector++) this.#control.mask(vector, true)
    this.#control.issue(Cmd.quiesceDev)
    this.#control.issue(Cmd.resetDev)
    this.#control.setSharedArea(0, 0)
    this.#mode.close()
    this.#shared.dispose()
    this.#pool.dispose(this.#ledger)
  }

  transmit(frame: FrameSegments): boolean {
    return this.#datapath.transmit(frame)
  }

  flush(): void {
    this.#datapath.flush()
  }

  /** Changes the own address, six bytes. The hypervisor's policy decides whether frames with it pass. */
  setMac(mac: Uint8Array): void {
    this.mac.set(mac)
    this.#control.writeMac(this.mac)
  }

  /** Replaces the list of multicast addresses to receive. */
  setMulticast(addresses: readonly Uint8Array[]): void {
    this.#filter.multicast = addresses
    if (this.#life === 'open') this.#filter.apply(this.#control, this.#shared, this.#ledger)
  }

  /** The driver's own counters and, while it is open, the device's (`device.tx.…`, `device.rx.…`). */
  statistics(): Record<string, number> {
    const own = this.#counters.all.snapshot()
    if (this.#life !== 'open') return own
    this.#control.ask(Cmd.getStats)
    return { ...own, ...this.#shared.queues.statistics() }
  }

  /** Packet buffers and DMA blocks still held: all zero after `close`, unless someone forgot something. */
  leaks(): { readonly buffers: number; readonly dmaBlocks: number } {
    return { buffers: this.#pool.inUse, dmaBlocks: this.#ledger.held }
  }
}
