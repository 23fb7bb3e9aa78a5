import type { Counters } from '@npa/core'
import { WordsCache } from './bytes.js'
import type { Ipv4Layer } from './ipv4-layer.js'
import { requirePort } from './port.js'
import type { TransmitQueue } from './transmit-queue.js'
import type { Waiter } from './wait-list.js'
import { IpProtocol, ipv4, udp } from '@npa/wire'

/** A received datagram; its bytes are borrowed until the handler returns. */
export type DatagramHandler = (ip: number, port: number, u8: Uint8Array, at: number, length: number) => void

/** A UDP port of the stack. */
export class UdpSocket implements Waiter {
  waiting = 0
  readonly port: number
  onDatagram: DatagramHandler | undefined
  /** After a refused `send`: try again. */
  onWritable: (() => void) | undefined
  /** After a refused `send`: there is no way to this neighbour. */
  onUnreachable: ((neighbour: number) => void) | undefined
  readonly #longest: number
  readonly #ip: Ipv4Layer
  readonly #transmit: TransmitQueue
  readonly #counters: Counters
  readonly #sent: number
  readonly #release: () => void
  readonly #views = new WordsCache()

  /** Made by `UdpLayer.bind`. */
  constructor(
    port: number,
    mtu: number,
    ip: Ipv4Layer,
    transmit: TransmitQueue,
    counters: Counters,
    release: () => void,
  ) {
    this.port = port
    this.#longest = mtu - ipv4.HEADER_BYTES - udp.HEADER_BYTES
    this.#ip = ip
    this.#transmit = transmit
    this.#counters = counters
    this.#sent = counters.slot('udp.sent')
    this.#release = release
  }

  /**
   * Sends a datagram; false when that is not possible now (`onWritable` or `onUnreachable` follows). Throws a `RangeError` when
   * it does not fit one frame, an `Error` without a way to the address.
   */
  send(ip: number, port: number, u8: Uint8Array, at: number, length: number): boolean {
    if (!(length >= 0 && length <= this.#longest)) {
      throw new RangeError(`a datagram of ${length} bytes: at most ${this.#longest} fit a frame`)
    }
    requirePort(port)
    this.#ip.requireRoute(ip)
    const transmit = this.#transmit
    transmit.enter()
    const to = this.#ip.begin(this, ip, IpProtocol.udp, udp.HEADER_BYTES, length)
    if (to >= 0) {
      udp.emit(transmit.u8, to, this.port, port, udp.HEADER_BYTES + length)
      transmit.put(this.#views.of(u8), at, length)
      this.#ip.finish(IpProtocol.udp, udp.HEADER_BYTES + length, udp.Field.checksum)
      this.#counters.add(this.#sent, 1)
    }
    transmit.leave()
    return to >= 0
  }

  close(): void {
    this.#release()
    this.onDatagram = undefined
    this.onWritable = undefined
  }

  resume(): void {
    this.onWritable?.()
  }

  unreachable(neighbour: number): void {
    this.onUnreachable?.(neighbour)
    this.onWritable?.()
  }
}
