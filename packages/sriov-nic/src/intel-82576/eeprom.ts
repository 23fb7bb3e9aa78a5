/** Words of the EEPROM; EEC.SIZE says so. */
const WORDS = 16384
const CHECKSUM_AT = 0x3f
/** Sum of words 0 to 0x3F. */
const CHECKSUM = 0xbaba

/** Words of the base area that are not left erased (82576 datasheet 6.2, 6.10). */
const CONTENT: readonly (readonly [number, number])[] = [
  // Compatibility: a NIC, not a LAN on a motherboard; no OEM's.
  [0x03, 0x0000],
  // Version of the image: 1.0.
  [0x05, 0x1000],
  [0x0a, 0x1040],
  [0x0b, 0x0001],
  [0x0c, 0x8086],
  [0x0d, 0x10c9],
  // Full flow control is advertised.
  [0x0f, 0x3000],
  // SR-IOV: up to eight virtual functions, and their device.
  [0x25, 0x00f5],
  [0x26, 0x10ca],
]

/** Printed board assembly number, two characters a word, where words 8 and 9 point. */
const PBA_FLAG = 0xfafa
const PBA_AT = 0x50
const PBA = 'NPA576-001'

/** The serial EEPROM of the board, as 16-bit words. */
export class Eeprom {
  readonly words: Uint16Array = new Uint16Array(WORDS).fill(0xffff)

  /** `mac` is the address of port 0, six bytes. */
  constructor(mac: Uint8Array) {
    for (let i = 0; i < 3; i++) this.words[i] = mac[2 * i] | (mac[2 * i + 1] << 8)
    for (const [at, value] of CONTENT) this.words[at] = value
    this.words.set([PBA_FLAG, PBA_AT], 0x08)
    this.words[PBA_AT] = 1 + PBA.length / 2
    for (let i = 0; i < PBA.length; i += 2) {
      this.words[PBA_AT + 1 + i / 2] = (PBA.charCodeAt(i) << 8) | PBA.charCodeAt(i + 1)
    }
    let sum = 0
    for (let at = 0; at < CHECKSUM_AT; at++) sum += this.words[at]
    this.words[CHECKSUM_AT] = CHECKSUM - sum
  }

  /** Bytes 0 to 3 of both ports' addresses, the first lowest. */
  get macLo(): number {
    return (this.words[0] | (this.words[1] << 16)) >>> 0
  }

  /** Bytes 4 and 5 of a port's address: port 1 turns the last bit of the words round. */
  macHi(port: number): number {
    return this.words[2] ^ (port << 8)
  }
}
