import { RxMode } from '@npa/vmxnet3-spec'
import { u16be, u32be } from '@npa/wire'

/** What a frame's destination is, and so how it is counted. */
const FrameKind = { unicast: 0, multicast: 1, broadcast: 2 } as const

/** `RxFilter.accept` for a frame that the driver did not ask for. */
export const Filtered = { unicast: -1, multicast: -2, broadcast: -3, vlan: -4 } as const

/** Kind of a destination address: one of `FrameKind`. */
export function frameKind(u8: Uint8Array, at: number): number {
  if ((u8[at] & 1) === 0) return FrameKind.unicast
  return u32be(u8, at) === 0xffffffff && u16be(u8, at + 4) === 0xffff ? FrameKind.broadcast : FrameKind.multicast
}

/** Receive filter of one device: address, mode, multicast list and VLAN table (sheet, section 11). */
export class RxFilter {
  readonly mac: Uint8Array
  mode = 0
  /** Listed addresses as numbers, sorted, so that a long list costs few comparisons per frame. */
  #multicast: Float64Array = new Float64Array(0)
  readonly #vlans = new Int32Array(128)
  #vlanFiltering = false
  #macHi = 0
  #macLo = 0

  /** `mac` has six bytes and is copied. */
  constructor(mac: Uint8Array) {
    this.mac = mac.slice()
    this.setMac(mac)
  }

  setMac(mac: Uint8Array): void {
    this.mac.set(mac)
    this.#macHi = u32be(mac, 0)
    this.#macLo = u16be(mac, 4)
  }

  /** Takes the list over: one 48-bit number per address. */
  setMulticast(list: Float64Array): void {
    this.#multicast = list.sort()
  }

  /** The list, six bytes each. */
  get multicast(): Uint8Array[] {
    return Array.from(this.#multicast, (number) => {
      const mac = new Uint8Array(6)
      for (let i = 0; i < 6; i++) mac[i] = Math.floor(number / 2 ** (40 - 8 * i)) & 255
      return mac
    })
  }

  /** The ids that pass; empty when the table filters nothing, being all zeros or all ones. */
  get vlans(): number[] {
    if (this.#vlans.every((word) => word === -1)) return []
    return Array.from({ length: 4096 }, (_, id) => id).filter((id) => ((this.#vlans[id >> 5] >>> (id & 31)) & 1) !== 0)
  }

  /** The table's 128 words at `word` of `i32`. An all-zero table filters nothing. */
  setVlans(i32: Int32Array, word: number): void {
    let any = 0
    for (let i = 0; i < 128; i++) {
      this.#vlans[i] = i32[word + i]
      any |= this.#vlans[i]
    }
    this.#vlanFiltering = any !== 0
  }

  /** Nothing passes. */
  reset(): void {
    this.mode = 0
    this.#multicast = new Float64Array(0)
    this.#vlans.fill(0)
    this.#vlanFiltering = false
  }

  /**
   * Judges the frame at `at`, tagged with `tci` or untagged (-1): its kind, or one of `Filtered`. Untagged frames pass the VLAN
   * table whatever is in it, and promiscuous mode passes everything.
   */
  accept(u8: Uint8Array, at: number, tci: number): number {
    const { mode } = this
    const kind = frameKind(u8, at)
    if ((mode & RxMode.promiscuous) !== 0) return kind
    if (tci >= 0 && this.#vlanFiltering && ((this.#vlans[(tci >> 5) & 127] >>> (tci & 31)) & 1) === 0)
      return Filtered.vlan
    if (kind === FrameKind.unicast) {
      const own = u32be(u8, at) === this.#macHi && u16be(u8, at + 4) === this.#macLo
      return own && (mode & RxMode.unicast) !== 0 ? kind : Filtered.unicast
    }
    if (kind === FrameKind.broadcast) return (mode & RxMode.broadcast) !== 0 ? kind : Filtered.broadcast
    if ((mode & RxMode.allMulticast) !== 0) return kind
    return (mode & RxMode.multicast) !== 0 && this.#listed(u8, at) ? kind : Filtered.multicast
  }

  #listed(u8: Uint8Array, at: number): boolean {
    const wanted = macNumber(u8, at)
    let low = 0
    let high = this.#multicast.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#multicast[middle] < wanted) low = middle + 1
      else high = middle
    }
    return this.#multicast[low] === wanted
  }
}

/** The address at `at` as one 48-bit number. */
export function macNumber(u8: Uint8Array, at: number): number {
  return u32be(u8, at) * 65536 + u16be(u8, at + 4)
}
