import type { Clock, StateIo, Task, TaskSource } from '@npa/core'
import type { Arena, Dma } from '@npa/memory'
import { addressHigh, addressLow, isTagged, sourceHigh, sourceLow, vlanId } from '../engine/frame-header.js'
import type { Ledger, Loss } from '../engine/ledger.js'
import type { PoolSwitch } from '../engine/pool-switch.js'
import { WireSide } from '../engine/wire-side.js'
import type { WireUser } from '../engine/wire-side.js'
import type { ChipEvents } from './chip-events.js'
import type { PoolMap, TransmitStatistics } from './port-rules.js'
import type { Receive } from './receive.js'
import { TxEngine } from './tx-engine.js'
import type { TxLimits } from './tx-engine.js'
import type { TxHost } from './tx-host.js'

/** VLANA of a port VLAN: the chip inserts the tag. */
const INSERTED = 1 << 30
const TAG_BYTES = 4
const ETHERNET_BYTES = 14

/** What the transmit side of a chip is built on. */
export interface TransmitParts {
  /** Bytes of the packet buffer. */
  readonly packetBuffer: number
  readonly tx: TxLimits
  /** A full receive packet buffer holds transmission up; otherwise frames for neighbours are lost. */
  readonly loopbackWaits: boolean
  readonly switch: PoolSwitch
  readonly pools: PoolMap
  readonly ledger: Ledger
  readonly statistics: TransmitStatistics
  readonly receive: Receive
  readonly events: ChipEvents
}

/**
 * The transmit side of the 82576 and 82599 family: what its engine has read goes through the anti-spoof check and the switch, to other pools, to
 * the transmit packet buffer, or both.
 */
export class Transmit implements TxHost, WireUser {
  readonly engine: TxEngine
  readonly wire: WireSide
  readonly #arena: Arena
  readonly #parts: TransmitParts
  readonly #switch: PoolSwitch
  readonly #pools: PoolMap
  readonly #ledger: Ledger
  readonly #statistics: TransmitStatistics
  readonly #receive: Receive
  readonly #events: ChipEvents
  readonly #task: Task
  readonly #resume: () => void = () => this.engine.kick()
  /** The port is looped back on itself: what leaves it arrives there, and what the cable brings does not. */
  loopback = false
  /** The transmitter's enable bit. */
  on = false

  constructor(arena: Arena, scheduler: Clock & TaskSource, name: string, latencyNs: number, parts: TransmitParts) {
    this.#arena = arena
    this.#parts = parts
    this.#switch = parts.switch
    this.#pools = parts.pools
    this.#ledger = parts.ledger
    this.#statistics = parts.statistics
    this.#receive = parts.receive
    this.#events = parts.events
    this.wire = new WireSide(arena, parts.packetBuffer, this)
    this.#task = scheduler.task(`${name}.wire`, () => this.#drain())
    this.engine = new TxEngine(arena, scheduler, `${name}.tx`, parts.tx, latencyNs, this)
  }

  dma(queue: number): Dma | undefined {
    return this.#events.dma(queue)
  }

