import type { RegisterFile } from '../engine/register-file.js'
import type { ReceiveStatistics, TransmitStatistics } from '../intel/port-rules.js'

/** Bytes of the frame check sequence, which every octet counter includes. */
const FCS = 4

/** Upper bounds of the frame sizes that PRC and PTC count apart, FCS included. */
const SIZES = [64, 127, 255, 511, 1023] as const

/** Words from one virtual function's counters to the next. */
const PER_VF = 0x40
/** RQDPC of one queue to the next. */
const PER_QUEUE = 0x10

/** Registers that are counted in; PRC64 and PTC64 stand for all six sizes, which follow each other. */
const WORDS = [
  'TPR',
  'TORL',
  'PRC64',
  'GPRC',
  'GORCL',
  'BPRC',
  'MPRC',
  'GPTC',
  'TPT',
  'GOTCL',
  'TOTL',
  'PTC64',
  'BPTC',
  'MPTC',
  'RQDPC',
  'RNBC',
  'MPC',
  'RUC',
  'ROC',
  'SSVPC',
  'PVFGPRC',
  'PVFGORC',
  'PVFMPRC',
  'PVFGPTC',
  'PVFGOTC',
  'PVFGPRLBC',
  'PVFGORLBC',
  'PVFGPTLBC',
  'PVFGOTLBC',
] as const

type Word = (typeof WORDS)[number]

/** Events that statistics and interrupts tell together. */
export interface StatisticsUser {
  /** A frame found no room in the receive packet buffer, or in a queue's descriptors. */
  overrun(): void
  /** A pool sent what is not its own. */
  spoofed(queue: number): void
}

/** The statistics registers of the 82576 (8.18). Those of the port stick at all ones; those of virtual functions wrap. */
export class Statistics implements ReceiveStatistics, TransmitStatistics {
  readonly #values: Uint32Array
  readonly #w: Record<Word, number>
  readonly #user: StatisticsUser

  constructor(file: RegisterFile, user: StatisticsUser) {
    this.#values = file.values
    this.#user = user
    const words: Partial<Record<Word, number>> = {}
    for (const name of WORDS) words[name] = file.word(name)
    this.#w = words as Record<Word, number>
    for (const name of ['GORC', 'GOTC', 'TOR', 'TOT'])
      file.onRead(`${name}H`, (_n, high) => {
        file.set(`${name}L`, 0, 0)
        return high
      })
  }

  wireIn(bytes: number): void {
    this.#one(this.#w.TPR)
    this.#octets(this.#w.TORL, bytes)
    this.#one(this.#w.PRC64 + sizeClass(bytes))
  }

  accepted(bytes: number, macLo: number, macHi: number): void {
    this.#one(this.#w.GPRC)
    this.#octets(this.#w.GORCL, bytes)
    if ((macLo & 1) !== 0) this.#one(macLo === -1 && macHi === 0xffff ? this.#w.BPRC : this.#w.MPRC)
  }

  undersize(): void {
    this.#one(this.#w.RUC)
  }

  oversize(): void {
    this.#one(this.#w.ROC)
  }

  missed(): void {
    this.#one(this.#w.MPC)
    this.#user.overrun()
  }

  looped(): void {
    /* counted for the pools that it reaches */
  }

  delivered(_queue: number, pool: number, bytes: number, multicast: boolean, looped: boolean): void {
    const at = pool * PER_VF
    this.#values[this.#w.PVFGPRC + at]++
    this.#values[this.#w.PVFGORC + at] += bytes + FCS
    if (looped) {
      this.#values[this.#w.PVFGPRLBC + at]++
      this.#values[this.#w.PVFGORLBC + at] += bytes + FCS
    }
    if (multicast) this.#values[this.#w.PVFMPRC + at]++
  }

  dropped(queue: number): void {
    this.#one(this.#w.RQDPC + queue * PER_QUEUE)
    this.#one(this.#w.RNBC)
    this.#user.overrun()
  }

  sent(_queue: number, pool: number, bytes: number): void {
    const at = pool * PER_VF
    this.#values[this.#w.PVFGPTC + at]++
    this.#values[this.#w.PVFGOTC + at] += bytes + FCS
  }

  lent(pool: number, bytes: number): void {
    const at = pool * PER_VF
    this.#values[this.#w.PVFGPTLBC + at]++
    this.#values[this.#w.PVFGOTLBC + at] += bytes + FCS
  }

  wireOut(bytes: number, macLo: number, macHi: number): void {
    this.#one(this.#w.GPTC)
    this.#one(this.#w.TPT)
    this.#octets(this.#w.GOTCL, bytes)
    this.#octets(this.#w.TOTL, bytes)
    this.#one(this.#w.PTC64 + sizeClass(bytes))
    if ((macLo & 1) !== 0) this.#one(macLo === -1 && macHi === 0xffff ? this.#w.BPTC : this.#w.MPTC)
  }

  spoofed(queue: number): void {
    this.#one(this.#w.SSVPC)
    this.#user.spoofed(queue)
  }

  #one(word: number): void {
    if (this.#values[word] !== 0xffffffff) this.#values[word]++
  }

  /** A 64-bit counter, its high word after its low one. It would take centuries to stick. */
  #octets(low: number, bytes: number): void {
    const sum = this.#values[low] + bytes + FCS
    this.#values[low] = sum
    if (sum > 0xffffffff) this.#values[low + 1]++
  }
}

function sizeClass(bytes: number): number {
  const whole = bytes + FCS
  for (let i = 0; i < SIZES.length; i++) if (whole <= SIZES[i]) return i
  return SIZES.length
}
