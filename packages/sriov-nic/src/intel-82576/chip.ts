import { Counters, DeviceTime } from '@npa/core'
import type { Clock, Mmio, TaskSource } from '@npa/core'
import type { Arena, Dma } from '@npa/memory'
import type { EndpointFunction } from '@npa/pci'
import { Ledger } from '../engine/ledger.js'
import { PoolSwitch } from '../engine/pool-switch.js'
import { RegisterFile } from '../engine/register-file.js'
import type { RegisterSpec } from '../engine/register-file.js'
import type { CardLocks, PortPlace } from '../intel/card.js'
import type { ChipEvents } from '../intel/chip-events.js'
import { EtherTypes } from '../intel/ether-types.js'
import { physicalFunction, virtualFunction } from '../intel/functions.js'
import { Mailboxes } from '../intel/mailbox.js'
import { PortState } from '../intel/port-state.js'
import { QueueRegisters } from '../intel/queue-registers.js'
import { RateLimits } from '../intel/rate-limits.js'
import { Receive } from '../intel/receive.js'
import { Transmit } from '../intel/transmit.js'
import { Control } from './control.js'
import type { ControlUser } from './control.js'
import type { Eeprom } from './eeprom.js'
import { PoolFrameLimits } from './frame-limits.js'
import { IDENTITY } from './identity.js'
import { Cause, Interrupts } from './interrupts.js'
import { LIMITS } from './limits.js'
import { Phy } from './phy.js'
import { Pools } from './pools.js'
import { ReceiveSettings } from './receive-settings.js'
import { FILTERS } from './registers/filters.js'
import { GENERAL, INTERRUPT } from './registers/general.js'
import { QUEUES } from './registers/queues.js'
import { STATISTICS } from './registers/statistics.js'
import { HIDDEN, VIRTUAL } from './registers/virtual-function.js'
import { Statistics } from './statistics.js'
import type { StatisticsUser } from './statistics.js'
import { SwitchRegisters } from './switch-registers.js'
import { VfWindow } from './vf-window.js'

/** The whole register table of the 82576, by the manual's names. */
export const REGISTERS: readonly RegisterSpec[] = [
  ...GENERAL,
  ...INTERRUPT,
  ...QUEUES,
  ...FILTERS,
  ...VIRTUAL,
  ...STATISTICS,
]

/** Names of the mailboxes' registers. */
const MAILBOX = { vf: 'V2PMAILBOX', pf: 'P2VMAILBOX', causes: 'MBVFICR', mask: 'MBVFIMR', resets: ['VFLRE'] } as const

/** RCTL and TCTL. */
const RECEIVE = 1 << 1
const TRANSMIT = 1 << 1
const PAD = 1 << 3
/** RCTL.LBM: bit 6 for every kind of loopback. */
const MAC_LOOPBACK = 1 << 6
/** DTXCTL: what raises the cause of misbehaviour. */
const Dtxctl = { outOfSync: 1 << 4, maliciousDriver: 1 << 5, spoof: 1 << 6 } as const
/** RXPBS counts KiB. */
const KIB = 1024
const VF_RESET = 1 << 26

/** Time of a byte at 1 Gb/s. */
const LINE_NS_PER_BYTE = 8

/** Moves with every change of what `save` returns. */
const STATE_VERSION = 4

/** What a port of a chip is built from. */
export interface ChipParts {
  readonly arena: Arena
  readonly scheduler: Clock & TaskSource
  readonly name: string
  /** Address of port 0: the card's serial number is made of it. */
  readonly mac: Uint8Array
  readonly place: PortPlace
  /** Of the whole card. */
  readonly eeprom: Eeprom
  readonly locks: CardLocks
  readonly vfs: number
  /** Whether there is an embedded switch. */
  readonly embeddedSwitch: boolean
  readonly dmaLatencyNs: number
}

/** A port of an 82576 put together: registers, engines, switch, interrupts and PCI functions. */
export class Chip implements ChipEvents, ControlUser, StatisticsUser {
  readonly counters: Counters = new Counters()
  readonly file: RegisterFile
  readonly receive: Receive
  readonly transmit: Transmit
  readonly interrupts: Interrupts
  readonly pf: EndpointFunction
  readonly vfFunctions: readonly EndpointFunction[]
  readonly #parts: ChipParts
  readonly #state: PortState
  readonly #pools: Pools
  readonly #phy: Phy
  readonly #control: Control
  readonly #mailboxes: Mailboxes
  readonly #switch = new PoolSwitch(LIMITS.switch)
  readonly #switchRegisters: SwitchRegisters
  readonly #queueRegisters: QueueRegisters
  readonly #receiveSettings: ReceiveSettings
  readonly #rateLimits: RateLimits
  readonly #ledger: Ledger
  #cageOn = true
  #wasLinked = false

