/** Device address of a module's identification on its I2C bus (SFF-8472, 4). */
export const MODULE_ADDRESS = 0xa0

const BYTES = 256
/** Checksums over what is before them: of the base fields, and of the extended ones (SFF-8472, 8.9, 8.13). */
const BASE_CHECK = 63
const EXTENDED_CHECK = 95

/** Fields that are not zero: a 10GBASE-SR optic, 850 nm, whose maker has no registered identifier (SFF-8472, table 4-1). */
const FIELDS: readonly (readonly [number, readonly number[]])[] = [
  // SFP, with an identifier on two wires only, LC.
  [0, [0x03, 0x04, 0x07]],
  // 10GBASE-SR.
  [3, [0x10]],
  // 64B/66B, 10.3 Gb/s in units of 100 Mb/s.
  [11, [0x06, 103]],
  // Reach on OM2 and OM1 in units of 10 m, on OM3 likewise.
  [16, [0x08, 0x03, 0x00, 0x1e]],
  [20, text('NPA', 16)],
  [40, text('NPA-SR', 16)],
  [56, text('1', 4)],
  [60, [850 >> 8, 850 & 0xff]],
  // Loss of signal and transmit disable are there.
  [64, [0x00, 0x12]],
  [68, text('1', 16)],
  [84, text('100101', 8)],
]

/** The identification of the module in the cage. */
export function sfpModule(): Uint8Array {
  const bytes = new Uint8Array(BYTES)
  for (const [at, field] of FIELDS) bytes.set(field, at)
  for (let at = 0; at < BASE_CHECK; at++) bytes[BASE_CHECK] += bytes[at]
  for (let at = BASE_CHECK + 1; at < EXTENDED_CHECK; at++) bytes[EXTENDED_CHECK] += bytes[at]
  return bytes
}

/** ASCII, filled up with spaces. */
function text(what: string, length: number): number[] {
  return Array.from(what.padEnd(length), (letter) => letter.charCodeAt(0))
}
