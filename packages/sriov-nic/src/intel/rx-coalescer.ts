import type { StateIo } from '@npa/core'
import type { Arena, Dma } from '@npa/memory'
import { RxHeader, RxPacketType, RxStatus, SplitType } from './descriptors.js'
import { CACHE } from '../engine/queue-columns.js'
import type { RxDescriptors } from './rx-descriptors.js'
import type { RxFill } from './rx-fill.js'
import type { RxFrame } from './rx-host.js'
import type { RxSettings } from './rx-settings.js'

/** Packets that can be under way at once (82599, 7.11). */
const CONTEXTS = 32
/** Room for a packet's headers in the chip. */
const HEADER_ROOM = 128

/** State of one packet that grows: words. */
const State = {
  active: 0,
  queue: 1,
  /** Whose it is: addresses, ports, tag (-1 for none), bytes of headers. */
  source: 2,
  target: 3,
  ports: 4,
  tag: 5,
  header: 6,
  /** The sequence number that comes next. */
  next: 7,
  /** Bytes of payload, and packets. */
  payload: 8,
  packets: 9,
  /** Descriptors, and which slots they are, a bit for each; of the last: its slot, address, bytes, and RSCCNT. */
  descriptors: 10,
  slot: 11,
  lo: 12,
  hi: 13,
  used: 14,
  count: 15,
  /** Where the headers are in bus memory. */
  headerLo: 16,
  headerHi: 17,
  /** What is reported at the end. */
  status: 18,
  info: 19,
  hash: 20,
  slotsLo: 21,
  slotsHi: 22,
  words: 23,
} as const

/** The words of a packet by name, all but whether there is one. */
const FIELDS = Object.entries(State).filter(([name]) => name !== 'active' && name !== 'words')

/** Bytes of the largest receive buffer. */
const MAX_BUFFER = 0x7f * 1024

const IPV4_BYTES = 20
const TCP_BYTES = 20
const TIMESTAMP_BYTES = 12
const ACK = 0x10
const PSH = 0x08
/** RSCCNT is one more than the packets that start in a descriptor's buffer; with 14 of them a packet ends (82599, 7.1.6.2). */
const MAX_COUNT = 15
const MAX_TOTAL = 65535

/** Outcome of `Coalescer.append`. */
export const Append = { done: 0, refused: 1, fault: 2 } as const

/**
 * Receive-side coalescing of the 82599 (7.11): TCP segments over IPv4 that follow each other become one packet, whose payload fills
 * buffer after buffer, each descriptor naming the next. The first segment's headers are kept on chip, and written anew at the end.
 */
export class Coalescer {
  readonly state: Int32Array = new Int32Array(CONTEXTS * State.words)
  /** Packets under way, by queue. */
  readonly open: Int32Array
  readonly #arena: Arena
  readonly #descriptors: RxDescriptors
  readonly #fill: RxFill
  readonly #settings: RxSettings
  readonly #headers: number

  constructor(arena: Arena, queues: number, descriptors: RxDescriptors, fill: RxFill, settings: RxSettings) {
    this.#arena = arena
    this.#descriptors = descriptors
    this.#fill = fill
    this.#settings = settings
    this.open = new Int32Array(queues)
    this.#headers = arena.allocate(CONTEXTS * HEADER_ROOM)
  }

