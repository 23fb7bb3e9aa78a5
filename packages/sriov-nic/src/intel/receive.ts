import type { Clock, StateIo, Task, TaskSource } from '@npa/core'
import type { Arena, Dma } from '@npa/memory'
import { addressHigh, addressLow, isTagged, vlanId } from '../engine/frame-header.js'
import type { Ledger, Loss } from '../engine/ledger.js'
import { PacketFifo, TAG_WORDS } from '../engine/packet-fifo.js'
import { bitCount } from '../engine/pool-set.js'
import type { PoolSwitch } from '../engine/pool-switch.js'
import type { ChipEvents } from './chip-events.js'
import { RxPacketType, RxStatus } from './descriptors.js'
import type { EtherTypes } from './ether-types.js'
import type { FcoeRules } from './fcoe.js'
import type { FrameLimits, PoolMap, ReceiveStatistics } from './port-rules.js'
import { classify } from './rx-classify.js'
import type { RxLayers } from './rx-classify.js'
import { RxEngine } from './rx-engine.js'
import type { RxLimits } from './rx-engine.js'
import { Delivery } from './rx-host.js'
import type { RxFrame, RxHost } from './rx-host.js'

/**
 * Words that go with a frame in the packet buffer. Of the headers, the low half says where IP ends and the high half where TCP or UDP
 * does; the hash finds the queue, what is reported is in a word of its own.
 */
const Tag = {
  poolsLo: 0,
  poolsHi: 1,
  packetInfo: 2,
  rssHash: 3,
  status: 4,
  flags: 5,
  headers: 6,
  reported: 7,
} as const

/** Flags of a buffered frame, `posted` once a queue has a copy; and the queue that an EtherType filter gives it to, plus one. */
const Flag = { tagged: 1, multicast: 2, looped: 4, single: 8, posted: 16, queueShift: 8 } as const

const ETHERNET_BYTES = 14

/** The low bits of a packet's type. */
const RSS_TYPE = 0xf

/** EtherType filters of a chip, at most, and the most queues that one can name, plus one. */
const FILTERS = 8
const MAX_STEERED = 128

/** RXCSUM: PCSD and IPPCSE. */
const HASH_REPORTED = 1 << 13
const FRAGMENTS_REPORTED = 1 << 12

/** What the receive side of a chip is built on. */
export interface ReceiveParts {
  /** Bytes of the packet buffer. */
  readonly packetBuffer: number
  readonly rx: RxLimits
  readonly switch: PoolSwitch
  readonly pools: PoolMap
  readonly frameLimits: FrameLimits
  readonly etherTypes: EtherTypes
  /** Unless the chip knows nothing of it. */
  readonly fcoe?: FcoeRules
  readonly ledger: Ledger
  readonly statistics: ReceiveStatistics
  readonly events: ChipEvents
}

/**
 * The receive side of the 82576 and 82599 family: filters, packet buffer, and delivery to queues. A frame is stored once; its copies are made on
 * the way out, in pool order, and a queue that may not drop holds up what stands behind it.
 */
