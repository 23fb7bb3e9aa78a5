import type { StateIo } from '@npa/core'
import type { Arena, Dma } from '@npa/memory'
import { addressSegment } from '@npa/wire'
import type { SegmentHeaders } from '@npa/wire'
import { L4Type, TxCmd, TxContext, TxInfo } from './descriptors.js'
import type { TxData } from './tx-data.js'
import { Span } from './tx-data.js'
import { TxFault } from './tx-host.js'
import { insertFrom } from './tx-offload.js'

/** Limits of a chip's segmentation. */
export interface SegmentLimits {
  /** Bytes of the longest headers, from Ethernet to L4. */
  readonly headerBytes: number
  /** Descriptors over which headers can be spread. */
  readonly headerBuffers: number
}

/** State of a message being cut, by queue: words of a column. */
const State = {
  active: 0,
  /** Bytes of headers, and of payload in a segment. */
  header: 1,
  segment: 2,
  /** Payload bytes that are left, and sent; segments sent. */
  left: 3,
  sent: 4,
  ordinal: 5,
  /** Where the payload goes on, in bytes from the start of the queue's oldest descriptor. */
  offset: 6,
  /** Word 2 of the first data descriptor; words 0 and 2 of the context. */
  command: 7,
  context0: 8,
  context2: 9,
  words: 10,
} as const

/** The words of a message by name, all but whether there is one. */
const FIELDS = Object.entries(State).filter(([name]) => name !== 'active' && name !== 'words')

/** Highest PAYLEN: 18 bits. */
const MAX_PAYLOAD = 0x3ffff

/** Room for a queue's headers in the chip. */
const HEADER_ROOM = 256

/**
 * TCP and UDP segmentation of advanced descriptors (82599, 7.2.4): the headers of a message are kept on chip, and each segment takes
 * its payload from the ring as descriptors arrive, so a message can have any number of them. The L4 checksum begins with what
 * software has stored in its field: the pseudo-header's sum without a length.
 */
export class TxSegmenter {
  /** Flags that the first, middle and last segments keep: bits of TCP's 12. A message of one segment keeps all. */
  readonly keptFlags: Int32Array = new Int32Array(3).fill(0xfff)
  readonly state: Int32Array
  readonly #arena: Arena
  readonly #data: TxData
  readonly #limits: SegmentLimits
  readonly #maxFrame: number
  readonly #headers: number
  readonly #layout: SegmentHeaders = { l3: 0, l4: 0, ipv4: true, tcp: true }

  constructor(arena: Arena, queues: number, data: TxData, limits: SegmentLimits, maxFrame: number) {
    this.#arena = arena
    this.#data = data
    this.#limits = limits
    this.#maxFrame = maxFrame
    this.state = new Int32Array(queues * State.words)
    this.#headers = arena.allocate(queues * HEADER_ROOM)
  }

  /** Whether a message of the queue is being cut. */
  active(q: number): boolean {
    return this.state[q * State.words] !== 0
  }

  clear(q: number): void {
    this.state[q * State.words] = 0
  }

  /** Word 2 of the message's first data descriptor. */
  command(q: number): number {
    return this.state[q * State.words + State.command]
  }

  /** The tag in the message's context. */
  tag(q: number): number {
    return this.state[q * State.words + State.context0] >>> TxContext.vlanShift
  }

