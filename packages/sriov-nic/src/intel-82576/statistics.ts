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

/**
 * Where the registers that are counted in stand; those of frame sizes stand for all of them, which follow each other. One literal: an
 * object that grows name by name becomes a dictionary, and is searched for every frame.
 */
function wordsOf(file: RegisterFile) {
  return {
    TPR: file.word('TPR'),
    TORL: file.word('TORL'),
    PRC64: file.word('PRC64'),
    GPRC: file.word('GPRC'),
    GORCL: file.word('GORCL'),
    BPRC: file.word('BPRC'),
    MPRC: file.word('MPRC'),
    GPTC: file.word('GPTC'),
    TPT: file.word('TPT'),
    GOTCL: file.word('GOTCL'),
    TOTL: file.word('TOTL'),
    PTC64: file.word('PTC64'),
    BPTC: file.word('BPTC'),
    MPTC: file.word('MPTC'),
    RQDPC: file.word('RQDPC'),
    RNBC: file.word('RNBC'),
    MPC: file.word('MPC'),
    RUC: file.word('RUC'),
    ROC: file.word('ROC'),
    SSVPC: file.word('SSVPC'),
    PVFGPRC: file.word('PVFGPRC'),
    PVFGORC: file.word('PVFGORC'),
    PVFMPRC: file.word('PVFMPRC'),
    PVFGPTC: file.word('PVFGPTC'),
    PVFGOTC: file.word('PVFGOTC'),
    PVFGPRLBC: file.word('PVFGPRLBC'),
    PVFGORLBC: file.word('PVFGORLBC'),
    PVFGPTLBC: file.word('PVFGPTLBC'),
    PVFGOTLBC: file.word('PVFGOTLBC'),
  }
}

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
  readonly #w: ReturnType<typeof wordsOf>
  readonly #user: StatisticsUser

  constructor(file: RegisterFile, user: StatisticsUser) {
    this.#values = file.values
    this.#user = user
    this.#w = wordsOf(file)
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

  droppedOff(): void {
    // RQDPC and RNBC count what found no descriptor.
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