export class Receive implements RxHost {
  readonly engine: RxEngine
  readonly fifo: PacketFifo
  readonly #arena: Arena
  readonly #queues: number
  readonly #switch: PoolSwitch
  readonly #pools: PoolMap
  readonly #frameLimits: FrameLimits
  readonly #etherTypes: EtherTypes
  readonly #fcoe: FcoeRules | undefined
  readonly #ledger: Ledger
  readonly #statistics: ReceiveStatistics
  readonly #events: ChipEvents
  readonly #task: Task
  readonly #frame: RxFrame = {
    at: 0,
    bytes: 0,
    packetInfo: 0,
    rssHash: 0,
    status: 0,
    l3End: 0,
    l4End: 0,
    single: false,
    tagged: false,
    tagMode: -1,
  }
  readonly #layers: RxLayers = {
    addresses: -1,
    addressBytes: 0,
    ports: -1,
    protocol: 0,
    fragmentId: -1,
    fragmentSum: 0,
  }
  #reportHash = false
  #reportFragments = false
  /** What is done with the tags of broadcasts and multicasts, a `TagMode`; -1 for what the queue says. */
  replicatedTagMode = -1
  /** Copies in the packet buffer. */
  #buffered = 0
  /** Called once, when the packet buffer has more room than now. */
  roomWanted: (() => void) | undefined
  /** The receiver's enable bit. */
  on = false

  constructor(arena: Arena, scheduler: Clock & TaskSource, name: string, latencyNs: number, parts: ReceiveParts) {
    this.#arena = arena
    this.#queues = parts.rx.queues
    this.#frameLimits = parts.frameLimits
    this.#etherTypes = parts.etherTypes
    this.#fcoe = parts.fcoe
    this.#switch = parts.switch
    this.#pools = parts.pools
    this.#ledger = parts.ledger
    this.#statistics = parts.statistics
    this.#events = parts.events
    this.fifo = new PacketFifo(arena, parts.packetBuffer)
    this.#task = scheduler.task(`${name}.rx`, (budget) => this.#run(budget))
    this.engine = new RxEngine(arena, scheduler, `${name}.rxDma`, parts.rx, latencyNs, this)
  }

  /** A frame from the wire. */
  fromWire(at: number, bytes: number): void {
    this.#ledger.wireIn()
    if (!this.on) {
      this.#lose('drop.receiveOff', 1)
      return
    }
    const u8 = this.#arena.u8
    if (bytes < ETHERNET_BYTES) {
      this.#statistics.undersize()
      this.#lose('drop.undersize', 1)
      return
    }
    const tagged = isTagged(u8, at, bytes)
    if (this.#frameLimits.tooLong(bytes, tagged)) {
      this.#statistics.oversize()
      this.#lose('drop.oversize', 1)
      return
    }
    this.#statistics.wireIn(bytes)
    const macLo = addressLow(u8, at)
    const macHi = addressHigh(u8, at)
    const filter = this.#filter(at, tagged)
    const steered = filter < 0 ? -1 : this.#etherTypes.pool[filter]
    if (!this.#lookUp(macLo, macHi, tagged ? vlanId(u8, at) : -1, steered)) {
      this.#ledger.copies(1)
      this.#ledger.filtered()
      return
    }
    this.#statistics.accepted(bytes, macLo, macHi)
    this.accept(at, bytes, tagged, false)
  }

  /** A frame for the pools that the switch has just found: from the wire, or `looped` back from the transmit side. */
  accept(at: number, bytes: number, tagged: boolean, looped: boolean): void {
    if (this.#switch.gated > 0) this.#lose('drop.poolDisabled', this.#switch.gated)
    const narrow = this.#frameLimits.narrow(bytes, tagged)
    if (narrow > 0) this.#lose('drop.oversize', narrow)
    const copies = bitCount(this.#switch.poolsLo) + bitCount(this.#switch.poolsHi)
    if (copies === 0) return
    if (looped && !this.on) {
      this.#lose('drop.receiveOff', copies)
      return
    }
    if (looped && this.#frameLimits.tooLong(bytes, tagged)) {
      this.#lose('drop.oversize', copies)
      return
    }
    const to = this.fifo.reserve(bytes)
    if (to < 0) {
      this.#statistics.missed()
      this.#lose('drop.bufferFull', copies)
      return
    }
    this.#arena.copy(to, at, bytes)
    this.#ledger.copies(copies)
    this.#buffered += copies
    const flags = (tagged ? Flag.tagged : 0) | (looped ? Flag.looped : copies === 1 ? Flag.single : 0)
    this.#tag(this.fifo.commit(bytes), to, bytes, flags)
    this.#task.kick()
  }

  /** Copies in the chip: in the packet buffer, and those that a queue has taken and not written back. */
  get pending(): number {
    return this.#buffered + this.engine.pending
  }

  dma(queue: number): Dma | undefined {
    return this.#events.dma(queue)
  }

  receiving(): boolean {
    return this.on && !this.#events.masterDisabled()
  }

  completed(queue: number): void {
    this.#events.rxDone(queue)
  }

  delivered(frames: number): void {
    this.#ledger.delivered(frames)
  }

  cutOff(frames: number, stopped: boolean): void {
    this.#ledger.lost(stopped ? 'drop.queueStopped' : 'drop.reset', frames)
  }

  fault(queue: number, cause: number): void {
    this.#events.rxFault(queue, cause)
  }

  interruptDue(queue: number): number {
    return this.#events.interruptDue(queue, 0)
  }

  splitTypes(queue: number): number {
    return this.#pools.splitTypes(queue)
  }

  wake(): void {
    this.#task.kick()
  }

  /** RXCSUM: the hash is reported, or what is known of fragments, if anything. */
  report(value: number): void {
    this.#reportHash = (value & HASH_REPORTED) !== 0
    this.#reportFragments = (value & FRAGMENTS_REPORTED) !== 0
  }

  /** What RXMEMWRAP shows of traffic class 0: wraps in 2:0, empty in bit 3. The other classes have no buffer. */
  memWrap(): number {
    return 0x88888880 | (this.fifo.wraps & 7) | (this.fifo.count === 0 ? 8 : 0)
  }

  /** The packet buffer with its frames, and the engine; settings are in registers. */
  walkState(io: StateIo): void {
    this.on = io.boolean('on', this.on)
    io.part('buffer', (buffer) => {
      if (buffer.restoring) this.#buffered = 0
      this.fifo.walkState(buffer, ETHERNET_BYTES, (frame, slot) => this.#walkTags(frame, slot))
    })
    io.part('engine', (engine) => this.engine.walkState(engine))
  }

  /** What is known of a frame; a state that says of its bytes what is not so is refused. */
  #walkTags(io: StateIo, slot: number): void {
    const tags = this.fifo.tags
    const word = slot * TAG_WORDS
    for (const [name, at] of Object.entries(Tag))
      tags[word + at] = io.integer(name, tags[word + at], -0x80000000, 0x7fffffff)
    if (!io.restoring) return
    const copies = bitCount(tags[word + Tag.poolsLo]) + bitCount(tags[word + Tag.poolsHi])
    const flags = tags[word + Tag.flags]
    const single = (flags & Flag.single) !== 0
    io.consistent('poolsLo', single ? copies === 1 : copies > 0)
    const known = Flag.tagged | Flag.multicast | Flag.looped | Flag.single | Flag.posted | (0xff << Flag.queueShift)
    io.consistent('flags', (flags & ~known) === 0 && flags >>> Flag.queueShift <= MAX_STEERED)
    io.consistent('flags', this.#isJudged(slot, word))
    this.#buffered += copies
  }

  /** Whether what is kept of a frame is what `classify` finds in it; filters and settings may have changed since. */
  #isJudged(slot: number, word: number): boolean {
    const frame = this.#frame
    const tags = this.fifo.tags
    const flags = tags[word + Tag.flags]
    frame.at = this.fifo.start(slot)
    frame.bytes = this.fifo.length(slot)
    frame.tagged = isTagged(this.#arena.u8, frame.at, frame.bytes)
    frame.status = 0
    classify(this.#arena, frame, this.#layers)
    const looped = (flags & Flag.looped) !== 0
    const multicast = (this.#arena.u8[frame.at] & 1) !== 0
    if (frame.tagged !== ((flags & Flag.tagged) !== 0) || multicast !== ((flags & Flag.multicast) !== 0)) return false
    // What one pool only gets is gone when it has it, and of what came back that is not asked.
    if ((flags & Flag.single) !== 0 && (flags & (Flag.looped | Flag.posted)) !== 0) return false
    const status = tags[word + Tag.status]
    const info = tags[word + Tag.packetInfo] & ~RSS_TYPE
    const filtered = (info ^ RxPacketType.etherType) >>> RxPacketType.filterShift < FILTERS
    const perhaps = frame.status & RxStatus.fragmentChecked
    const optional = RxStatus.inexact | perhaps | (filtered ? RxStatus.fcCrcError : 0)
    const sure = (frame.status & ~perhaps) | (looped ? RxStatus.loopback : 0)
    return (
      (status & ~optional) === sure &&
      (filtered || info === frame.packetInfo) &&
      tags[word + Tag.headers] === (frame.l3End | (frame.l4End << 16))
    )
  }

  /** Everything in the buffer is lost and all queues are off. */
  reset(bytes: number): void {
    this.#ledger.lost('drop.reset', this.#buffered)
    this.#buffered = 0
    this.fifo.clear(bytes)
    for (let q = 0; q < this.#queues; q++) this.engine.reset(q)
    this.#room()
  }

  #room(): void {
    const tell = this.roomWanted
    this.roomWanted = undefined
    tell?.()
  }

  #lose(why: Loss, copies: number): void {
    this.#ledger.copies(copies)
    this.#ledger.lost(why, copies)
  }

  /** Finds the pools of a frame from the wire; false when nobody wants it. While there are no pools, pool 0 stands for the port. */
  #lookUp(macLo: number, macHi: number, vlan: number, steered: number): boolean {
    const found = this.#switch
    if (this.#pools.virtualised) found.fromWire(macLo, macHi, vlan, steered)
    else {
      found.poolsLo = found.accepts(macLo, macHi, vlan) ? 1 : 0
      found.poolsHi = 0
      found.gated = 0
    }
    return (found.poolsLo | found.poolsHi | found.gated) !== 0
  }

  /** Word 1: the hash; or of a fragment identification below, and above the sum that software puts together. */
  #reported(hash: number): number {
    const { fragmentId, fragmentSum } = this.#layers
    const told = !this.#reportHash && this.#reportFragments && fragmentId >= 0
    if (!told) this.#frame.status &= ~RxStatus.fragmentChecked
    if (this.#reportHash) return hash
    if (!told) return 0
    return fragmentId | ((((fragmentSum & 0xff) << 8) | (fragmentSum >>> 8)) << 16)
  }

  /** The EtherType filter that a frame matches, or -1. */
  #filter(at: number, tagged: boolean): number {
    const u8 = this.#arena.u8
    const type = tagged ? at + 16 : at + 12
    return this.#etherTypes.match((u8[type] << 8) | u8[type + 1])
  }

  /** Judges a stored frame and notes with it what its copies need. */
  #tag(slot: number, at: number, bytes: number, flags: number): void {
    const frame = this.#frame
    frame.at = at
    frame.bytes = bytes
    frame.tagged = (flags & Flag.tagged) !== 0
    frame.status = (this.#switch.inexact ? RxStatus.inexact : 0) | ((flags & Flag.looped) !== 0 ? RxStatus.loopback : 0)
    classify(this.#arena, frame, this.#layers)
    const filter = this.#filter(at, frame.tagged)
    const queue = filter < 0 ? -1 : this.#steered(filter, frame)
    if (filter >= 0) frame.packetInfo = RxPacketType.etherType | (filter << RxPacketType.filterShift)
    const rssType = this.#pools.hash(this.#arena.u8, this.#layers)
    const tags = this.fifo.tags
    const word = slot * TAG_WORDS
    tags[word + Tag.poolsLo] = this.#switch.poolsLo
    tags[word + Tag.poolsHi] = this.#switch.poolsHi
    tags[word + Tag.packetInfo] = frame.packetInfo | rssType
    const hash = rssType === 0 ? 0 : this.#pools.lastHash
    tags[word + Tag.rssHash] = hash
    tags[word + Tag.reported] = this.#reported(hash)
    tags[word + Tag.headers] = frame.l3End | (frame.l4End << 16)
    tags[word + Tag.status] = frame.status
    const steered = (flags & Flag.looped) !== 0 ? 0 : queue + 1
    tags[word + Tag.flags] =
      flags | (steered << Flag.queueShift) | ((this.#arena.u8[at] & 1) !== 0 ? Flag.multicast : 0)
  }

  /** The queue that an EtherType filter gives a frame to, or -1. */
  #steered(filter: number, frame: RxFrame): number {
    const redirected = this.#fcoe?.judge(filter, frame) ?? -1
    const own = this.#etherTypes.queue[filter]
    return own < 0 ? redirected : own
  }

  #run(budget: number): boolean {
    let left = budget
    while (left > 0 && this.fifo.count > 0 && this.#oldest()) {
      this.fifo.shift()
      left--
    }
    this.engine.flush()
    if (left < budget) this.#room()
    return left === 0 && this.fifo.count > 0
  }

  /** Delivers the copies of the oldest frame that are left; false when one has to wait. */
  #oldest(): boolean {
    const slot = this.fifo.slot()
    const word = slot * TAG_WORDS
    const tags = this.fifo.tags
    const frame = this.#frame
    frame.at = this.fifo.start(slot)
    frame.bytes = this.fifo.length(slot)
    frame.packetInfo = tags[word + Tag.packetInfo]
    frame.rssHash = tags[word + Tag.reported]
    frame.l3End = tags[word + Tag.headers] & 0xffff
    frame.l4End = tags[word + Tag.headers] >>> 16
    frame.status = tags[word + Tag.status]
    const flags = tags[word + Tag.flags]
    frame.tagged = (flags & Flag.tagged) !== 0
    frame.single = (flags & Flag.single) !== 0
    frame.tagMode = (flags & Flag.multicast) !== 0 ? this.replicatedTagMode : -1
    for (let half = 0; half < 2; half++) {
      while (tags[word + Tag.poolsLo + half] !== 0) {
        const bits = tags[word + Tag.poolsLo + half]
        const bit = bits & -bits
        if (!this.#copy(half * 32 + 31 - Math.clz32(bit), frame, word)) return false
        tags[word + Tag.poolsLo + half] = bits & ~bit
        this.#buffered--
      }
    }
    return true
  }

  /** One copy of the frame whose tags begin at `word`. */
  #copy(pool: number, frame: RxFrame, word: number): boolean {
    const tags = this.fifo.tags
    const flags = tags[word + Tag.flags]
    const hash = tags[word + Tag.rssHash]
    const steered = flags >>> Flag.queueShift
    const queue = steered > 0 ? steered - 1 : this.#pools.rxQueue(pool, hash, (frame.packetInfo & 0xf) !== 0)
    switch (queue < this.#queues ? this.engine.deliver(queue, frame) : Delivery.queueOff) {
      case Delivery.wait:
        return false
      case Delivery.done:
        this.#statistics.delivered(
          queue,
          pool,
          frame.bytes,
          (flags & Flag.multicast) !== 0,
          (flags & Flag.looped) !== 0,
          (flags & Flag.posted) !== 0,
        )
        tags[word + Tag.flags] = flags | Flag.posted
        break
      case Delivery.noDescriptor:
        this.#statistics.dropped(queue)
        this.#ledger.lost('drop.noDescriptor', 1)
        break
      case Delivery.queueStopped:
        this.#ledger.lost('drop.queueStopped', 1)
        break
      default:
        if (queue < this.#queues) this.#statistics.droppedOff(queue)
        this.#ledger.lost('drop.queueOff', 1)
    }
    return true
  }
}
