import type { Clock, Counters } from '@npa/core'
import { foldSum, freshWords, sumWords } from './bytes.js'
import type { Words } from './bytes.js'
import type { Datagram, Ipv4Layer } from './ipv4-layer.js'
import type { TransmitQueue } from './transmit-queue.js'
import type { Waiter } from './wait-list.js'
import { icmp, IpProtocol, ipv4, putU16be } from '@npa/wire'

/** Echo requests that may wait to be sent, or for their answer. */
const MAX_PINGS = 64

/** An echo request, as plain data. */
export interface Ping {
  readonly ip: number
  readonly sequence: number
  readonly length: number
  /** When it was sent; -1 while it waits to be. */
  sentNs: number
}

/** What came of an echo request: the round trip in ns, or -1 when the neighbour is unreachable. */
export type PongHandler = (ip: number, sequence: number, roundTripNs: number) => void

/** ICMP echo both ways (RFC 792; RFC 1122, 3.2.2.6). Errors are counted and change nothing: those of TCP are soft. */
export class IcmpLayer implements Waiter {
  waiting = 0
  readonly pings: Ping[] = []
  onPong: PongHandler | undefined
  readonly #identifier: number
  readonly #ip: Ipv4Layer
  readonly #transmit: TransmitQueue
  readonly #clock: Clock
  readonly #counters: Counters
  readonly #payload: Words
  readonly #longest: number

  constructor(
    identifier: number,
    ip: Ipv4Layer,
    transmit: TransmitQueue,
    clock: Clock,
    counters: Counters,
    mtu: number,
  ) {
    this.#identifier = identifier
    this.#ip = ip
    this.#transmit = transmit
    this.#clock = clock
    this.#counters = counters
    this.#longest = mtu - ipv4.HEADER_BYTES - icmp.HEADER_BYTES
    this.#payload = freshWords(this.#longest)
    for (let i = 0; i < this.#longest; i++) this.#payload.u8[i] = i
  }

  /** Sends an echo request with `length` bytes of payload; false, and nothing sent, when too many wait already. Throws for no route and no fit. */
  ping(ip: number, sequence: number, length: number): boolean {
    this.#ip.requireRoute(ip)
    if (!(length >= 0 && length <= this.#longest)) {
      throw new RangeError(`an echo of ${length} bytes: at most ${this.#longest} fit a frame`)
    }
    // Those that were never answered make room, oldest first.
    if (this.pings.length >= MAX_PINGS) {
      if (this.pings[0].sentNs < 0) return false
      this.pings.shift()
      this.#count('icmp.unanswered')
    }
    this.#transmit.enter()
    this.pings.push({ ip, sequence, length, sentNs: -1 })
    this.resume()
    this.#transmit.leave()
    return true
  }

  resume(): void {
    for (const ping of this.pings) if (ping.sentNs < 0 && !this.#request(ping)) return
  }

  unreachable(neighbour: number): void {
    const lost = this.pings.filter((ping) => ping.sentNs < 0 && this.#ip.nextHop(ping.ip) === neighbour)
    for (const ping of lost) {
      this.pings.splice(this.pings.indexOf(ping), 1)
      this.onPong?.(ping.ip, ping.sequence, -1)
    }
    this.resume()
  }

  receive(bytes: Words, datagram: Datagram): void {
    const { at, length } = datagram
    const { u8 } = bytes
    if (length < icmp.HEADER_BYTES) {
      this.#count('icmp.dropped.malformed')
      return
    }
    // Devices do not check this one, whatever they say of the frame.
    if (foldSum(sumWords(bytes, at, length)) !== 0xffff) {
      this.#count('icmp.dropped.checksum')
      return
    }
    const type = icmp.type(u8, at)
    if (type === icmp.Type.echoRequest) this.#reply(bytes, datagram)
    else if (type === icmp.Type.echoReply && icmp.identifier(u8, at) === this.#identifier) this.#pong(u8, datagram)
    else this.#count('icmp.otherType')
  }

  #request(ping: Ping): boolean {
    const at = this.#ip.begin(this, ping.ip, IpProtocol.icmp, icmp.HEADER_BYTES, ping.length)
    if (at < 0) return false
    this.#transmit.put(this.#payload, 0, ping.length)
    this.#finish(at, icmp.Type.echoRequest, this.#identifier, ping.sequence)
    ping.sentNs = this.#clock.nowNs()
    this.#count('icmp.requested')
    return true
  }

  #reply(bytes: Words, { at, length, source, destination }: Datagram): void {
    // RFC 1122, 3.2.2.6: an echo to everybody may be left unanswered.
    if (this.#ip.isBroadcast(destination)) {
      this.#count('icmp.otherType')
      return
    }
    const payload = length - icmp.HEADER_BYTES
    if (payload > this.#longest) {
      this.#count('icmp.dropped.tooLong')
      return
    }
    const to = this.#ip.begin(undefined, source, IpProtocol.icmp, icmp.HEADER_BYTES, payload)
    if (to < 0) {
      this.#count('icmp.dropped.replyNotSent')
      return
    }
    this.#transmit.put(bytes, at + icmp.HEADER_BYTES, payload)
    this.#finish(to, icmp.Type.echoReply, icmp.identifier(bytes.u8, at), icmp.sequence(bytes.u8, at))
    this.#count('icmp.answered')
  }

  #pong(u8: Uint8Array, { at, source }: Datagram): void {
    const sequence = icmp.sequence(u8, at)
    const index = this.pings.findIndex((ping) => ping.sentNs >= 0 && ping.ip === source && ping.sequence === sequence)
    if (index < 0) {
      this.#count('icmp.otherType')
      return
    }
    const [ping] = this.pings.splice(index, 1)
    this.#count('icmp.pong')
    this.onPong?.(source, sequence, this.#clock.nowNs() - ping.sentNs)
  }

  /** The header, and the checksum over a payload that may lie in several buffers, which no device computes. */
  #finish(at: number, type: number, identifier: number, sequence: number): void {
    const transmit = this.#transmit
    icmp.emitEcho(transmit.u8, at, icmp.HEADER_BYTES, type, identifier, sequence)
    putU16be(transmit.u8, at + icmp.Field.checksum, 0)
    putU16be(transmit.u8, at + icmp.Field.checksum, ~transmit.sumFrom(at - transmit.head, 0))
    transmit.commit()
  }

  #count(name: string): void {
    this.#counters.add(this.#counters.slot(name), 1)
  }
}
