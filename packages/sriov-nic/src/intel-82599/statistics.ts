import type { RegisterFile } from '../engine/register-file.js'
import type { ReceiveStatistics, TransmitStatistics } from '../intel/port-rules.js'

/** Bytes of the frame check sequence, which every octet counter includes. */
const FCS = 4

/** Upper bounds of the frame sizes that PRC and PTC count apart, FCS included. */
const SIZES = [64, 127, 255, 511, 1023] as const

/** RXDSTATCTRL.QSEL that counts all queues; any other value is a set of RQSMR. */
const ALL_QUEUES = 0x10

/**
 * Packets, octets low and high: frames from the wire (RXDGPC), further copies of them (RXDDPC), and the same two of frames that
 * came back (RXLPBKPC, RXDLPBKPC), which follow each other.
 */
const DMA_WORDS = 3

/**
 * Where the registers that are counted in stand; those of frame sizes stand for all of them, which follow each other. One literal: an
 * object that grows name by name becomes a dictionary, and is searched for every frame.
 */
function wordsOf(file: RegisterFile) {
  return {
    TPR: file.word('TPR'),
    TORL: file.word('TORL'),
    TORH: file.word('TORH'),
    RXNFGPC: file.word('RXNFGPC'),
    RXNFGBCL: file.word('RXNFGBCL'),
    RXNFGBCH: file.word('RXNFGBCH'),
    PRC64: file.word('PRC64'),
    GPRC: file.word('GPRC'),
    GORCL: file.word('GORCL'),
    GORCH: file.word('GORCH'),
    BPRC: file.word('BPRC'),
    MPRC: file.word('MPRC'),
    GPTC: file.word('GPTC'),
    TPT: file.word('TPT'),
    GOTCL: file.word('GOTCL'),
    GOTCH: file.word('GOTCH'),
    PTC64: file.word('PTC64'),
    BPTC: file.word('BPTC'),
    MPTC: file.word('MPTC'),
    TQSM: file.word('TQSM'),
    QPTC: file.word('QPTC'),
    QBTC_L: file.word('QBTC_L'),
    QBTC_H: file.word('QBTC_H'),
    TXDGPC: file.word('TXDGPC'),
    TXDGBCL: file.word('TXDGBCL'),
    TXDGBCH: file.word('TXDGBCH'),
    PVFGPTC: file.word('PVFGPTC'),
    PVFGOTC_LSB: file.word('PVFGOTC_LSB'),
    PVFGOTC_MSB: file.word('PVFGOTC_MSB'),
    RQSMR: file.word('RQSMR'),
    QPRC: file.word('QPRC'),
    QBRC_L: file.word('QBRC_L'),
    QBRC_H: file.word('QBRC_H'),
    RXDGPC: file.word('RXDGPC'),
    RXDSTATCTRL: file.word('RXDSTATCTRL'),
    PVFGPRC: file.word('PVFGPRC'),
    PVFGORC_LSB: file.word('PVFGORC_LSB'),
    PVFGORC_MSB: file.word('PVFGORC_MSB'),
    PVFMPRC: file.word('PVFMPRC'),
    QPRDC: file.word('QPRDC'),
    RXMPC: file.word('RXMPC'),
    RUC: file.word('RUC'),
    ROC: file.word('ROC'),
    SSVPC: file.word('SSVPC'),
  }
}

/** The statistics registers of the 82599 (8.2.3.23). Those of the port stick at all ones; those of virtual functions wrap. */
export class Statistics implements ReceiveStatistics, TransmitStatistics {
  readonly #file: RegisterFile
  readonly #values: Uint32Array
  readonly #w: ReturnType<typeof wordsOf>

  constructor(file: RegisterFile) {
    this.#file = file
    this.#values = file.values
    this.#w = wordsOf(file)
  }

  /** A frame of legal size from the wire, whether or not a filter lets it pass. */
  wireIn(bytes: number): void {
    this.#one(this.#w.TPR)
    this.#octets(this.#w.TORL, this.#w.TORH, bytes)
    this.#one(this.#w.RXNFGPC)
    this.#octets(this.#w.RXNFGBCL, this.#w.RXNFGBCH, bytes)
    this.#one(this.#w.PRC64 + sizeClass(bytes))
  }

  /** A frame from the wire that passed the filters. `macLo` are its first four bytes. */
  accepted(bytes: number, macLo: number, macHi: number): void {
    this.#one(this.#w.GPRC)
    this.#octets(this.#w.GORCL, this.#w.GORCH, bytes)
    if ((macLo & 1) !== 0) this.#one(macLo === -1 && macHi === 0xffff ? this.#w.BPRC : this.#w.MPRC)
  }

