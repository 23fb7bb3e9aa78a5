import type { Clock, Counters, Timer } from '@npa/core'
import type { LinkLayer } from './link-layer.js'
import type { ArpSettings } from './settings.js'
import type { TransmitQueue } from './transmit-queue.js'
import { Wait, WaitList } from './wait-list.js'
import { arp, BROADCAST, copyMac, ethernet, macEqual } from '@npa/wire'

/** A neighbour, as plain data. */
export interface ArpEntry {
  readonly ip: number
  readonly mac: Uint8Array
  /** Whether `mac` is known. */
  known: boolean
  /** Requests that are out without an answer; 0 when none is wanted. */
  tries: number
  /** When the next request, or giving up, is due; `Infinity` when none is wanted. */
  dueNs: number
  /** When `mac` is to be confirmed again. */
  staleNs: number
}

const NO_MAC = new Uint8Array(6)

/** The address resolution of one interface (RFC 826; RFC 1122, 2.3.2; announcements RFC 5227, 3). */
export class Arp {
  readonly entries: Map<number, ArpEntry> = new Map<number, ArpEntry>()
  /** Senders that wait for an answer. */
  readonly waiters: WaitList = new WaitList(Wait.arp)
  readonly #ip: number
  readonly #link: LinkLayer
  readonly #transmit: TransmitQueue
  readonly #clock: Clock
  readonly #timer: Timer
  readonly #settings: ArpSettings
  readonly #counters: Counters

  constructor(
    name: string,
    ip: number,
    clock: Clock,
    link: LinkLayer,
    transmit: TransmitQueue,
    counters: Counters,
    settings: ArpSettings,
  ) {
    this.#ip = ip
    this.#link = link
    this.#transmit = transmit
    this.#clock = clock
    this.#counters = counters
    this.#settings = settings
    this.#timer = clock.timer(`${name}.arp`, () => {
      transmit.enter()
      this.#tick()
      transmit.leave()
    })
  }

  /** The MAC address of a neighbour, or `undefined`: then a request is out, and `waiters` hear of its end. */
  resolve(ip: number): Readonly<Uint8Array> | undefined {
    const entry = this.entries.get(ip) ?? this.#create(ip)
    if (entry.tries === 0 && this.#clock.nowNs() >= entry.staleNs) this.#ask(entry)
    return entry.known ? entry.mac : undefined
  }

  /** What is known of a neighbour may be wrong, since it does not answer at a higher layer (RFC 1122, 2.3.2.1): it is asked again. */
  doubt(ip: number): void {
    const entry = this.entries.get(ip)
    if (entry !== undefined) entry.staleNs = 0
  }

  /** Tells everybody our address: after a move, or when the link comes up. */
  announce(): void {
    this.#count('arp.announced')
    this.#send(arp.Operation.request, BROADCAST, NO_MAC, this.#ip)
  }

  /** Takes a received packet; whatever it holds, nothing is thrown. */
  receive(u8: Uint8Array, at: number, length: number): void {
    if (!arp.isForIpv4(u8, at, length)) {
      this.#count('arp.dropped.malformed')
      return
    }
    this.#count('arp.received')
    const sender = arp.senderIp(u8, at)
    if (sender === this.#ip) {
      if (!macEqual(u8, at + arp.Field.senderMac, this.#link.mac, 0)) this.#count('arp.conflict')
      return
    }
    const forUs = arp.targetIp(u8, at) === this.#ip
    // RFC 826: a known sender is always updated, an unknown one only learnt when it speaks to us. 0.0.0.0 is a probe (RFC 5227).
    let entry = this.entries.get(sender)
    if (entry === undefined && forUs && sender !== 0) entry = this.#create(sender)
    if (entry !== undefined) this.#learn(entry, u8, at + arp.Field.senderMac)
    if (forUs && arp.operation(u8, at) === arp.Operation.request) {
      this.#count('arp.answered')
      const to = u8.slice(at + arp.Field.senderMac, at + arp.Field.senderMac + 6)
      this.#send(arp.Operation.reply, to, to, sender)
    }
  }

  #create(ip: number): ArpEntry {
    if (this.entries.size >= this.#settings.capacity) {
      const [oldest] = this.entries.keys()
      this.entries.delete(oldest)
      this.#count('arp.evicted')
    }
    const entry = { ip, mac: new Uint8Array(6), known: false, tries: 0, dueNs: Infinity, staleNs: 0 }
    this.entries.set(ip, entry)
    return entry
  }

  #learn(entry: ArpEntry, u8: Uint8Array, macAt: number): void {
    copyMac(u8, macAt, entry.mac, 0)
    const news = !entry.known
    entry.known = true
    entry.tries = 0
    entry.dueNs = Infinity
    entry.staleNs = this.#clock.nowNs() + this.#settings.lifetimeNs
    if (news) for (let n = this.waiters.length; n > 0; n--) this.waiters.take()?.resume()
  }

  #ask(entry: ArpEntry): void {
    entry.tries++
    entry.dueNs = this.#clock.nowNs() + this.#settings.retryNs
    if (entry.dueNs < this.#timer.deadlineNs) this.#timer.arm(entry.dueNs)
    this.#count('arp.requested')
    this.#send(arp.Operation.request, entry.known ? entry.mac : BROADCAST, NO_MAC, entry.ip)
  }

  #tick(): void {
    const now = this.#clock.nowNs()
    let next = Infinity
    for (const entry of [...this.entries.values()]) {
      if (entry.dueNs <= now) {
        if (entry.tries >= this.#settings.tries) this.#giveUp(entry)
        else this.#ask(entry)
      }
      if (this.entries.get(entry.ip) === entry && entry.dueNs < next) next = entry.dueNs
    }
    if (next < this.#timer.deadlineNs) this.#timer.arm(next)
  }

  #giveUp(entry: ArpEntry): void {
    this.#count('arp.unreachable')
    this.entries.delete(entry.ip)
    for (let n = this.waiters.length; n > 0; n--) this.waiters.take()?.unreachable(entry.ip)
  }

  /** A request that finds no buffer is asked again by the timer; a reply is asked for again by the neighbour. */
  #send(operation: number, to: Readonly<Uint8Array>, target: Readonly<Uint8Array>, ip: number): void {
    const at = this.#link.begin(to, ethernet.EtherType.arp, arp.PACKET_BYTES, 0)
    if (at < 0) {
      this.#count('arp.dropped.noBuffer')
      return
    }
    arp.emit(this.#transmit.u8, at, operation, this.#link.mac, this.#ip, target, ip)
    this.#transmit.commit()
  }

  #count(name: string): void {
    this.#counters.add(this.#counters.slot(name), 1)
  }
}
