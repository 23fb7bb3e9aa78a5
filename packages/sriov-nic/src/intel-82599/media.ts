/**
 * What the port is made for: an optical module in an SFP+ cage, as most boards have it, or copper of CX4, where a driver has nothing to
 * identify or to train.
 */
export type Media = 'cx4' | 'sfp'

/** What differs between boards: the device id, the link's registers as the EEPROM sets them, the directions of the cage's pins. */
export const MEDIA: Readonly<Record<Media, { device: number; autoc: number; autoc2: number; esdp: number }>> = {
  // AUTOC.LMS 1, 10 Gb/s without negotiation, over CX4.
  cx4: { device: 0x10f9, autoc: 0x2100, autoc2: 0, esdp: 0 },
  // AUTOC.LMS 3, 10 Gb/s serial, AUTOC2 SFI; SDP3 is an output.
  sfp: { device: 0x10fb, autoc: 0x6000, autoc2: 0x20000, esdp: 0x800 },
}
