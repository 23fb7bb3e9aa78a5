import type { Counters } from '@npa/core'
import type { Words } from './bytes.js'
import type { Datagram, Ipv4Layer } from './ipv4-layer.js'
import { requirePort } from './port.js'
import type { TransmitQueue } from './transmit-queue.js'
import { UdpSocket } from './udp-socket.js'
import { udp } from '@npa/wire'

/** UDP (RFC 768) of one interface. */
export class UdpLayer {
  readonly #sockets = new Map<number, UdpSocket>()
  readonly #ip: Ipv4Layer
  readonly #transmit: TransmitQueue
  readonly #counters: Counters
  readonly #mtu: number

  constructor(ip: Ipv4Layer, transmit: TransmitQueue, counters: Counters, mtu: number) {
    this.#ip = ip
    this.#transmit = transmit
    this.#counters = counters
    this.#mtu = mtu
  }

  /** A socket on `port`. Throws an `Error` when it is taken. */
  bind(port: number): UdpSocket {
    requirePort(port)
    if (this.#sockets.has(port)) throw new Error(`UDP port ${port} is taken`)
    const socket = new UdpSocket(port, this.#mtu, this.#ip, this.#transmit, this.#counters, () =>
      this.#sockets.delete(port),
    )
    this.#sockets.set(port, socket)
    return socket
  }

  receive(bytes: Words, datagram: Datagram, trusted: boolean): void {
    const { at, source } = datagram
    const { u8 } = bytes
    if (datagram.length < udp.HEADER_BYTES) {
      this.#count('udp.dropped.malformed')
      return
    }
    const length = udp.length(u8, at)
    if (length < udp.HEADER_BYTES || length > datagram.length) {
      this.#count('udp.dropped.malformed')
      return
    }
    datagram.length = length
    if (!trusted && udp.checksum(u8, at) !== 0 && !this.#ip.checksumGood(bytes)) {
      this.#count('udp.dropped.checksum')
      return
    }
    const socket = this.#sockets.get(udp.destinationPort(u8, at))
    if (socket === undefined) {
      this.#count('udp.dropped.noPort')
      return
    }
    this.#count('udp.received')
    socket.onDatagram?.(source, udp.sourcePort(u8, at), u8, at + udp.HEADER_BYTES, length - udp.HEADER_BYTES)
  }

  #count(name: string): void {
    this.#counters.add(this.#counters.slot(name), 1)
  }
}
