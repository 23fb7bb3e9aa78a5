import type { Counters, Trace } from '@npa/core'
import { Cmd, RssConf, Shared, UptFeature, VMXNET3_DEVICE, VMXNET3_REVISION } from '@npa/vmxnet3-spec'
import { MAC_BYTES } from '@npa/wire'
import { readActivation } from './activation.js'
import type { Bus } from './bus.js'
import { busAddress } from './bus.js'
import { PAGE_BYTES } from './chip-memory.js'
import type { ChipMemory } from './chip-memory.js'
import type { DataPath } from './data-path.js'
import type { Interrupts } from './interrupts.js'
import type { NpaHandler } from './npa-handler.js'
import type { RxFilter } from './rx-filter.js'
import { macNumber } from './rx-filter.js'
import type { SharedArea } from './shared-area.js'

/** Result of ACTIVATE_DEV when the device refuses. */
const REFUSED = 1

/** Addresses read at a time of a multicast table. */
const TABLE_PIECE = Math.floor(PAGE_BYTES / MAC_BYTES)

/** What the commands work on. */
export interface ControlParts {
  readonly name: string
  readonly bus: Bus
  readonly chip: ChipMemory
  readonly shared: SharedArea
  readonly interrupts: Interrupts
  readonly filter: RxFilter
  readonly path: DataPath
  readonly counters: Counters
  readonly trace: Trace
  readonly npa: NpaHandler | undefined
  readonly permanentMac: Uint8Array
  /** GET_LINK's answer. */
  readonly link: () => number
}

/** The commands of revisions 1 and 2 (sheet, section 3). Each is done when `execute` returns. */
export class Control {
  /** The revision that the driver chose; it counts from the next activation or change of features on. */
  revision = 1
  readonly #parts: ControlParts
  readonly #unknown: number
  readonly #rssRefused: number
  #eventInterrupt = 0
  #active = false

  constructor(parts: ControlParts) {
    this.#parts = parts
    this.#unknown = parts.counters.slot('unknownCommands')
    this.#rssRefused = parts.counters.slot('rssRefused')
  }

  /** Between ACTIVATE_DEV and QUIESCE_DEV or a reset: the driver takes events. */
  get active(): boolean {
    return this.#active
  }

