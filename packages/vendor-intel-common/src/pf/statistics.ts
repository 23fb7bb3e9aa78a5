import type { Mmio } from '@npa/core'
import { Counters } from '@npa/core'

/** Counters of the port that a read clears: name and offset (82599 datasheet 8.2.3.23). */
const CLEARED: readonly (readonly [name: string, offset: number])[] = [
  ['CRCERRS', 0x4000],
  ['ILLERRC', 0x4004],
  ['ERRBC', 0x4008],
  ['RLEC', 0x4040],
  ['PRC64', 0x405c],
  ['PRC127', 0x4060],
  ['PRC255', 0x4064],
  ['PRC511', 0x4068],
  ['PRC1023', 0x406c],
  ['PRC1522', 0x4070],
  ['GPRC', 0x4074],
  ['BPRC', 0x4078],
  ['MPRC', 0x407c],
  ['GPTC', 0x4080],
  ['RUC', 0x40a4],
  ['RFC', 0x40a8],
  ['ROC', 0x40ac],
  ['RJC', 0x40b0],
  ['TPR', 0x40d0],
  ['TPT', 0x40d4],
  ['PTC64', 0x40d8],
  ['PTC127', 0x40dc],
  ['PTC255', 0x40e0],
  ['PTC511', 0x40e4],
  ['PTC1023', 0x40e8],
  ['PTC1522', 0x40ec],
  ['MPTC', 0x40f0],
  ['BPTC', 0x40f4],
  ['RXMPC0', 0x3fa0],
  ['QPRDC0', 0x1430],
  ['SSVPC', 0x8780],
]

/** The same in 36 bits: the low word, then the high one, whose reading clears both. */
const CLEARED_OCTETS: readonly (readonly [name: string, offset: number])[] = [
  ['GORC', 0x4088],
  ['GOTC', 0x4090],
  ['TOR', 0x40c0],
]

/** Counters of a VF run freely: offsets for VF 0, bytes to the next, and where the high word is. */
const FREE: readonly (readonly [name: string, low: number, stride: number, high?: number, highStride?: number])[] = [
  ['PVFGPRC', 0x101c, 0x40],
  ['PVFMPRC', 0xd01c, 0x40],
  ['PVFGPTC', 0x8300, 4],
  ['PVFGORC', 0x1020, 0x40, 0xd020, 0x40],
  ['PVFGOTC', 0x8400, 8, 0x8404, 8],
]

const WORD = 0x100000000

/**
 * The chip's statistics as 64-bit counters under the hardware's names, those of VF n as `VFn.name`. Reading the chip's own clears
 * them, so this is the only place that does; `collect` must come round before a 32-bit counter is full, each five minutes.
 */
export class Statistics {
  readonly counters: Counters = new Counters()
  readonly #mmio: Mmio
  readonly #cleared: readonly { slot: number; offset: number }[]
  readonly #octets: readonly { slot: number; offset: number }[]
  readonly #free: readonly { slot: number; low: number; high: number | undefined }[]
  /** What a free-running counter said last. */
  readonly #last: Float64Array

  constructor(mmio: Mmio, vfs: number) {
    this.#mmio = mmio
    const slots = ([name, offset]: readonly [string, number]): { slot: number; offset: number } => {
      return { slot: this.counters.slot(name), offset }
    }
    this.#cleared = CLEARED.map(slots)
    this.#octets = CLEARED_OCTETS.map(slots)
    this.#free = Array.from({ length: vfs }, (_, vf) =>
      FREE.map(([name, low, stride, high, highStride = 0]) => ({
        slot: this.counters.slot(`VF${vf}.${name}`),
        low: low + stride * vf,
        high: high === undefined ? undefined : high + highStride * vf,
      })),
    ).flat()
    this.#last = new Float64Array(this.#free.length)
  }

  /** Adds what the chip counted since the last time. */
  collect(): void {
    const { counters } = this
    for (const { slot, offset } of this.#cleared) counters.add(slot, this.#mmio.read32(offset))
    for (const { slot, offset } of this.#octets) {
      const low = this.#mmio.read32(offset)
      counters.add(slot, low + (this.#mmio.read32(offset + 4) & 0xf) * WORD)
    }
    this.#free.forEach(({ slot, low, high }, i) => {
      const size = high === undefined ? WORD : 16 * WORD
      const now = this.#mmio.read32(low) + (high === undefined ? 0 : (this.#mmio.read32(high) & 0xf) * WORD)
      counters.add(slot, (now - this.#last[i] + size) % size)
      this.#last[i] = now
    })
  }
}
