import { crc32 } from '../engine/crc32.js'
import type { RegisterFile } from '../engine/register-file.js'
import { RxStatus } from '../intel/descriptors.js'
import type { FcoeRules } from '../intel/fcoe.js'
import type { RxFrame } from '../intel/rx-host.js'

/** ETQF: the filter's frames are FCoE. */
const FCOE = 1 << 27
/** FCRECTL. */
const REDIRECT = 1
const ENTRIES = 8
/** FCRXCTRL: the FC CRC is in the order of FCoE, its least significant byte first. */
const CRC_ORDER = 1 << 7

/** The FCoE header, with SOF at its end; the FC header; behind the payload FC CRC, EOF and three bytes. */
const FCOE_BYTES = 14
const FC_BYTES = 24
const CRC_BYTES = 4
const TRAILER_BYTES = 8

/** In the FC header: F_CTL, whose first bit says that the responder of the exchange sent it, and the two exchange ids. */
const Fc = { control: 9, fromResponder: 0x80, originatorId: 16, responderId: 18 } as const

/**
 * What of FCoE belongs to receiving (7.1.2.4, 7.1.3): the FC CRC is checked, and the redirection table gives the frames of an exchange to
 * a queue. Direct data placement is not there: every frame is a frame that no context matches (FCSTAT 0).
 */
export class Fcoe implements FcoeRules {
  readonly #file: RegisterFile
  readonly #u8: Uint8Array
  readonly #received: number
  readonly #bad: number

  constructor(file: RegisterFile, u8: Uint8Array) {
    this.#file = file
    this.#u8 = u8
    this.#received = file.word('FCOEPRC')
    this.#bad = file.word('FCCRC')
  }

  judge(filter: number, frame: RxFrame): number {
    const file = this.#file
    if ((file.get('ETQF', filter) & FCOE) === 0) return -1
    const fc = frame.at + (frame.tagged ? 18 : 14) + FCOE_BYTES
    const end = frame.at + frame.bytes - TRAILER_BYTES
    if (end - fc < FC_BYTES) return -1
    file.count(this.#received, 1)
    if (crc32(this.#u8, fc, end - fc) !== this.#crc(end)) {
      frame.status |= RxStatus.fcCrcError
      file.count(this.#bad, 1)
    }
    if ((file.get('FCRECTL') & REDIRECT) === 0) return -1
    return file.get('FCRETA', this.#exchange(fc) & (ENTRIES - 1))
  }

  /** Low byte of the id that the receiver gave the exchange. */
  #exchange(fc: number): number {
    const ours = (this.#u8[fc + Fc.control] & Fc.fromResponder) !== 0 ? Fc.originatorId : Fc.responderId
    return this.#u8[fc + ours + 1]
  }

  #crc(at: number): number {
    const lowFirst = (this.#file.get('FCRXCTRL') & CRC_ORDER) !== 0
    let crc = 0
    for (let i = 0; i < CRC_BYTES; i++) crc |= this.#u8[at + i] << (8 * (lowFirst ? i : CRC_BYTES - 1 - i))
    return crc >>> 0
  }
}