  /** Sets pending events and interrupts; false when no driver takes events. */
  raiseEvent(events: number): boolean {
    const { shared, interrupts } = this.#parts
    if (!this.#active || !shared.raise(events)) return false
    interrupts.fire(this.#eventInterrupt)
    return true
  }

  /** Executes what was written to CMD, with DSAL and DSAH as they are; returns what CMD reads then. */
  execute(command: number, dsal: number, dsah: number): number {
    const { path, shared, trace, name } = this.#parts
    switch (command) {
      case Cmd.activateDev:
        return this.#activate(busAddress(dsal, dsah))
      case Cmd.quiesceDev:
        this.quiesce()
        this.#parts.npa?.stopped()
        return 0
      case Cmd.resetDev:
        this.giveUp()
        return 0
      case Cmd.updateRxMode:
        if (shared.refresh(Shared.rxMode, 4)) this.#loadRxMode()
        return this.#filtersChanged()
      case Cmd.updateMacFilters:
        if (shared.refresh(Shared.multicastLength, 12)) this.#loadMulticast()
        return this.#filtersChanged()
      case Cmd.updateVlanFilters:
        if (shared.refresh(Shared.vlanTable, 512)) this.#loadVlans()
        return this.#filtersChanged()
      case Cmd.updateFeature:
        if (shared.refresh(Shared.uptFeatures, 8)) this.#loadFeatures()
        return 0
      case Cmd.getQueueStatus:
        if (this.#active) path.publishStatus()
        return 0
      case Cmd.getStats:
        if (this.#active) path.publishStats()
        return 0
      case Cmd.updateRssidt:
        if (shared.refresh(Shared.rssConf, 16)) this.#loadRss()
        return 0
      // There is no wake-up; moderation is by batch, whatever the levels say.
      case Cmd.updateIml:
      case Cmd.updatePmcfg:
        return 0
      case Cmd.stopEmulation:
      case Cmd.loadPlugin:
      case Cmd.activateVf:
      case Cmd.getDevExtraInfo:
        trace.event(name, `npa command ${command.toString(16)}`)
        return this.#npa(command)
      default:
        return this.#get(command)
    }
  }

  /**
   * Ends the data path and events, and writes the statistics a last time: from now on the driver may free the shared area and the queue
   * table at any moment, without a word.
   */
  quiesce(): void {
    if (!this.#active) return
    this.#active = false
    const { path, shared } = this.#parts
    path.end()
    path.publishStatus()
    path.publishStats()
    shared.close()
    this.#parts.trace.event(this.#parts.name, 'quiesced')
  }

  /** A reset by the driver's own hand. */
  giveUp(): void {
    this.reset()
    this.#parts.npa?.stopped()
  }

  /** RESET_DEV: all but the address, the statistics and the choice of revision. */
  reset(): void {
    const { path, shared, interrupts, filter, trace, name } = this.#parts
    this.#active = false
    path.clear()
    shared.close()
    interrupts.reset()
    filter.reset()
    trace.event(name, 'reset')
  }

  #activate(address: number): number {
    const { bus, chip, shared, interrupts, path, trace, name, npa } = this.#parts
    const was = this.#active
    this.#active = false
    path.clear()
    shared.close()
    const found = shared.load(address) ? readActivation(bus, chip, shared) : `no shared area at ${address}`
    if (typeof found === 'string') {
      shared.close()
      trace.event(name, `activation refused: ${found}`)
      if (was) npa?.stopped()
      return REFUSED
    }
    this.#loadRxMode()
    this.#loadMulticast()
    this.#loadVlans()
    this.#loadFeatures()
    interrupts.activate(found.autoMask)
    this.#eventInterrupt = found.eventInterrupt
    path.start(found)
    this.#active = true
    trace.event(name, `activated with ${found.tx.length} transmit and ${found.rx.length} receive queues`)
    npa?.activated()
    return 0
  }

  #filtersChanged(): number {
    if (this.#active) this.#parts.npa?.filtersChanged()
    return 0
  }

  #loadRxMode(): void {
    this.#parts.filter.mode = this.#parts.shared.u32(Shared.rxMode)
  }

  #loadVlans(): void {
    this.#parts.filter.setVlans(this.#parts.bus.i32, (this.#parts.chip.shared + Shared.vlanTable) >> 2)
  }

  #loadFeatures(): void {
    const { path, shared } = this.#parts
    const { delivery, lro } = path.rx
    const features = shared.u32(Shared.uptFeatures)
    delivery.tellChecksums = (features & UptFeature.rxChecksum) !== 0
    delivery.stripTags = (features & UptFeature.rxVlan) !== 0
    delivery.tellSegments = this.revision >= 2
    delivery.limitBuffers(shared.u16(Shared.maxRxSg))
    // Packets of several segments are told to be good.
    lro.on = delivery.tellChecksums && (features & UptFeature.lro) !== 0
    this.#loadRss()
  }

  /** Key, hash types and indirection table, from the guest's memory. Without a configuration that makes sense queue 0 gets all. */
  #loadRss(): void {
    const { bus, chip, counters, path, shared, trace, name } = this.#parts
    const { steering } = path.rx
    steering.off()
    if ((shared.u32(Shared.uptFeatures) & UptFeature.rss) === 0) return
    const { rssConf } = Shared
    const length = shared.u32(rssConf + 4)
    const address = busAddress(shared.u32(rssConf + 8), shared.u32(rssConf + 12))
    const read = length >= RssConf.bytes && bus.read(address, RssConf.bytes, chip.rss)
    const refused = read
      ? steering.configure(bus.u8, bus.i32, chip.rss, shared.u8(Shared.rxQueues))
      : `${length} bytes at ${address}`
    if (refused === undefined) return
    counters.add(this.#rssRefused, 1)
    trace.event(name, `RSS configuration refused: ${refused}`)
  }

  /** Copies the table: the driver frees it after the command. What is not the guest's memory ends it. */
  #loadMulticast(): void {
    const { bus, chip, shared, filter } = this.#parts
    const count = Math.floor(shared.u16(Shared.multicastLength) / MAC_BYTES)
    const table = busAddress(shared.u32(Shared.multicastAddress), shared.u32(Shared.multicastAddress + 4))
    const list = new Float64Array(count)
    let n = 0
    while (n < count) {
      const piece = Math.min(TABLE_PIECE, count - n)
      if (table < 0 || !bus.read(table + n * MAC_BYTES, piece * MAC_BYTES, chip.page)) break
      for (let i = 0; i < piece; i++) list[n + i] = macNumber(bus.u8, chip.page + i * MAC_BYTES)
      n += piece
    }
    filter.setMulticast(list.slice(0, n))
  }

  #npa(command: number): number {
    const { npa, path, shared } = this.#parts
    if (npa === undefined) return 0
    if (command === Cmd.getDevExtraInfo) return npa.implementation()
    if (command === Cmd.activateVf) return npa.activateVf()
    if (command === Cmd.stopEmulation) {
      const result = npa.stopEmulation()
      if (result === 0) path.stop()
      return result
    }
    shared.refresh(Shared.pluginConf, 16)
    const { pluginConf } = Shared
    return npa.loadPlugin(shared.u32(pluginConf + 8), shared.u32(pluginConf + 12), shared.u32(pluginConf + 4))
  }

  #get(command: number): number {
    const { permanentMac: mac, link, counters } = this.#parts
    switch (command) {
      case Cmd.getLink:
        return link()
      case Cmd.getPermMacLo:
        return macLow(mac)
      case Cmd.getPermMacHi:
        return macHigh(mac)
      case Cmd.getDidLo:
        return VMXNET3_DEVICE
      case Cmd.getDidHi:
        return VMXNET3_REVISION
      // The driver chooses the interrupt type, and lets the device mask.
      case Cmd.getConfIntr:
        return 0
      case Cmd.getAdaptiveRingInfo:
        return 1
      default:
        counters.add(this.#unknown, 1)
        return 0
    }
  }
}

/** Bytes 0 to 3 of an address, as in MACL. */
export function macLow(mac: Uint8Array): number {
  return (mac[0] | (mac[1] << 8) | (mac[2] << 16) | (mac[3] << 24)) >>> 0
}

/** Bytes 4 and 5, as in MACH. */
export function macHigh(mac: Uint8Array): number {
  return mac[4] | (mac[5] << 8)
}