  /** A frame left for the wire. */
  wireOut(bytes: number, macLo: number, macHi: number): void {
    this.#one(this.#w.GPTC)
    this.#one(this.#w.TPT)
    this.#octets(this.#w.GOTCL, this.#w.GOTCH, bytes)
    this.#one(this.#w.PTC64 + sizeClass(bytes))
    if ((macLo & 1) !== 0) this.#one(macLo === -1 && macHi === 0xffff ? this.#w.BPTC : this.#w.MPTC)
  }

  /** A frame was read from a transmit queue. */
  sent(queue: number, pool: number, bytes: number): void {
    const set = this.#set(this.#w.TQSM, queue)
    this.#one(this.#w.QPTC + set * 16)
    this.#octets(this.#w.QBTC_L + set * 2, this.#w.QBTC_H + set * 2, bytes)
    this.#one(this.#w.TXDGPC)
    this.#octets(this.#w.TXDGBCL, this.#w.TXDGBCH, bytes)
    this.#values[this.#w.PVFGPTC + pool]++
    this.#free36(this.#w.PVFGOTC_LSB + pool * 2, this.#w.PVFGOTC_MSB + pool * 2, bytes)
  }

  /** A copy was put into a receive queue, after another one of the same frame when `again`. */
  delivered(queue: number, pool: number, bytes: number, multicast: boolean, looped: boolean, again: boolean): void {
    const set = this.#set(this.#w.RQSMR, queue)
    this.#one(this.#w.QPRC + set * 16)
    this.#octets(this.#w.QBRC_L + set * 16, this.#w.QBRC_H + set * 16, bytes)
    const counted = this.#values[this.#w.RXDSTATCTRL]
    if (counted === ALL_QUEUES || counted === set) {
      const word = this.#w.RXDGPC + DMA_WORDS * ((looped ? 2 : 0) + (again ? 1 : 0))
      this.#one(word)
      this.#octets(word + 1, word + 2, bytes)
    }
    this.#values[this.#w.PVFGPRC + pool * 16]++
    this.#free36(this.#w.PVFGORC_LSB + pool * 16, this.#w.PVFGORC_MSB + pool * 16, bytes)
    if (multicast) this.#values[this.#w.PVFMPRC + pool * 16]++
  }

  /** A copy was dropped because its queue has no descriptor. */
  dropped(queue: number): void {
    this.#one(this.#w.QPRDC + this.#set(this.#w.RQSMR, queue) * 16)
  }

  /** QPRDC has both (X550 datasheet, 8.2.2.17.4). */
  droppedOff(queue: number): void {
    this.dropped(queue)
  }

  /** A frame found no room in the receive packet buffer. */
  missed(): void {
    this.#one(this.#w.RXMPC)
  }

  undersize(): void {
    this.#one(this.#w.RUC)
  }

  oversize(): void {
    this.#one(this.#w.ROC)
  }

  lent(): void {
    /* the 82599 counts what comes back, not what goes */
  }

  spoofed(_queue: number, pool: number): void {
    const counting = this.#file.get('VMECM', pool >> 5) >>> (pool & 31)
    if ((counting & 1) !== 0) this.#one(this.#w.SSVPC)
  }

  /** The set of counters, 0 to 15, that RQSMR or TQSM gives a queue. */
  #set(map: number, queue: number): number {
    return (this.#values[map + (queue >> 2)] >>> ((queue & 3) * 8)) & 0xf
  }

  #one(word: number): void {
    if (this.#values[word] !== 0xffffffff) this.#values[word]++
  }

  /** A 36-bit counter that sticks. */
  #octets(low: number, high: number, bytes: number): void {
    const before = this.#values[low]
    // Modulo 2^32, so that V8 adds integers.
    const sum = (before + bytes + FCS) >>> 0
    if (sum >= before) this.#values[low] = sum
    else if (this.#values[high] === 0xf) this.#values[low] = 0xffffffff
    else {
      this.#values[low] = sum
      this.#values[high]++
    }
  }

  /** A 36-bit counter that wraps. */
  #free36(low: number, high: number, bytes: number): void {
    const before = this.#values[low]
    const sum = (before + bytes + FCS) >>> 0
    this.#values[low] = sum
    if (sum < before) this.#values[high] = (this.#values[high] + 1) & 0xf
  }
}

function sizeClass(bytes: number): number {
  const whole = bytes + FCS
  for (let i = 0; i < SIZES.length; i++) if (whole <= SIZES[i]) return i
  return SIZES.length
}
