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
import { physicalFunction, virtualFunction } from '../intel/functions.js'
import { EtherTypes } from '../intel/ether-types.js'
import { Mailboxes } from '../intel/mailbox.js'
import { PortState } from '../intel/port-state.js'
import { QueueRegisters } from '../intel/queue-registers.js'
import { RateLimits } from '../intel/rate-limits.js'
import { Receive } from '../intel/receive.js'
import { Transmit } from '../intel/transmit.js'
import { Control } from './control.js'
import type { ControlUser } from './control.js'
import type { FunctionIdentity } from '../intel/functions.js'
import type { Eeprom } from './eeprom.js'
import { Fcoe } from './fcoe.js'
import { PortFrameLimits } from './frame-limits.js'
import { Cage } from './cage.js'
import { identity } from './identity.js'
import { MEDIA } from './media.js'
import type { Media } from './media.js'
import { sfpModule } from './sfp-module.js'
import { Cause, Interrupts } from './interrupts.js'
import { LIMITS } from './limits.js'
import { Pools } from './pools.js'
import { ReceiveSettings } from './receive-settings.js'
import { GENERAL, INTERRUPT } from './registers/general.js'
import { FILTERS, HIDDEN, QUEUES, VIRTUAL } from './registers/queues.js'
import { STATISTICS } from './registers/statistics.js'
import { Statistics } from './statistics.js'
import { SwitchRegisters } from './switch-registers.js'
import { selectedCredits } from './traffic-classes.js'
import { VfWindow } from './vf-window.js'

/** The whole register table of the 82599, by the manual's names. */
export const REGISTERS: readonly RegisterSpec[] = [
  ...GENERAL,
  ...INTERRUPT,
  ...QUEUES,
  ...FILTERS,
  ...VIRTUAL,
  ...STATISTICS,
]

/** LMVM: the queue was the PF's. */
const MALICIOUS_PF = 1 << 17

/** HLREG0. */
const Hlreg0 = { pad: 1 << 10, loopback: 1 << 15 } as const

/** Names of the mailboxes' registers. */
const MAILBOX = {
  vf: 'VFMAILBOX',
  pf: 'PFMAILBOX',
  causes: 'PFMBICR',
  mask: 'PFMBIMR',
  resets: ['PFVFLRE', 'PFVFLRE_HIGH'],
} as const

/** Time of a byte at 10 Gb/s. */
const LINE_NS_PER_BYTE = 0.8

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
  readonly media: Media
  readonly dmaLatencyNs: number
}

/** A port of an 82599 put together: registers, engines, switch, interrupts and PCI functions. */
export class Chip implements ChipEvents, ControlUser {
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
  readonly #control: Control
  readonly #media: Media
  readonly #identity: FunctionIdentity
  readonly #cage: Cage
  readonly #mailboxes: Mailboxes
  readonly #switch = new PoolSwitch(LIMITS.switch)
  readonly #switchRegisters: SwitchRegisters
  readonly #queueRegisters: QueueRegisters
  readonly #receiveSettings: ReceiveSettings
  readonly #rateLimits: RateLimits
  readonly #ledger: Ledger

