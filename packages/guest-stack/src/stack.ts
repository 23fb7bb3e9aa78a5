import { Counters, Csum } from '@npa/core'
import type { FrameSegments, NetDevice, NetDeviceUser } from '@npa/core'
import { Arp } from './arp.js'
import { IcmpLayer } from './icmp-layer.js'
import type { PongHandler } from './icmp-layer.js'
import { Ipv4Layer } from './ipv4-layer.js'
import { LinkLayer, NOT_OURS } from './link-layer.js'
import { stackOptions } from './options.js'
import type { GuestStackOptions } from './options.js'
import { RawSocket } from './raw-socket.js'
import type { Tap } from './raw-socket.js'
import { Receiver } from './receiver.js'
import { saveStack } from './save.js'
import type { SavedStack } from './save.js'
import { TcpLayer } from './tcp/tcp-layer.js'
import type { AcceptHandler } from './tcp/tcp-layer.js'
import type { TcpConnection } from './tcp/connection.js'
import { TransmitQueue } from './transmit-queue.js'
import { UdpLayer } from './udp-layer.js'
import type { UdpSocket } from './udp-socket.js'
import { ethernet, IpProtocol } from '@npa/wire'

/**
 * The network stack of a simulated guest: one interface with ARP, IPv4, ICMP echo, UDP and TCP. Handlers of the program run
 * inside the stack's events and may call anything here.
 */
export class GuestStack implements NetDeviceUser {
  readonly name: string
  readonly counters: Counters = new Counters()
  /** Received frames go to taps only, and nothing answers: for replaying somebody else's frames. */
  muted = false
  linkUp = true
  readonly ip: number
  readonly #device: NetDevice
  readonly #transmit: TransmitQueue
  readonly #link: LinkLayer
  readonly #arp: Arp
  readonly #ipv4: Ipv4Layer
  readonly #icmp: IcmpLayer
  readonly #udp: UdpLayer
  readonly #tcp: TcpLayer
  readonly #receiver: Receiver
  readonly #sockets: RawSocket[] = []
  readonly #csumBad: number
  readonly #muted: number
  readonly #otherType: number

  /** Attaches itself to the device. Throws a `RangeError` for options out of their range. */
  constructor(given: GuestStackOptions) {
    const options = stackOptions(given)
    const { clock, device, random, name } = options
    const { counters } = this
    this.name = name
    this.ip = options.address.ip
    this.#device = device
    this.#transmit = new TransmitQueue(clock, device, counters, name, options.transmitQueue)
    this.#link = new LinkLayer(this.#transmit, device.mac, options.vlan, options.vlanOffload, counters)
    this.#arp = new Arp(name, this.ip, clock, this.#link, this.#transmit, counters, options.arp)
    this.#ipv4 = new Ipv4Layer(options.address, this.#link, this.#arp, this.#transmit, options.csumOffload, counters)
    this.#icmp = new IcmpLayer(random.below(0x10000), this.#ipv4, this.#transmit, clock, counters, device.mtu)
    this.#udp = new UdpLayer(this.#ipv4, this.#transmit, counters, device.mtu)
    this.#tcp = new TcpLayer(name, clock, options.tcp, this.#ipv4, this.#transmit, device.mtu, random, counters)
    this.#receiver = new Receiver(device.buffers, counters)
    this.#csumBad = counters.slot('rx.dropped.checksum')
    this.#muted = counters.slot('rx.dropped.muted')
    this.#otherType = counters.slot('rx.dropped.otherType')
    device.attach(this)
  }

  /** Accepts TCP connections on `port`. Throws an `Error` when somebody does already. */
  listen(port: number, onAccept: AcceptHandler): void {
    this.#tcp.listen(port, onAccept)
  }

  unlisten(port: number): void {
    this.#tcp.unlisten(port)
  }