  mayFetch(queue: number): boolean {
    if (!this.on || this.#events.masterDisabled()) return false
    return !this.#pools.virtualised || this.#pools.mayTransmit(this.#pools.txPool(queue))
  }

  portVlan(queue: number): number {
    return this.#pools.virtualised ? this.#pools.portVlan(this.#pools.txPool(queue)) : 0
  }

  reserve(bytes: number): number {
    if (this.#parts.loopbackWaits && this.#loopbackFull(bytes)) {
      this.#receive.roomWanted = this.#resume
      return -1
    }
    return this.wire.fifo.reserve(bytes)
  }

  transmit(queue: number, at: number, bytes: number): void {
    const u8 = this.#arena.u8
    const pool = this.#pools.txPool(queue)
    this.#ledger.sent()
    this.#statistics.sent(queue, pool, bytes)
    const found = this.#switch
    if (!this.#pools.virtualised) {
      this.#toWire(at, bytes)
      return
    }
    const tagged = isTagged(u8, at, bytes)
    const vlan = tagged ? vlanId(u8, at) : -1
    if (this.#spoofed(queue, pool, at, bytes, vlan)) return
    const i32 = this.#arena.i32
    found.fromPool(pool, i32[at >> 2], i32[(at + 4) >> 2] & 0xffff, vlan)
    const local = (found.poolsLo | found.poolsHi | found.gated) !== 0
    if (local) {
      this.#statistics.lent(pool, bytes)
      this.#receive.accept(at, bytes, tagged, true)
    }
    if (found.toWire) this.#toWire(at, bytes)
    else if (!local) {
      this.#ledger.copies(1)
      this.#ledger.filtered()
    }
  }

  refused(queue: number): void {
    this.#ledger.event('refused.header')
    // X550 datasheet 7.8.4.3.2: such a message is counted as spoofed packets are.
    this.#statistics.spoofed(queue, this.#pools.txPool(queue))
  }

  completed(queue: number): void {
    this.#events.txDone(queue)
  }

  interruptDue(queue: number): number {
    return this.#events.interruptDue(queue, 1)
  }

  writeRefused(queue: number): void {
    this.engine.refusedLater(queue)
  }

  fault(queue: number, cause: number): void {
    this.#events.txFault(queue, cause)
  }

  arrived(at: number, bytes: number): void {
    if (this.loopback) {
      this.#ledger.wireIn()
      this.#lose('drop.linkDown')
      return
    }
    this.#receive.fromWire(at, bytes)
  }

  unfinished(): void {
    this.#ledger.wireIn()
    this.#lose('drop.wireUnfinished')
  }

  left(at: number, bytes: number): void {
    const u8 = this.#arena.u8
    this.#ledger.wireOut()
    this.#statistics.wireOut(bytes, addressLow(u8, at), addressHigh(u8, at))
  }

  writable(): void {
    this.#task.kick()
  }

  /** The packet buffer with its frames, the port's end of the cable, and the engine. */
  walkState(io: StateIo): void {
    this.on = io.boolean('on', this.on)
    this.loopback = io.boolean('loopback', this.loopback)
    const waits = io.boolean('waitsForRoom', this.#receive.roomWanted !== undefined)
    this.#receive.roomWanted = waits ? this.#resume : undefined
    io.part('wire', (wire) => this.wire.walkState(wire, ETHERNET_BYTES))
    io.part('engine', (engine) => this.engine.walkState(engine))
  }

  /** The transmit packet buffer is lost and all queues are off. */
  reset(): void {
    this.#ledger.lost('drop.reset', this.wire.fifo.count)
    this.wire.fifo.clear(this.#parts.packetBuffer)
    for (let q = 0; q < this.#parts.tx.queues; q++) this.engine.reset(q)
    this.engine.kick()
  }

  /** Whether a frame for a neighbour would find no room: then all transmission waits, as with flow control (82599, 7.10.3.7.1). */
  #loopbackFull(bytes: number): boolean {
    if (!this.#pools.virtualised || !this.#switch.loopback || !this.#receive.on) return false
    return this.#receive.fifo.reserve(bytes) < 0
  }

  /** The frame stands in the transmit packet buffer already: it is kept there, or not. */
  #toWire(at: number, bytes: number): void {
    if (this.loopback) {
      this.#ledger.copies(1)
      this.left(at, bytes)
      this.#receive.fromWire(at, bytes)
      return
    }
    if (!this.wire.linked || !this.wire.lit) {
      this.#lose('drop.linkDown')
      return
    }
    this.#ledger.copies(1)
    this.wire.fifo.commit(bytes)
    this.#task.kick()
  }

  #spoofed(queue: number, pool: number, at: number, bytes: number, vlan: number): boolean {
    const i32 = this.#arena.i32
    const mac = !this.#switch.mayUseAddress(pool, sourceLow(i32, at), sourceHigh(i32, at))
    if (!mac && this.#switch.mayUseVlan(pool, vlan) && !this.#doublyTagged(pool, at, bytes, vlan)) return false
    this.#statistics.spoofed(queue, pool)
    this.#lose(mac ? 'drop.macSpoof' : 'drop.vlanSpoof')
    return true
  }

  /** Whether the pool's function has put a tag into the frame's bytes though its tags are the port's (82599, 7.10.3.9.2). */
  #doublyTagged(pool: number, at: number, bytes: number, vlan: number): boolean {
    if (vlan < 0) return false
    const port = this.#pools.portVlan(pool)
    if (port >>> 30 === 0) return false
    return (port & INSERTED) === 0 || isTagged(this.#arena.u8, at + TAG_BYTES, bytes - TAG_BYTES)
  }

  #lose(why: Loss): void {
    this.#ledger.copies(1)
    this.#ledger.lost(why, 1)
  }

  #drain(): boolean {
    this.wire.drain()
    this.engine.kick()
    return false
  }
}