  constructor(parts: ChipParts) {
    const { arena, name, place, locks } = parts
    const scheduler = new DeviceTime(parts.scheduler, name)
    this.#parts = parts
    this.#media = parts.media
    this.#identity = identity(MEDIA[parts.media].device)
    this.file = new RegisterFile(HIDDEN.end, REGISTERS, this.counters)
    this.#ledger = new Ledger(this.counters)
    this.#pools = new Pools(this.file)
    const etherTypes = new EtherTypes(LIMITS.etherTypes)
    this.#switchRegisters = new SwitchRegisters(this.file, this.#switch, etherTypes, parts.embeddedSwitch, () =>
      this.transmit.engine.kick(),
    )
    this.interrupts = new Interrupts(scheduler, name, this.file, (fn, vector) => this.#raise(fn, vector))
    const shared = {
      switch: this.#switch,
      pools: this.#pools,
      frameLimits: new PortFrameLimits(this.file),
      etherTypes,
      ledger: this.#ledger,
      statistics: new Statistics(this.file),
      events: this,
    }
    this.receive = new Receive(arena, scheduler, name, parts.dmaLatencyNs, {
      ...shared,
      packetBuffer: LIMITS.rxPacketBuffer,
      fcoe: new Fcoe(this.file, arena.u8),
      rx: LIMITS.rx,
    })
    this.transmit = new Transmit(arena, scheduler, name, parts.dmaLatencyNs, {
      ...shared,
      packetBuffer: LIMITS.txPacketBuffer,
      tx: LIMITS.tx,
      loopbackWaits: true,
      receive: this.receive,
    })
    this.#rateLimits = new RateLimits(this.file, this.transmit.engine, LINE_NS_PER_BYTE)
    this.#receiveSettings = new ReceiveSettings(this.file, this.receive)
    this.#queueRegisters = new QueueRegisters(this.file, this.transmit.engine, this.receive.engine, (q) =>
      this.#receiveSettings.apply(q),
    )
    this.#control = new Control(this.file, scheduler, parts.eeprom, locks, place, parts.media, this)
    this.#cage = new Cage(this.file, parts.media === 'sfp' ? sfpModule() : undefined, (on) => {
      this.transmit.wire.lit = on
    })
    selectedCredits(this.file)
    this.#mailboxes = new Mailboxes({
      file: this.file,
      vfs: LIMITS.vfs,
      registers: MAILBOX,
      perCause: 16,
      ready: () => this.#control.ready,
      tellPf: () => this.interrupts.other(Cause.mailbox),
      tellVf: (vf) => this.interrupts.vfMailbox(vf),
    })
    this.vfFunctions = Array.from({ length: parts.vfs }, (_, vf) => this.#virtual(vf))
    this.pf = physicalFunction(this.#identity, this.#pfWindow(), this.vfFunctions, parts.mac, place, (kind) => {
      if (kind !== 'function') locks.clear()
      this.#reset(true)
    })
    this.#pools.functions = this.pf.sriov ?? this.#pools.functions
    this.#state = this.#portState(scheduler)
    this.#gates()
    this.#reset(true)
  }

  /** All that the chip remembers, as plain data; see `Intel82599.save`. */
  save(): unknown {
    return this.#state.save()
  }

  /** Takes a state over, or throws a `StateError` and is as before. */
  restore(untrusted: unknown): void {
    this.#state.restore(untrusted)
  }

  /** The cable was put in or taken out, or the far end changed. */
  linkChanged(): void {
    this.#control.linkChanged()
    this.interrupts.other(Cause.linkChange)
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
    if (vf < 0) return this.interrupts.pfQueueDue(queue, tx)
    return this.interrupts.vfQueueDue(vf, queue - vf * this.#pools.perVf, tx)
  }

  rxFault(queue: number, cause: number): void {
    this.#fault('rx', 'RX', queue, cause)
  }

  txFault(queue: number, cause: number): void {
    this.#fault('tx', 'TX', queue, cause)
  }

  softwareReset(): void {
    this.#reset(false)
  }

  portReady(): void {
    this.#mailboxes.portReady()
  }

  linked(): boolean {
    return this.transmit.wire.linked
  }

  vfs(): number {
    return this.#pools.vfs
  }

  #done(queue: number, tx: number): void {
    const vf = this.#pools.vfOf(queue)
    if (vf < 0) this.interrupts.pfQueue(queue, tx)
    else this.interrupts.vfQueue(vf, queue - vf * this.#pools.perVf, tx)
  }

  /** A queue was stopped (7.10.4.3; X550 datasheet 7.8.4.3): the last cause and queue, a bit for every queue, and an interrupt. */
  #fault(side: string, suffix: 'RX' | 'TX', queue: number, cause: number): void {
    const file = this.file
    file.set(`LVMMC_${suffix}`, 0, file.get(`LVMMC_${suffix}`) | cause)
    file.set(`LMVM_${suffix}`, 0, queue | (this.#pools.vfOf(queue) < 0 ? MALICIOUS_PF : 0))
    const word = file.word(`WQBR_${suffix}`, queue >> 5)
    file.values[word] |= 1 << (queue & 31)
    this.#ledger.event(`fault.${side}.0x${cause.toString(16)}`)
    const telling = suffix === 'RX' ? file.get('RDRXCTL') & (1 << 28) : file.get('DMATXCTL') & (1 << 6)
    this.interrupts.other(telling === 0 ? Cause.pciException : Cause.pciException | Cause.mailbox)
  }

  #raise(fn: number, vector: number): void {
    if (fn < 0) this.pf.raise(vector)
    else if (fn < this.#pools.vfs) this.vfFunctions[fn].raise(vector)
  }

  #pfWindow(): Mmio {
    const file = this.file
    return {
      read32: (offset) => (offset < LIMITS.registerSpace ? file.read32(offset) : 0),
      write32: (offset, value) => {
        if (offset < LIMITS.registerSpace) file.write32(offset, value)
      },
    }
  }

  #virtual(vf: number): EndpointFunction {
    const window = new VfWindow(this.file, this.#pools, vf, this.counters, () => this.#resetVf(vf))
    return virtualFunction(this.#identity, window, () => this.#resetVf(vf))
  }

  /** Registers that open and close whole parts of the data path. */
  #gates(): void {
    const file = this.file
    file.onWrite('RXCTRL', (_n, value) => {
      this.receive.on = (file.store('RXCTRL', 0, value) & 1) !== 0
      if (this.receive.on) for (let q = 0; q < LIMITS.rx.queues; q++) this.receive.engine.doorbell(q)
      else this.transmit.engine.kick()
    })
    file.onWrite('DMATXCTL', (_n, value) => {
      this.transmit.on = (file.store('DMATXCTL', 0, value) & 1) !== 0
      this.#ringAll()
    })
    file.onWrite('PFVFTE', (n, value) => {
      file.store('PFVFTE', n, value)
      this.#ringAll()
    })
    file.onWrite('HLREG0', (_n, value) => {
      const stored = file.store('HLREG0', 0, value)
      this.transmit.engine.padding = (stored & Hlreg0.pad) !== 0
      this.transmit.loopback = (stored & Hlreg0.loopback) !== 0
    })
    file.onWrite('PFVTCTL', (_n, value) => {
      file.store('PFVTCTL', 0, value)
      this.#pools.refresh()
      this.#switchRegisters.defaultPool()
    })
    file.onWrite('GCR_EXT', (_n, value) => {
      file.store('GCR_EXT', 0, value)
      this.#poolMode()
    })
    file.onWrite('PVFCTRL', (vf, value) => {
      if ((value & (1 << 26)) !== 0) this.#resetVf(vf)
    })
    file.onRead('PFVFLREC', (half) => file.get(MAILBOX.resets[half]))
    file.onWrite('PFVFLREC', (half, value) => {
      const name = MAILBOX.resets[half]
      file.set(name, 0, file.get(name) & ~value)
    })
    file.onRead('RXMEMWRAP', () => this.receive.memWrap())
    file.onWrite('PBACL', (n, value) => {
      for (let bit = 0; bit < 32; bit++) if (((value >>> bit) & 1) !== 0) this.pf.msix?.withdraw(n * 32 + bit)
    })
  }

  #portState(time: DeviceTime): PortState {
    const { place, vfs, mac, media, embeddedSwitch, dmaLatencyNs, locks } = this.#parts
    const identity = {
      device: 'intel-82599',
      version: STATE_VERSION,
      port: place.port,
      ports: place.ports,
      vfs,
      mac: mac.join('.'),
      media,
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
        io.part('cage', (cage) => this.#cage.walkState(cage))
        io.part('receiveSettings', (settings) => this.#receiveSettings.walkState(settings))
      },
      follow: () => this.#follow(),
    })
  }

  /** Takes from the registers what parts keep of them in a form of their own. */
  #follow(): void {
    this.#pools.refresh()
    this.#pools.refreshKey()
    this.#switchRegisters.refresh()
    this.#queueRegisters.follow()
  }

  /** Queues that change hands between functions stop. */
  #poolMode(): void {
    const queues = Array.from({ length: LIMITS.tx.queues }, (_, q) => q)
    const before = queues.map((q) => this.#pools.vfOf(q))
    this.#pools.refresh()
    for (const q of queues) if (this.#pools.vfOf(q) !== before[q]) this.#stopQueue(q)
    this.receive.wake()
  }

  /** Nothing of a queue is left to write to memory, its head among it: the next owner's memory is another. */
  #stopQueue(q: number): void {
    for (const name of ['TDWBAL', 'TDWBAH']) this.file.write32(this.file.word(name, q) * 4, 0)
    this.transmit.engine.reset(q)
    this.receive.engine.reset(q)
  }

  #ringAll(): void {
    for (let q = 0; q < LIMITS.tx.queues; q++) this.transmit.engine.doorbell(q)
  }

  #reset(power: boolean): void {
    const file = this.file
    file.reset(power)
    this.#control.load(LIMITS.rxPacketBuffer, LIMITS.txPacketBuffer)
    const media = MEDIA[this.#media]
    file.set('AUTOC', 0, media.autoc)
    file.set('AUTOC2', 0, media.autoc2)
    this.#cage.load(media.esdp)
    this.receive.on = false
    this.transmit.on = false
    this.transmit.engine.padding = true
    this.transmit.loopback = false
    this.receive.reset(LIMITS.rxPacketBuffer)
    this.transmit.reset()
    this.interrupts.reset()
    this.#pools.refresh()
    this.#pools.refreshKey()
    this.#switchRegisters.refresh()
    this.#receiveSettings.reset()
    this.#rateLimits.reset()
    this.#queueRegisters.refresh()
    this.#mailboxes.portReset()
  }

  /** VFCTRL.RST or a function-level reset: the function's queues stop at once, its interrupts and pool are off (7.10.2.9). */
  #resetVf(vf: number): void {
    const { perVf } = this.#pools
    for (let q = vf * perVf; q < Math.min((vf + 1) * perVf, LIMITS.tx.queues); q++) this.#stopQueue(q)
    this.interrupts.resetVf(vf)
    for (const name of ['PFVFRE', 'PFVFTE']) {
      this.file.write32(this.file.word(name, vf >> 5) * 4, this.file.get(name, vf >> 5) & ~(1 << (vf & 31)))
    }
    this.receive.wake()
    if (vf < this.#pools.vfs) this.#mailboxes.vfReset(vf)
  }
}
