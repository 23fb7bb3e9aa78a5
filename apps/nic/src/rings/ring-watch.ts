import { RingRegister } from '../card/driver-view.js'
import type { RingBank, RingView } from '../card/driver-view.js'

const HIGH = 4294967296
/** Of every descriptor of these chips. */
export const DESCRIPTOR_BYTES = 16

/** A descriptor ring as its driver has set it up. */
export interface Ring {
  readonly kind: 'rx' | 'tx'
  readonly queue: number
  /** Bus address. */
  base: number
  /** Descriptors; 0 until its length was written. */
  count: number
  /** The tail that the driver wrote last. */
  tail: number
}

/** Knows a function's rings by what its driver writes into their registers. */
export class RingWatch {
  readonly #view: RingView
  readonly #rings = new Map<string, Ring>()

  constructor(view: RingView) {
    this.#view = view
  }

  /** The driver writes a register of BAR 0. Returns the ring and the tail before, when it is a tail. */
  wrote(offset: number, value: number): { readonly ring: Ring; readonly from: number } | undefined {
    return this.#in('rx', this.#view.rx, offset, value) ?? this.#in('tx', this.#view.tx, offset, value)
  }

  /** The function was reset: there are no rings. */
  clear(): void {
    this.#rings.clear()
  }

  /** The ring that an address is in. */
  find(lo: number, hi: number): Ring | undefined {
    const address = (hi >>> 0) * HIGH + (lo >>> 0)
    for (const ring of this.#rings.values()) {
      if (address >= ring.base && address < ring.base + ring.count * DESCRIPTOR_BYTES) return ring
    }
    return undefined
  }

  #in(kind: 'rx' | 'tx', banks: readonly RingBank[], offset: number, value: number): ReturnType<RingWatch['wrote']> {
    for (const { at, stride, count, first } of banks) {
      const index = Math.floor((offset - at) / stride)
      const register = (offset - at) % stride
      if (index < 0 || index >= count) continue
      return this.#register(kind, first + index, register, value)
    }
    return undefined
  }

  #register(kind: 'rx' | 'tx', queue: number, register: number, value: number): ReturnType<RingWatch['wrote']> {
    const { low, high, bytes, tail, head } = RingRegister
    if (![low, high, bytes, tail, head].includes(register as 0)) return undefined
    const ring = this.#ring(kind, queue)
    if (register === low) ring.base = Math.floor(ring.base / HIGH) * HIGH + (value >>> 0)
    else if (register === high) ring.base = (value >>> 0) * HIGH + (ring.base % HIGH)
    else if (register === bytes) ring.count = Math.floor((value & 0xfffff) / DESCRIPTOR_BYTES)
    else if (register === tail) {
      const from = ring.tail
      ring.tail = value & 0xffff
      return { ring, from }
    } else ring.tail = value & 0xffff
    return undefined
  }

  #ring(kind: 'rx' | 'tx', queue: number): Ring {
    const key = `${kind}${queue}`
    const known = this.#rings.get(key)
    if (known !== undefined) return known
    const ring: Ring = { kind, queue, base: 0, count: 0, tail: 0 }
    this.#rings.set(key, ring)
    return ring
  }
}
