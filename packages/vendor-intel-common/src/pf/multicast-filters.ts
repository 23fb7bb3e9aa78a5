import type { Mmio } from '@npa/core'

/** Multicast table array: the same place in both chips. */
export function MTA(n: number): number {
  return 0x05200 + 4 * n
}

/** Bit of the 4096-bit table for an address: its bits 47:36 (MCSTCTRL.MO 0). */
function tableBit(mac: Uint8Array): number {
  return (mac[4] >> 4) | (mac[5] << 4)
}

/** Whether bytes are a multicast address. */
export function isMulticast(mac: Uint8Array): boolean {
  return mac.length === 6 && (mac[0] & 1) === 1
}

/** The multicast table, which all pools share: a bit stays set while any VF has an address that needs it. */
export class MulticastFilters {
  readonly #mmio: Mmio
  readonly #users: Uint16Array = new Uint16Array(4096)

  constructor(mmio: Mmio) {
    this.#mmio = mmio
  }

  start(): void {
    for (let n = 0; n < 128; n++) this.#mmio.write32(MTA(n), 0)
  }

  /** Replaces what a VF has by other addresses; returns the bits that it holds then. */
  replace(held: readonly number[], addresses: readonly Uint8Array[]): readonly number[] {
    const bits = [...new Set(addresses.map(tableBit))]
    for (const bit of bits) if (this.#users[bit]++ === 0) this.#write(bit >> 5)
    for (const bit of held) if (--this.#users[bit] === 0) this.#write(bit >> 5)
    return bits
  }

  #write(word: number): void {
    let bits = 0
    for (let i = 0; i < 32; i++) if (this.#users[word * 32 + i] > 0) bits |= 1 << i
    this.#mmio.write32(MTA(word), bits >>> 0)
  }
}
