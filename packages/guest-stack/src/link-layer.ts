import type { Counters } from '@npa/core'
import type { TransmitQueue } from './transmit-queue.js'
import { ethernet, isBroadcast, macEqual, putU16be, vlan } from '@npa/wire'

/** What `accept` makes of a received frame that is not for this interface. */
export const NOT_OURS = -1

/** The Ethernet side of the interface: addresses, VLAN tags in both forms, padding is the device's. */
export class LinkLayer {
  readonly mac: Uint8Array
  /** Bytes of the header as it is sent in the frame's bytes. */
  readonly headerBytes: number
  /** Payload of the frame that `accept` has accepted. */
  payloadAt = 0
  readonly #transmit: TransmitQueue
  readonly #vlan: number
  readonly #offload: boolean
  readonly #counters: Counters
  readonly #otherMac: number
  readonly #otherVlan: number
  readonly #runt: number

  /** `vlanId`: -1 for none. `offload`: the tag is handed to the device beside the frame instead of in it. */
  constructor(transmit: TransmitQueue, mac: Uint8Array, vlanId: number, offload: boolean, counters: Counters) {
    if (mac.length !== 6) throw new RangeError(`a MAC address of ${mac.length} bytes`)
    if (vlanId !== -1 && !(vlanId >= 1 && vlanId <= 4094)) throw new RangeError(`VLAN ${vlanId}: 1 to 4094 is expected`)
    this.#transmit = transmit
    this.mac = mac
    this.#vlan = vlanId
    this.#offload = offload
    this.#counters = counters
    this.headerBytes = ethernet.HEADER_BYTES + (vlanId >= 0 && !offload ? vlan.TAG_BYTES : 0)
    this.#otherMac = counters.slot('rx.dropped.otherMac')
    this.#otherVlan = counters.slot('rx.dropped.otherVlan')
    this.#runt = counters.slot('rx.dropped.runt')
  }

  /** Starts a frame; its payload follows: `header` bytes written by the caller at the returned address, then `put`. -1 without buffers. */
  begin(destination: Readonly<Uint8Array>, type: number, header: number, payload: number): number {
    const transmit = this.#transmit
    if (!transmit.begin(this.headerBytes + header + payload, this.headerBytes + header)) return -1
    const { u8, head } = transmit
    if (this.#vlan < 0 || this.#offload) {
      ethernet.emit(u8, head, destination, this.mac, type)
      transmit.frame.vlan = this.#vlan
    } else {
      ethernet.emit(u8, head, destination, this.mac, ethernet.EtherType.vlan)
      putU16be(u8, head + ethernet.HEADER_BYTES, this.#vlan)
      putU16be(u8, head + ethernet.HEADER_BYTES + 2, type)
    }
    return head + this.headerBytes
  }

  /**
   * The EtherType of a received frame for this interface; the others are counted and give `NOT_OURS`. `tag` is the tag that the
   * device stripped, or -1. A priority tag (VLAN 0) is no VLAN (IEEE 802.1Q, 6.9).
   */
  accept(u8: Uint8Array, at: number, length: number, tag: number): number {
    if (length < ethernet.HEADER_BYTES) return this.#drop(this.#runt)
    if (!macEqual(u8, at, this.mac, 0) && !isBroadcast(u8, at)) return this.#drop(this.#otherMac)
    let control = tag
    let type = ethernet.etherType(u8, at)
    this.payloadAt = at + ethernet.HEADER_BYTES
    if (tag < 0 && type === ethernet.EtherType.vlan) {
      control = vlan.outerTci(u8, at, length)
      if (control < 0) return this.#drop(this.#runt)
      type = ethernet.etherType(u8, at + vlan.TAG_BYTES)
      this.payloadAt += vlan.TAG_BYTES
    }
    const id = control < 0 ? 0 : vlan.id(control)
    return id === (this.#vlan < 0 ? 0 : this.#vlan) ? type : this.#drop(this.#otherVlan)
  }

  #drop(slot: number): number {
    this.#counters.values[slot]++
    return NOT_OURS
  }
}
