import type { Clock, Counters, Random } from '@npa/core'
import type { Words } from '../bytes.js'
import type { Datagram, Ipv4Layer } from '../ipv4-layer.js'
import { requirePort } from '../port.js'
import type { TcpSettings } from '../settings.js'
import type { TransmitQueue } from '../transmit-queue.js'
import { IpProtocol, ipv4, tcp } from '@npa/wire'
import { ConnectionTable } from './connection-table.js'
import { TcpConnection } from './connection.js'
import type { TcpContext } from './context.js'
import { segmentArrives } from './input.js'
import { newTcb } from './new-tcb.js'
import { parseSegment, segment, sequenceLength } from './segment.js'
import { adoptSyn, segmentArrivesInSynSent } from './syn.js'

/** RFC 6335: the ports that nobody is assigned. */
const EPHEMERAL_FIRST = 49152
const EPHEMERAL_COUNT = 16384

/** Told of each connection that a listener has accepted, once it is established. */
export type AcceptHandler = (connection: TcpConnection) => void

/** TCP (RFC 9293) of one interface: listeners, and segments to their connections. */
export class TcpLayer implements TcpContext {
  readonly name: string
  readonly clock: Clock
  readonly settings: TcpSettings
  readonly ip: Ipv4Layer
  readonly transmit: TransmitQueue
  readonly mss: number
  readonly table: ConnectionTable = new ConnectionTable()
  readonly #random: Random
  readonly #counters: Counters
  readonly #received: number
  readonly #listeners = new Map<number, AcceptHandler>()
  readonly #segment = segment()
  #created = 0
  #nextPort: number

  constructor(
    name: string,
    clock: Clock,
    settings: TcpSettings,
    ip: Ipv4Layer,
    transmit: TransmitQueue,
    mtu: number,
    random: Random,
    counters: Counters,
  ) {
    this.name = name
    this.clock = clock
    this.settings = settings
    this.ip = ip
    this.transmit = transmit
    this.mss = mtu - ipv4.HEADER_BYTES - tcp.HEADER_BYTES
    this.#random = random
    this.#counters = counters
    this.#received = counters.slot('tcp.received')
    this.#nextPort = random.below(EPHEMERAL_COUNT)
  }

  /** Accepts connections on `port` from now on. Throws an `Error` when somebody does already. */
  listen(port: number, onAccept: AcceptHandler): void {
    requirePort(port)
    if (this.#listeners.has(port)) throw new Error(`TCP port ${port} is taken`)
    this.#listeners.set(port, onAccept)
  }

  /** Accepts no more connections; those that are there stay. */
  unlisten(port: number): void {
    this.#listeners.delete(port)
  }

  /**
   * Opens a connection; its `onConnected` or `onClosed` follows. `localPort` is chosen when 0. Throws an `Error` without a way to
   * the address, and when the ports or connections are exhausted.
   */
  connect(ip: number, port: number, localPort = 0): TcpConnection {
    requirePort(port)
    if (localPort !== 0) requirePort(localPort)
    this.ip.requireRoute(ip)
    if (this.ip.isBroadcast(ip)) throw new Error(`${ipv4.formatAddress(ip)} is a broadcast address`)
    if (this.table.size >= this.settings.connections)
      throw new Error(`all ${this.settings.connections} connections are in use`)
    const from = localPort === 0 ? this.#freePort(ip, port) : localPort
    if (this.table.find(ip, port, from) !== undefined)
      throw new Error(`a connection from port ${from} to port ${port} exists`)
    const c = this.#create(true, from, ip, port)
    c.resume()
    return c
  }

  receive(bytes: Words, datagram: Datagram, trusted: boolean): void {
    const s = this.#segment
    this.#counters.values[this.#received]++
    if (this.ip.isBroadcast(datagram.destination)) {
      this.count('dropped.broadcast')
      return
    }
    if (!trusted && !this.ip.checksumGood(bytes)) {
      this.count('dropped.checksum')
      return
    }
    if (!parseSegment(s, bytes.u8, datagram.at, datagram.length, datagram.source)) {
      this.count('dropped.malformed')
      return
    }
    const c = this.table.find(s.source, s.sourcePort, s.destinationPort)
    if (c === undefined) {
      this.#toListener()
      return
    }
    c.busy = true
    const refused = c.tcb.state === 'SYN-SENT' ? segmentArrivesInSynSent(c, s) : segmentArrives(c, bytes, s)
    if (refused) this.#reset()
    c.settle()
  }

  count(name: string): void {
    this.#counters.add(this.#counters.slot(`tcp.${name}`), 1)
  }

  remove(c: TcpConnection): void {
    this.table.remove(c)
  }

  #create(active: boolean, localPort: number, ip: number, port: number): TcpConnection {
    const { initialSequence } = this.settings
    const iss = initialSequence < 0 ? this.#random.u32() : initialSequence
    const c = new TcpConnection(this, newTcb(active, localPort, ip, port, iss, this.settings), this.#created++)
    this.table.add(c)
    this.count(active ? 'opened' : 'synReceived')
    return c
  }

  /** No connection: RFC 9293, 3.10.7.1 and 3.10.7.2. */
  #toListener(): void {
    const s = this.#segment
    const accept = this.#listeners.get(s.destinationPort)
    const { syn, ack, rst } = tcp.Flag
    if ((s.flags & rst) !== 0) {
      this.count('dropped.reset')
      return
    }
    if (accept === undefined || (s.flags & ack) !== 0) {
      this.#reset()
      return
    }
    if ((s.flags & syn) === 0) {
      this.count('dropped.noSyn')
      return
    }
    if (this.table.size >= this.settings.connections) {
      this.count('dropped.connections')
      return
    }
    if (this.ip.nextHop(s.source) === 0) {
      this.count('dropped.noRoute')
      return
    }
    const c = this.#create(false, s.destinationPort, s.source, s.sourcePort)
    c.accept = accept
    adoptSyn(c, s)
    c.resume()
  }

  /** Answers a segment with the RST that its sender will believe (RFC 9293, 3.5.2). */
  #reset(): void {
    const s = this.#segment
    const { rst, ack } = tcp.Flag
    if ((s.flags & rst) !== 0) return
    const at = this.ip.begin(undefined, s.source, IpProtocol.tcp, tcp.HEADER_BYTES, 0)
    if (at < 0) {
      this.count('dropped.resetNotSent')
      return
    }
    const { u8 } = this.transmit
    const acked = (s.flags & ack) !== 0
    const next = acked ? 0 : s.seq + sequenceLength(s)
    const bits = acked ? rst : rst | ack
    tcp.emit(u8, at, s.destinationPort, s.sourcePort, acked ? s.ack : 0, next, tcp.HEADER_BYTES, bits, 0)
    this.ip.finish(IpProtocol.tcp, tcp.HEADER_BYTES, tcp.Field.checksum)
    this.count('resetSent')
  }

  #freePort(ip: number, port: number): number {
    for (let tries = 0; tries < EPHEMERAL_COUNT; tries++) {
      const from = EPHEMERAL_FIRST + this.#nextPort
      this.#nextPort = (this.#nextPort + 1) % EPHEMERAL_COUNT
      if (this.table.find(ip, port, from) === undefined) return from
    }
    throw new Error('all ephemeral ports are in use')
  }
}