  /** Opens a TCP connection to a u32 address; set its handlers at once. Throws an `Error` without a way to the address. */
  connect(ip: number, port: number, localPort = 0): TcpConnection {
    return this.#tcp.connect(ip, port, localPort)
  }

  /** Every TCP connection that is not closed, in order of creation. */
  get connections(): TcpConnection[] {
    return [...this.#tcp.table.all()]
  }

  /** A UDP socket. Throws an `Error` when the port is taken. */
  bindUdp(port: number): UdpSocket {
    return this.#udp.bind(port)
  }

  /** Sends an ICMP echo request with `length` bytes; false when too many wait. Throws for no route and no fit. */
  ping(ip: number, sequence: number, length = 56): boolean {
    return this.#icmp.ping(ip, sequence, length)
  }

  set onPong(handler: PongHandler | undefined) {
    this.#icmp.onPong = handler
  }

  /** Sends a gratuitous ARP. */
  announce(): void {
    this.#transmit.enter()
    this.#arp.announce()
    this.#transmit.leave()
  }

  /** A socket for whole frames; `tap` sees what the device delivers, in the order in which the sockets were made. */
  raw(tap?: Tap): RawSocket {
    const socket = new RawSocket(this.#transmit, this.counters, tap, () => {
      this.#sockets.splice(this.#sockets.indexOf(socket), 1)
    })
    this.#sockets.push(socket)
    return socket
  }

  /** Frames that the device has refused and that wait for it. */
  get parkedFrames(): number {
    return this.#transmit.parked
  }

  /** For the device. */
  receive(frame: FrameSegments): void {
    const receiver = this.#receiver
    this.#transmit.enter()
    if (receiver.take(frame) && !this.#tapped(frame)) {
      if (this.muted) this.counters.values[this.#muted]++
      else this.#input(frame)
    }
    receiver.release(frame)
    this.#transmit.leave()
  }

  /** For the device. */
  wake(): void {
    this.#transmit.wake()
  }

  /** For the device. A link that comes up may lead elsewhere than before: everybody is told where we are (RFC 5227, 3). */
  link(up: boolean): void {
    const was = this.linkUp
    this.linkUp = up
    if (up && !was && !this.muted) this.announce()
  }

  /** The stack's state as plain data that JSON can hold. */
  save(): SavedStack {
    return saveStack(this.name, this.ip, this.#device.mac, this.#ipv4.identification, this.#arp, this.#icmp, this.#tcp)
  }

  #tapped(frame: FrameSegments): boolean {
    const { bytes, at, length } = this.#receiver
    for (const socket of this.#sockets) if (socket.tap?.(bytes.u8, at, length, frame) === true) return true
    return false
  }

  #input(frame: FrameSegments): void {
    if (frame.csum === Csum.bad) {
      this.counters.values[this.#csumBad]++
      return
    }
    const { bytes, at, length } = this.#receiver
    const type = this.#link.accept(bytes.u8, at, length, frame.vlan)
    if (type === NOT_OURS) return
    const payload = this.#link.payloadAt
    const rest = at + length - payload
    if (type === ethernet.EtherType.ipv4) this.#ipInput(payload, rest, frame.csum === Csum.good)
    else if (type === ethernet.EtherType.arp) this.#arp.receive(bytes.u8, payload, rest)
    else this.counters.values[this.#otherType]++
  }

  #ipInput(at: number, length: number, trusted: boolean): void {
    const { bytes } = this.#receiver
    const { datagram } = this.#ipv4
    if (!this.#ipv4.accept(bytes.u8, at, length, trusted)) return
    if (datagram.protocol === IpProtocol.tcp) this.#tcp.receive(bytes, datagram, trusted)
    else if (datagram.protocol === IpProtocol.udp) this.#udp.receive(bytes, datagram, trusted)
    else if (datagram.protocol === IpProtocol.icmp) this.#icmp.receive(bytes, datagram)
    else this.#ipv4.dropOtherProtocol()
  }
}
