import type { Mmio } from '@npa/core'
import { Counters } from '@npa/core'

/** Where a chip counts. */
export interface StatisticsRegisters {
  /** Counters of the port, of 32 bits, that a read clears: name and offset. */
  readonly cleared: readonly (readonly [name: string, offset: number])[]
  /** Longer ones: the low word, then the high one, whose reading clears both. */
  readonly clearedWide: readonly (readonly [name: string, offset: number])[]
  /** Bits that count in the high word of a longer counter. */
  readonly highMask: number
  /** Counters of a VF, which run freely: offsets for VF 0, bytes to the next, and where the high word is. */
  readonly free: readonly (readonly [name: string, low: number, stride: number, high?: number, highStride?: number])[]
  /** Name of the counter of frames that the anti-spoof check dropped. */
  readonly spoofed: string
}

const WORD = 0x100000000

/**
 * The chip's statistics as 64-bit counters under the hardware's names, those of VF n as `VFn.name`. Reading the chip's own clears
 * them, so this is the only place that does; `collect` must come round before a 32-bit counter is full, each five minutes.
 */
export class Statistics {
  readonly counters: Counters = new Counters()
  readonly #mmio: Mmio
  readonly #highMask: number
  readonly #spoofed: number
  readonly #cleared: readonly { slot: number; offset: number }[]
  readonly #octets: readonly { slot: number; offset: number }[]
  readonly #free: readonly { slot: number; low: number; high: number | undefined }[]
  /** What a free-running counter said last. */
  readonly #last: Float64Array

  constructor(mmio: Mmio, registers: StatisticsRegisters, vfs: number) {
    this.#mmio = mmio
    this.#highMask = registers.highMask
    this.#spoofed = this.counters.slot(registers.spoofed)
    const slots = ([name, offset]: readonly [string, number]): { slot: number; offset: number } => {
      return { slot: this.counters.slot(name), offset }
    }
    this.#cleared = registers.cleared.map(slots)
    this.#octets = registers.clearedWide.map(slots)
    this.#free = Array.from({ length: vfs }, (_, vf) =>
      registers.free.map(([name, low, stride, high, highStride = 0]) => ({
        slot: this.counters.slot(`VF${vf}.${name}`),
        low: low + stride * vf,
        high: high === undefined ? undefined : high + highStride * vf,
      })),
    ).flat()
    this.#last = new Float64Array(this.#free.length)
  }

  /** Frames that the anti-spoof check dropped so far. */
  get spoofed(): number {
    return this.counters.values[this.#spoofed]
  }

  /** Adds what the chip counted since the last time. */
  collect(): void {
    const { counters } = this
    for (const { slot, offset } of this.#cleared) counters.add(slot, this.#mmio.read32(offset))
    for (const { slot, offset } of this.#octets) {
      const low = this.#mmio.read32(offset)
      counters.add(slot, low + ((this.#mmio.read32(offset + 4) & this.#highMask) >>> 0) * WORD)
    }
    this.#free.forEach(({ slot, low, high }, i) => {
      const size = high === undefined ? WORD : (this.#highMask + 1) * WORD
      const now =
        this.#mmio.read32(low) + (high === undefined ? 0 : ((this.#mmio.read32(high) & this.#highMask) >>> 0) * WORD)
      counters.add(slot, (now - this.#last[i] + size) % size)
      this.#last[i] = now
    })
  }
}