  constructor(parts: ChipParts) {
    const { arena, name, place, locks } = parts
    const scheduler = new DeviceTime(parts.scheduler, name)
    this.#parts = parts
    this.file = new RegisterFile(HIDDEN.end, REGISTERS, this.counters)
    this.#ledger = new Ledger(this.counters)
    this.#pools = new Pools(this.file)
    const etherTypes = new EtherTypes(LIMITS.etherTypes)
    this.#switchRegisters = new SwitchRegisters(this.file, this.#switch, etherTypes, this.#pools, parts.embeddedSwitch)
    this.interrupts = new Interrupts(
      scheduler,
      name,
      this.file,
      () => this.#pools.vfs,
      (fn, vector) => this.#raise(fn, vector),
    )
    const shared = {
      switch: this.#switch,
      pools: this.#pools,
      frameLimits: new PoolFrameLimits(this.file, this.#switch, this.#pools),
      etherTypes,
      ledger: this.#ledger,
      statistics: new Statistics(this.file, this),
      events: this,
    }
    this.receive = new Receive(arena, scheduler, name, parts.dmaLatencyNs, {
      ...shared,
      packetBuffer: LIMITS.rxPacketBuffer,
      rx: LIMITS.rx,
    })
    this.transmit = new Transmit(arena, scheduler, name, parts.dmaLatencyNs, {
      ...shared,
      packetBuffer: LIMITS.txPacketBuffer,
      tx: LIMITS.tx,
      loopbackWaits: false,
      receive: this.receive,
    })
    this.#rateLimits = new RateLimits(this.file, this.transmit.engine, LINE_NS_PER_BYTE)
    this.#receiveSettings = new ReceiveSettings(this.file, this.receive, this.#pools)
    this.#queueRegisters = new QueueRegisters(this.file, this.transmit.engine, this.receive.engine, (q) =>
      this.#receiveSettings.apply(q),
    )
    this.#phy = new Phy(
      () => this.transmit.wire.linked,
      () => this.#followLink(true),
    )
    this.#control = new Control(this.file, scheduler, parts.eeprom, locks, place, this.#phy, this)
    this.#mailboxes = new Mailboxes({
      file: this.file,
      vfs: LIMITS.vfs,
      registers: MAILBOX,
      perCause: LIMITS.vfs,
      ready: () => this.#control.ready,
      tellPf: () => this.interrupts.cause(Cause.mailbox),
      tellVf: (vf) => this.interrupts.vfMailbox(vf),
    })
    this.vfFunctions = Array.from({ length: parts.vfs }, (_, vf) => this.#virtual(vf))
    this.pf = physicalFunction(IDENTITY, this.#pfWindow(), this.vfFunctions, parts.mac, place, (kind) => {
      if (kind !== 'function') locks.clear()
      this.#reset(true)
    })
    this.#pools.functions = this.pf.sriov ?? this.#pools.functions
    this.#state = this.#portState(scheduler)
    this.#gates()
    this.#reset(true)
  }

  /** All that the chip remembers, as plain data; see `Intel82576.save`. */
  save(): unknown {
    return this.#state.save()
  }

  /** Takes a state over, or throws a `StateError` and is as before. */
  restore(untrusted: unknown): void {
    this.#state.restore(untrusted)
  }

  /** The port's own end of the cable: in its cage or not. */
  setCage(on: boolean): void {
    this.#cageOn = on
    this.linkChanged()
  }

  /** The cable was put in or taken out, or the far end changed. */
  linkChanged(): void {
    this.#followLink(false)
    this.interrupts.cause(Cause.linkChange)
    this.transmit.writable()
  }

  dma(queue: number): Dma | undefined {
    const vf = this.#pools.vfOf(queue)
    return vf < 0 ? this.pf.dma : this.vfFunctions[vf].dma
  }

  masterDisabled(): boolean {
    return this.#control.masterDisabled
  }

  rxDone(queue: number): void {
    this.#done(queue, 0)
  }

  txDone(queue: number): void {
    this.#done(queue, 1)
  }

  interruptDue(queue: number, tx: number): number {
    const vf = this.#pools.vfOf(queue)
    return vf < 0 ? this.interrupts.pfQueueDue(queue, tx) : this.interrupts.vfQueueDue(vf, queue >> 3, tx)
  }

  rxFault(queue: number, cause: number): void {
    this.#fault('rx', queue, cause)
  }

  txFault(queue: number, cause: number): void {
    this.#fault('tx', queue, cause)
  }

  overrun(): void {
    this.interrupts.cause(Cause.overrun)
  }

  spoofed(queue: number): void {
    this.file.set('WVBR', 0, this.file.get('WVBR') | (1 << queue))
    this.#misbehaved(Dtxctl.spoof)
  }

  softwareReset(): void {
    this.#reset(false)
  }

  portReady(): void {
    this.#mailboxes.portReady()
  }

  controlWritten(): void {
    this.#receiveSettings.applyAll()
    this.#followLink(true)
  }

  linked(): boolean {
    return this.transmit.wire.linked || (this.transmit.loopback && this.#control.linkAllowed)
  }

  vfs(): number {
    return this.#pools.vfs
  }

  accessDone(): void {
    this.interrupts.cause(Cause.accessDone)
  }

  #done(queue: number, tx: number): void {
    const vf = this.#pools.vfOf(queue)
    if (vf < 0) this.interrupts.pfQueue(queue, tx)
    else this.interrupts.vfQueue(vf, queue >> 3, tx)
  }

  #fault(side: string, queue: number, cause: number): void {
    this.file.set('LVMMC', 0, cause)
    this.#ledger.event(`fault.${side}.0x${cause.toString(16)}.queue${queue}`)
    this.#misbehaved(Dtxctl.outOfSync | Dtxctl.maliciousDriver)
  }

  #misbehaved(enabledBy: number): void {
    if ((this.file.get('DTXCTL') & enabledBy) !== 0) this.interrupts.cause(Cause.misbehaviour)
  }

  #raise(fn: number, vector: number): void {
    if (fn < 0) this.pf.raise(vector)
    else this.vfFunctions[fn].raise(vector)
  }

  /** Whether there is a link follows CTRL, the PHY and the cable. `telling` raises the cause when that changed. */
  #followLink(telling: boolean): void {
    const { wire } = this.transmit
    wire.enabled = this.#cageOn && this.#phy.powered && this.#control.linkAllowed
    this.transmit.loopback = this.#phy.loopback || (this.file.get('RCTL') & MAC_LOOPBACK) !== 0
    const linked = wire.linked
    if (linked === this.#wasLinked) return
    this.#wasLinked = linked
    if (!telling) return
    this.interrupts.cause(Cause.linkChange)
    this.transmit.writable()
  }

  #pfWindow(): Mmio {
    const file = this.file
    return {
      read32: (offset) => file.read32(offset),
      write32: (offset, value) => file.write32(offset, value),
    }
  }

  #virtual(vf: number): EndpointFunction {
    const window = new VfWindow(this.file, this.#pools, vf, this.counters, () => this.#resetVf(vf))
    return virtualFunction(IDENTITY, window, () => this.#resetVf(vf))
  }

  /** Registers that open and close whole parts of the data path, or that several parts follow. */
  #gates(): void {
    const file = this.file
    file.onWrite('RCTL', (_n, value) => {
      this.receive.on = (file.store('RCTL', 0, value) & RECEIVE) !== 0
      this.#switchRegisters.receiveControl()
      this.#receiveSettings.applyAll()
      this.#followLink(true)
    })
    file.onWrite('TCTL', (_n, value) => {
      file.store('TCTL', 0, value)
      this.#transmitControl()
    })
    file.onWrite('VFTE', (_n, value) => {
      file.store('VFTE', 0, value)
      this.#ringAll()
    })
    file.onWrite('MRQC', (_n, value) => {
      file.store('MRQC', 0, value)
      this.#poolMode()
      this.#receiveSettings.applyAll()
      this.#ringAll()
    })
    file.onWrite('VMOLR', (pool, value) => {
      file.store('VMOLR', pool, value)
      this.#switchRegisters.pool(pool)
      for (let q = pool; q < LIMITS.rx.queues; q += LIMITS.vfs) this.#receiveSettings.apply(q)
    })
    for (const name of ['RPLOLR', 'QDE']) {
      file.onWrite(name, (_n, value) => {
        file.store(name, 0, value)
        this.#receiveSettings.applyAll()
      })
    }
    file.onWrite('RXCSUM', (_n, value) => this.receive.report(file.store('RXCSUM', 0, value)))
    file.onWrite('PVTCTRL', (vf, value) => {
      if ((value & VF_RESET) !== 0) this.#resetVf(vf)
    })
    file.onWrite('PBACL', (_n, value) => {
      for (let vector = 0; vector < LIMITS.pfVectors; vector++) {
        if (((value >>> vector) & 1) !== 0) this.pf.msix?.withdraw(vector)
      }
    })
    file.onRead('PBRWAC', () => wrapCount(this.receive.fifo))
    file.onRead('PBTWAC', () => wrapCount(this.transmit.wire.fifo))
  }

  /** Queues that change hands between the PF and a virtual function stop. */
  #poolMode(): void {
    const before = this.#pools.virtualised
    this.#pools.refresh()
    if (this.#pools.virtualised === before) return
    this.#switchRegisters.poolMode()
    for (let vf = 0; vf < this.#pools.vfs; vf++) this.#stopPool(vf)
  }

  /** Nothing of a pool's queues is left to write to memory, their heads among it: the next owner's memory is another. */
  #stopPool(pool: number): void {
    for (let q = pool; q < LIMITS.tx.queues; q += LIMITS.vfs) {
      for (const name of ['TDWBAL', 'TDWBAH']) this.file.write32(this.file.word(name, q) * 4, 0)
      this.transmit.engine.reset(q)
      this.receive.engine.reset(q)
    }
  }

  #transmitControl(): void {
    const value = this.file.get('TCTL')
    this.transmit.on = (value & TRANSMIT) !== 0
    this.transmit.engine.padding = (value & PAD) !== 0
    this.#ringAll()
  }

  #portState(time: DeviceTime): PortState {
    const { place, vfs, mac, embeddedSwitch, dmaLatencyNs, locks } = this.#parts
    const identity = {
      device: 'intel-82576',
      version: STATE_VERSION,
      port: place.port,
      ports: place.ports,
      vfs,
      mac: mac.join('.'),
      embeddedSwitch,
      dmaLatencyNs,
    }
    const { pf, file, interrupts, receive, transmit, counters } = this
    return new PortState({
      identity,
      time,
      locks,
      pf,
      file,
      control: this.#control,
      rates: this.#rateLimits,
      interrupts,
      receive,
      transmit,
      counters,
      ledger: this.#ledger,
      own: (io) => {
        this.#cageOn = io.boolean('cageOn', this.#cageOn)
        this.#wasLinked = io.boolean('wasLinked', this.#wasLinked)
        io.part('phy', (phy) => this.#phy.walkState(phy))
      },
      follow: () => this.#follow(),
    })
  }

  /** Takes from the registers what parts keep of them in a form of their own. */
  #follow(): void {
    this.#pools.refresh()
    this.#pools.refreshKey()
    this.#switchRegisters.refresh()
    this.#receiveSettings.applyAll()
    this.receive.report(this.file.get('RXCSUM'))
    this.#queueRegisters.follow()
  }

  #ringAll(): void {
    for (let q = 0; q < LIMITS.tx.queues; q++) this.transmit.engine.doorbell(q)
  }

  /** A software reset leaves the PHY alone. */
  #reset(power: boolean): void {
    this.file.reset(power)
    this.#control.load()
    this.receive.on = false
    this.receive.reset(this.file.get('RXPBS') * KIB)
    this.receive.report(this.file.get('RXCSUM'))
    this.transmit.reset()
    this.interrupts.reset()
    this.#pools.refresh()
    this.#pools.refreshKey()
    this.#switchRegisters.refresh()
    this.#receiveSettings.applyAll()
    this.#queueRegisters.refresh()
    this.#rateLimits.reset()
    this.#transmitControl()
    this.#mailboxes.portReset()
    if (power) this.#phy.reset()
    this.#followLink(false)
  }

  /** VTCTRL.RST or a function-level reset: the function's queues stop at once, its interrupts and pool are off. */
  #resetVf(vf: number): void {
    if (this.#pools.virtualised) this.#stopPool(vf)
    this.interrupts.resetVf(vf)
    for (const name of ['VFRE', 'VFTE']) {
      this.file.write32(this.file.word(name) * 4, this.file.get(name) & ~(1 << vf))
    }
    this.receive.wake()
    if (vf < this.#pools.vfs) this.#mailboxes.vfReset(vf)
  }
}

/** PBRWAC and PBTWAC: runs through a packet buffer in 2:0, empty in bit 3. */
function wrapCount(fifo: { readonly wraps: number; readonly count: number }): number {
  return (fifo.wraps & 7) | (fifo.count === 0 ? 8 : 0)
}