  /**
   * Begins with the message whose first descriptor is the queue's oldest; `context0`, `context2`, `context3` are the words of its
   * context. Returns 1 when it has begun, a `Span` when the headers are not there, or the negative of a `TxFault`.
   */
  begin(q: number, dma: Dma, context0: number, context2: number, context3: number): number {
    const l3 = (context0 >>> TxContext.macLengthShift) & TxContext.macLengthMask
    const l4 = l3 + (context0 & TxContext.ipLengthMask)
    const header = l4 + ((context3 >>> TxContext.l4LengthShift) & TxContext.l4LengthMask)
    const segment = context3 >>> TxContext.mssShift
    const fault = this.#check(l3, l4, header, segment, context2)
    if (fault !== 0) return -fault
    const buffers = this.#data.span(q, header)
    if (buffers <= 0) return buffers
    if (buffers > this.#limits.headerBuffers) return -TxFault.headerBuffers
    if (!this.#data.read(q, dma, 0, header, this.#headers + q * HEADER_ROOM)) return -TxFault.memoryAccess
    const first = this.#data.word(q, 0)
    const { state } = this
    const at = q * State.words
    state[at + State.active] = 1
    state[at + State.header] = header
    state[at + State.segment] = segment
    state[at + State.left] = this.#arena.i32[first + 3] >>> TxInfo.payloadShift
    state[at + State.sent] = 0
    state[at + State.ordinal] = 0
    state[at + State.offset] = header
    state[at + State.command] = this.#arena.i32[first + 2]
    state[at + State.context0] = context0
    state[at + State.context2] = context2
    return 1
  }

  /** Bytes of the next segment, headers and payload; or as `begin` when its payload is not there. */
  next(q: number): number {
    const { state } = this
    const at = q * State.words
    const payload = Math.min(state[at + State.segment], state[at + State.left])
    const end = state[at + State.offset] + payload
    const buffers = this.#data.span(q, end)
    if (buffers === Span.ended) return -TxFault.messageLength
    if (buffers <= 0) return buffers
    if ((payload === state[at + State.left]) !== this.#endsWith(q, buffers, end)) return -TxFault.messageLength
    return state[at + State.header] + payload
  }

  /** Builds the segment of `bytes` bytes that `next` has found. False when a transfer was refused. */
  build(q: number, dma: Dma, bytes: number, to: number): boolean {
    const { state } = this
    const { u8 } = this.#arena
    const at = q * State.words
    const header = state[at + State.header]
    const payload = bytes - header
    const from = this.#headers + q * HEADER_ROOM
    this.#arena.copy(to, from, header)
    if (!this.#data.read(q, dma, state[at + State.offset], payload, to + header)) return false
    const layout = this.#layout
    const context0 = state[at + State.context0]
    const context2 = state[at + State.context2]
    layout.l3 = (context0 >>> TxContext.macLengthShift) & TxContext.macLengthMask
    layout.l4 = layout.l3 + (context0 & TxContext.ipLengthMask)
    layout.ipv4 = (context2 & TxContext.ipv4) !== 0
    layout.tcp = ((context2 >>> TxContext.l4TypeShift) & TxContext.l4TypeMask) === L4Type.tcp
    const ordinal = state[at + State.ordinal]
    const flags = this.#flags(ordinal, payload === state[at + State.left])
    addressSegment(u8, to, layout, bytes, ordinal, state[at + State.sent], flags)
    const field = layout.l4 + (layout.tcp ? 16 : 6)
    insertFrom(this.#arena, to, bytes, layout.l4, field, !layout.tcp, bytes - layout.l4)
    return true
  }

  /** The segment of `bytes` bytes is sent. Returns how many of the oldest descriptors are done with. */
  advance(q: number, bytes: number): number {
    const { state } = this
    const at = q * State.words
    const payload = bytes - state[at + State.header]
    state[at + State.left] -= payload
    state[at + State.sent] += payload
    state[at + State.ordinal]++
    let offset = state[at + State.offset] + payload
    let done = 0
    for (; offset > 0 && offset >= this.#data.length(q, done); done++) offset -= this.#data.length(q, done)
    state[at + State.offset] = offset
    if (state[at + State.left] === 0) state[at + State.active] = 0
    return done
  }

  /** The messages being cut, with their headers. */
  walkState(io: StateIo): void {
    const { state } = this
    const queues = state.length / State.words
    const now = Array.from({ length: queues }, (_, q) => q).filter((q) => this.active(q))
    if (io.restoring) for (let q = 0; q < queues; q++) this.clear(q)
    let after = -1
    io.list('messages', now.length, queues, (one, index) => {
      const q = one.integer('queue', now[index], after + 1, queues - 1)
      const at = q * State.words
      after = q
      for (const [name, word] of FIELDS) state[at + word] = one.integer(name, state[at + word], -0x80000000, 0x7fffffff)
      if (one.restoring) one.consistent('header', this.#legal(at))
      const place = this.#headers + q * HEADER_ROOM
      one.bytes('headers', this.#arena.u8.subarray(place, place + state[at + State.header]))
      state[at] = 1
    })
  }

  /** Whether a restored message can be one that began as they do here. */
  #legal(at: number): boolean {
    const { state } = this
    const l3 = (state[at + State.context0] >>> TxContext.macLengthShift) & TxContext.macLengthMask
    const l4 = l3 + (state[at + State.context0] & TxContext.ipLengthMask)
    const header = state[at + State.header]
    if (this.#check(l3, l4, header, state[at + State.segment], state[at + State.context2]) !== 0) return false
    const counts = [State.left, State.sent, State.ordinal, State.offset]
    return state[at + State.segment] > 0 && counts.every((n) => state[at + n] >= 0 && state[at + n] <= MAX_PAYLOAD)
  }

  /** What is wrong with a context, or 0. */
  #check(l3: number, l4: number, header: number, segment: number, context2: number): number {
    const type = (context2 >>> TxContext.l4TypeShift) & TxContext.l4TypeMask
    if (type > L4Type.tcp) return TxFault.illegalOffload
    if (l3 < 14) return TxFault.macHeader
    if ((context2 & TxContext.ipv4) !== 0) {
      if (l4 - l3 < 20) return TxFault.ipv4Header
    } else if (l4 - l3 < 40) return TxFault.ipv6Header
    if (type === L4Type.tcp && header - l4 < 20) return TxFault.tcpHeader
    if (type === L4Type.udp && header - l4 < 8) return TxFault.udpHeader
    if (segment === 0) return TxFault.zeroSegment
    if (header > this.#limits.headerBytes) return TxFault.headers
    return header + segment > this.#maxFrame ? TxFault.size : 0
  }

  /** Whether the packet ends where the first `buffers` descriptors do, after `bytes` bytes. */
  #endsWith(q: number, buffers: number, bytes: number): boolean {
    let length = 0
    for (let n = 0; n < buffers; n++) length += this.#data.length(q, n)
    return length === bytes && (this.#arena.i32[this.#data.word(q, buffers - 1) + 2] & TxCmd.eop) !== 0
  }

  #flags(ordinal: number, last: boolean): number {
    if (last) return ordinal === 0 ? 0xfff : this.keptFlags[2]
    return this.keptFlags[ordinal === 0 ? 0 : 1]
  }
}
