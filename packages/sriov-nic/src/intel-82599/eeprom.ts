import { eerd } from '../intel/eerd.js'

/** Words of the EEPROM; EEC.SIZE says so. */
const WORDS = 16384
const CHECKSUM_AT = 0x3f
/** Sum of words 0 to 0x3F and of the sections that words 3 to 0xE point to. */
const CHECKSUM = 0xbaba
/** Pointers to the core section of ports 0 and 1, which begins with the Ethernet address, and where this model keeps these. */
const CORE_POINTERS = [0x09, 0x0a]
const CORE_AT = [0x100, 0x108]
const CORE_WORDS = 3

/** Firmware's block, its patch's block, and the version in that: below 6 is for pre-production parts, as drivers see it. */
const FIRMWARE_AT = 0x140
const PATCH_AT = 0x150
const FIRMWARE_VERSION = 7

/** What a driver writes to CORECTL after it has found a module, by kind: here nothing for any (3 to 6: copper, optics, on both ports). */
const MODULES_AT = 0x120
const MODULE_AT = 0x130
const MODULE_KINDS = [3, 4, 5, 6]

/** Words that are not left erased (82599 datasheet 6.2 to 6.4): no option ROM, no SAN address, any SFP, no crosstalk check. */
const CONTENT: readonly (readonly [number, number])[] = [
  [0x00, 0x0000],
  [0x01, 0x0000],
  [0x02, 0x0000],
  [0x15, 0xfafa],
  [0x16, 0x0110],
  [0x0f, FIRMWARE_AT],
  [FIRMWARE_AT + 4, PATCH_AT],
  [PATCH_AT + 7, FIRMWARE_VERSION],
  [0x2b, MODULES_AT],
  ...MODULE_KINDS.flatMap((kind, i): [number, number][] => [
    [MODULES_AT + 1 + 2 * i, kind],
    [MODULES_AT + 2 + 2 * i, MODULE_AT],
  ]),
  [0x2c, 0x0083],
  [0x2d, 0x0001],
  [0x2e, 0x8000],
]

/** Printed board assembly number, two characters a word, in a section of its own. */
const PBA_AT = 0x110
const PBA = 'NPA599-001'

/** The serial EEPROM of the board, as 16-bit words. */
export class Eeprom {
  readonly words: Uint16Array = new Uint16Array(WORDS).fill(0xffff)

  /** `macs` are the addresses of the card's ports, six bytes each. */
  constructor(macs: readonly Uint8Array[]) {
    this.words.fill(0, 0x03, 0x0f)
    for (const [at, value] of CONTENT) this.words[at] = value
    macs.forEach((mac, port) => {
      const at = CORE_AT[port]
      this.words[CORE_POINTERS[port]] = at
      this.words[at] = CORE_WORDS
      for (let i = 0; i < CORE_WORDS; i++) this.words[at + 1 + i] = mac[2 * i] | (mac[2 * i + 1] << 8)
    })
    this.words[PBA_AT] = 1 + PBA.length / 2
    for (let i = 0; i < PBA.length; i += 2) {
      this.words[PBA_AT + 1 + i / 2] = (PBA.charCodeAt(i) << 8) | PBA.charCodeAt(i + 1)
    }
    this.words[CHECKSUM_AT] = CHECKSUM - this.sum()
  }

  /** Bytes 0 to 3 of a port's address, the first lowest. */
  macLo(port: number): number {
    const at = CORE_AT[port]
    return (this.words[at + 1] | (this.words[at + 2] << 16)) >>> 0
  }

  /** Bytes 4 and 5. */
  macHi(port: number): number {
    return this.words[CORE_AT[port] + 3]
  }

  /** The sum that the checksum word completes. */
  sum(): number {
    let sum = 0
    for (let at = 0; at < CHECKSUM_AT; at++) sum += this.words[at]
    for (let pointer = 0x03; pointer < 0x0f; pointer++) {
      const section = this.words[pointer]
      if (section === 0 || section === 0xffff) continue
      for (let i = 1; i <= this.words[section]; i++) sum += this.words[section + i]
    }
    return sum & 0xffff
  }

  /** What EERD shows after it was written. */
  read(command: number): number {
    return eerd(this.words, command)
  }
}