  /** Bytes of payload of a frame that can be part of a coalesced packet; 0 for one that cannot (7.11.2). */
  payload(q: number, frame: RxFrame, splitTypes: number): number {
    const wanted = RxStatus.ipChecked | RxStatus.l4Checked
    const judged = wanted | RxStatus.ipError | RxStatus.l4Error | RxStatus.loopback
    if (!frame.single || !isTcp4(frame) || (frame.status & judged) !== wanted) return 0
    if ((splitTypes & SplitType.tcp) === 0 || frame.l4End > this.#settings.headerBytes[q]) return 0
    const { u8 } = this.#arena
    const l2 = frame.tagged ? 18 : 14
    const ip = frame.at + l2
    const tcp = ip + IPV4_BYTES
    const header = frame.l4End - l2 - IPV4_BYTES
    // No IP options, no congestion experienced, no flags but ACK and PSH, no options but a timestamp.
    if (u8[ip] !== 0x45 || (u8[ip + 1] & 3) === 3) return 0
    if ((u8[tcp + 12] & 0xf) !== 0 || (u8[tcp + 13] & ~PSH) !== ACK) return 0
    if (header !== TCP_BYTES && (header !== TCP_BYTES + TIMESTAMP_BYTES || word(u8, tcp + 20) !== 0x0101080a)) return 0
    return ((u8[ip + 2] << 8) | u8[ip + 3]) - IPV4_BYTES - header
  }

  /** Whether a frame asks for its packet to end with it. */
  pushed(frame: RxFrame): boolean {
    return (this.#arena.u8[frame.at + frame.l3End + 13] & PSH) !== 0
  }

  /** The packet under way that a frame belongs to, whether or not it can be part of it; -1 for none. */
  find(q: number, frame: RxFrame): number {
    if (this.open[q] === 0 || !isTcp4(frame)) return -1
    const { u8 } = this.#arena
    const ip = frame.at + frame.l3End - IPV4_BYTES
    const source = word(u8, ip + 12)
    const target = word(u8, ip + 16)
    const ports = word(u8, ip + IPV4_BYTES)
    const { state } = this
    for (let c = 0; c < CONTEXTS * State.words; c += State.words) {
      if (state[c] === 0 || state[c + State.queue] !== q || state[c + State.ports] !== ports) continue
      if (state[c + State.source] === source && state[c + State.target] === target) return c
    }
    return -1
  }

  /** Adds a frame's payload to a packet. `refused` leaves it as it is: the frame does not follow, or there is no room. */
  append(context: number, dma: Dma, frame: RxFrame, payload: number): number {
    const { state } = this
    const { u8 } = this.#arena
    const q = state[context + State.queue]
    const tcp = frame.at + frame.l3End
    const size = this.#settings.bufferBytes[q]
    const space = Math.min(size - state[context + State.used], payload)
    const more = Math.ceil((payload - space) / size)
    // Software has made the buffers smaller meanwhile.
    if (state[context + State.used] > size) return Append.refused
    if (word(u8, tcp + 4) !== state[context + State.next]) return Append.refused
    if (this.#fill.tag !== state[context + State.tag]) return Append.refused
    if (this.#fill.bytes - (frame.bytes - frame.l4End) !== state[context + State.header]) return Append.refused
    if (state[context + State.descriptors] + more > this.#settings.coalesce[q]) return Append.refused
    if (more > this.#descriptors.free(q) || state[context + State.count] === MAX_COUNT) return Append.refused
    if (IPV4_BYTES * 3 + state[context + State.payload] + payload > MAX_TOTAL) return Append.refused
    if (!this.#extend(context, q, dma, frame, payload, space)) return Append.fault
    state[context + State.next] = (state[context + State.next] + payload) | 0
    state[context + State.payload] += payload
    state[context + State.packets]++
    this.#newest(context, tcp)
    return Append.done
  }

  /** Makes the frame that was just filled the start of a packet; false when there are too many. */
  start(q: number, frame: RxFrame, payload: number): boolean {
    const { state } = this
    let c = 0
    while (c < state.length && state[c] !== 0) c += State.words
    if (c === state.length) return false
    const { u8 } = this.#arena
    const fill = this.#fill
    const tcp = frame.at + frame.l3End
    const ip = tcp - IPV4_BYTES
    state[c] = 1
    state[c + State.queue] = q
    state[c + State.source] = word(u8, ip + 12)
    state[c + State.target] = word(u8, ip + 16)
    state[c + State.ports] = word(u8, tcp)
    state[c + State.tag] = fill.tag
    state[c + State.header] = fill.bytes - (frame.bytes - frame.l4End)
    state[c + State.next] = (word(u8, tcp + 4) + payload) | 0
    state[c + State.payload] = payload
    state[c + State.packets] = 1
    state[c + State.descriptors] = fill.needed
    state[c + State.slot] = fill.lastSlot
    state[c + State.lo] = fill.lastLo
    state[c + State.hi] = fill.lastHi
    // What pads a short frame is no payload.
    const padding = frame.bytes - frame.l4End - payload
    state[c + State.used] = fill.lastBytes - padding
    state[c + State.count] = fill.needed > 1 ? 1 : 2
    state[c + State.headerLo] = fill.headerLo
    state[c + State.headerHi] = fill.headerHi
    state[c + State.status] = frame.status
    state[c + State.info] = frame.packetInfo
    state[c + State.hash] = frame.rssHash
    this.#keepHeaders(c, frame)
    this.#descriptors.end(q, fill.lastSlot, 0)
    state[c + State.slotsLo] = 0
    state[c + State.slotsHi] = 0
    this.#chain(c, q)
    this.open[q]++
    return true
  }

  /** Ends a packet: its headers are written anew, its last descriptor tells of it. False when a transfer was refused. */
  close(context: number, dma: Dma | undefined): boolean {
    const { state } = this
    const q = state[context + State.queue]
    if (state[context + State.packets] > 1 && (dma === undefined || !this.#writeHeaders(context, dma))) return false
    const vp = state[context + State.tag] < 0 ? 0 : RxStatus.vlanPacket
    this.#describe(context, q, RxStatus.done | RxStatus.eop | state[context + State.status] | vp)
    for (let half = 0; half < 2; half++) {
      for (let left = state[context + State.slotsLo + half]; left !== 0; left &= left - 1) {
        this.#descriptors.release(q, half * 32 + 31 - Math.clz32(left & -left))
      }
    }
    this.#descriptors.end(q, state[context + State.slot], state[context + State.packets])
    state[context] = 0
    this.open[q]--
    return true
  }

  /** Ends all packets of a queue. */
  closeAll(q: number, dma: Dma | undefined): boolean {
    for (let c = 0; c < this.state.length && this.open[q] > 0; c += State.words) {
      if (this.state[c] === 1 && this.state[c + State.queue] === q && !this.close(c, dma)) return false
    }
    return true
  }

  /** Forgets the packets of a queue. */
  forget(q: number): void {
    for (let c = 0; c < this.state.length && this.open[q] > 0; c += State.words) {
      if (this.state[c] === 0 || this.state[c + State.queue] !== q) continue
      this.state[c] = 0
      this.open[q]--
    }
  }

  /** The packets under way with their headers; their descriptors, restored already, are held. */
  walkState(io: StateIo): void {
    const { state } = this
    const now: number[] = []
    for (let n = 0; n < CONTEXTS; n++) if (state[n * State.words] === 1) now.push(n)
    if (io.restoring) {
      state.fill(0)
      this.open.fill(0)
    }
    let after = -1
    io.list('packets', now.length, CONTEXTS, (one, index) => {
      const n = one.integer('context', now[index], after + 1, CONTEXTS - 1)
      const c = n * State.words
      after = n
      for (const [name, at] of FIELDS) state[c + at] = one.integer(name, state[c + at], -0x80000000, 0x7fffffff)
      one.consistent('header', state[c + State.header] > 0 && state[c + State.header] <= HEADER_ROOM)
      const place = this.#place(c)
      one.bytes('headers', this.#arena.u8.subarray(place, place + state[c + State.header]))
      if (one.restoring) this.#reopen(one, c)
    })
  }

  /** Makes a restored packet one that is under way, if it can be. */
  #reopen(io: StateIo, c: number): void {
    const { state } = this
    const between = (name: string, at: number, least: number, most: number): void =>
      io.consistent(name, state[c + at] >= least && state[c + at] <= most)
    between('queue', State.queue, 0, this.open.length - 1)
    between('tag', State.tag, -1, 0xffff)
    between('payload', State.payload, 1, MAX_TOTAL)
    between('slot', State.slot, 0, CACHE - 1)
    between('used', State.used, 0, MAX_BUFFER)
    between('count', State.count, 0, MAX_COUNT)
    const plain = this.#l2(c) + IPV4_BYTES + TCP_BYTES
    const header = state[c + State.header]
    io.consistent('header', header === plain || header === plain + TIMESTAMP_BYTES)
    const q = state[c + State.queue]
    let slots = 0
    for (let slot = 0; slot < CACHE; slot++) {
      if (((state[c + (slot < 32 ? State.slotsLo : State.slotsHi)] >>> (slot & 31)) & 1) === 0) continue
      io.consistent('slotsLo', this.#descriptors.mayHold(q, slot))
      this.#descriptors.hold(q, slot)
      slots++
    }
    io.consistent('descriptors', slots > 0 && slots === state[c + State.descriptors])
    between('packets', State.packets, 1, slots * (MAX_COUNT - 1))
    this.#descriptors.frames[q] += state[c + State.packets]
    const last = state[c + State.slot]
    io.consistent('slot', ((state[c + (last < 32 ? State.slotsLo : State.slotsHi)] >>> (last & 31)) & 1) !== 0)
    state[c] = 1
    this.open[q]++
  }

  /** Moves payload behind the packet's last byte, into new buffers as needed. */
  #extend(context: number, q: number, dma: Dma, frame: RxFrame, payload: number, space: number): boolean {
    const { state } = this
    const size = this.#settings.bufferBytes[q]
    const from = frame.at + frame.l4End
    if (space > 0) {
      const lo = (state[context + State.lo] >>> 0) + state[context + State.used]
      const hi = (state[context + State.hi] >>> 0) + (lo > 0xffffffff ? 1 : 0)
      if (!dma.write(from, space, lo >>> 0, hi >>> 0)) return false
      state[context + State.used] += space
      state[context + State.count]++
    }
    for (let done = space; done < payload;) {
      const slot = this.#descriptors.take(q)
      const at = this.#descriptors.word(q, slot)
      const { i32 } = this.#arena
      const piece = Math.min(size, payload - done)
      const lo = i32[at]
      const hi = i32[at + 1]
      if (!dma.write(from + done, piece, lo >>> 0, hi >>> 0)) return false
      // The one before is full: it names this one.
      this.#describe(context, q, RxStatus.done | (this.#descriptors.index(q, slot) << RxStatus.nextShift))
      this.#hold(context, q, slot)
      state[context + State.slot] = slot
      state[context + State.lo] = lo
      state[context + State.hi] = hi
      state[context + State.used] = piece
      state[context + State.count] = done === 0 ? 2 : 1
      state[context + State.descriptors]++
      done += piece
    }
    return true
  }

  /** The headers of a packet take over what the newest frame says: acknowledgment, flags, window, timestamp. */
  #newest(context: number, tcp: number): void {
    const { u8 } = this.#arena
    const header = this.state[context + State.header]
    const options = header - this.#l2(context) - IPV4_BYTES - TCP_BYTES
    const to = this.#place(context) + this.#l2(context) + IPV4_BYTES
    u8.copyWithin(to + 8, tcp + 8, tcp + 12)
    u8[to + 13] |= u8[tcp + 13]
    u8.copyWithin(to + 14, tcp + 14, tcp + 16)
    if (options > 0) u8.copyWithin(to + TCP_BYTES, tcp + TCP_BYTES, tcp + TCP_BYTES + options)
  }

  #keepHeaders(context: number, frame: RxFrame): void {
    const { u8 } = this.#arena
    const cut = frame.l4End - this.state[context + State.header]
    const to = this.#place(context)
    u8.copyWithin(to, frame.at, frame.at + 12)
    u8.copyWithin(to + 12, frame.at + 12 + cut, frame.at + frame.l4End)
  }

  #writeHeaders(context: number, dma: Dma): boolean {
    const { state } = this
    const { u8 } = this.#arena
    const header = state[context + State.header]
    const at = this.#place(context)
    const ip = at + this.#l2(context)
    const total = header - this.#l2(context) + state[context + State.payload]
    u8[ip + 2] = total >>> 8
    u8[ip + 3] = total
    u8.fill(0, ip + 10, ip + 12)
    const sum = ~this.#arena.sum(ip, IPV4_BYTES, 0)
    u8[ip + 10] = sum
    u8[ip + 11] = sum >>> 8
    return dma.write(at, header, state[context + State.headerLo] >>> 0, state[context + State.headerHi] >>> 0)
  }

  /** Bytes before IP of the kept headers. */
  #l2(context: number): number {
    const at = this.#place(context)
    return this.#arena.u8[at + 12] === 0x81 ? 18 : 14
  }

  #place(context: number): number {
    return this.#headers + (context / State.words) * HEADER_ROOM
  }

  /** The descriptors of a first frame that takes several, up to the last, name each other. */
  #chain(context: number, q: number): void {
    const { i32 } = this.#arena
    const fill = this.#fill
    for (let n = 0; n < fill.needed; n++) {
      const slot = (fill.firstSlot + n) & (CACHE - 1)
      const at = this.#descriptors.word(q, slot)
      i32[at] |= (n === 0 ? 2 : 1) << RxHeader.countShift
      this.#hold(context, q, slot)
      if (slot === fill.lastSlot) return
      i32[at + 2] |= this.#descriptors.index(q, (slot + 1) & (CACHE - 1)) << RxStatus.nextShift
    }
  }

  /** A packet's descriptors are written back together, when it ends. */
  #hold(context: number, q: number, slot: number): void {
    this.state[context + (slot < 32 ? State.slotsLo : State.slotsHi)] |= 1 << (slot & 31)
    this.#descriptors.hold(q, slot)
  }

  /** What the packet's last descriptor tells. */
  #describe(context: number, q: number, status: number): void {
    const { state } = this
    const { i32 } = this.#arena
    const at = this.#descriptors.word(q, state[context + State.slot])
    const first = state[context + State.descriptors] === 1
    // The first one's part on the header was put there when it was filled.
    const header = first ? i32[at] & (RxHeader.split | (RxHeader.lengthMask << RxHeader.lengthShift)) : 0
    const overflow = first ? i32[at + 2] & RxStatus.headerOverflow : 0
    const tag = (status & RxStatus.eop) !== 0 && state[context + State.tag] >= 0 ? state[context + State.tag] << 16 : 0
    i32[at] = state[context + State.info] | header | (state[context + State.count] << RxHeader.countShift)
    i32[at + 1] = state[context + State.hash]
    i32[at + 2] = status | overflow
    i32[at + 3] = state[context + State.used] | tag
  }
}

function isTcp4(frame: RxFrame): boolean {
  const both = RxPacketType.ipv4 | RxPacketType.tcp
  return (frame.packetInfo & both) === both && frame.l4End > 0
}

/** Four bytes in network order, as a signed word. */
function word(u8: Uint8Array, at: number): number {
  return (u8[at] << 24) | (u8[at + 1] << 16) | (u8[at + 2] << 8) | u8[at + 3]
}
