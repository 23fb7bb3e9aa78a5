/**
 * What the port is made for: an optical module in an SFP+ cage, as most boards have it, or copper of CX4, where a driver has nothing to
 * identify or to train.
 */
export type Media = 'cx4' | 'sfp'

/**
 * What differs between boards: the device id, the link's registers as the EEPROM sets them, the directions of the cage's pins. `links` are
 * the bits of LINKS (8.2.3.22.20) that say which way the port is wired, `carrier` those that a signal adds.
 */
export const MEDIA: Readonly<
  Record<Media, { device: number; autoc: number; autoc2: number; esdp: number; links: number; carrier: number }>
> = {
  // AUTOC.LMS 1, 10 Gb/s without negotiation, over CX4.
  // LINKS: 10 GbE parallel (27:26 1) on (22); signal and synchronisation of four lanes (11:8, 16:13), alignment (17).
  cx4: { device: 0x10f9, autoc: 0x2100, autoc2: 0, esdp: 0, links: 0x04400000, carrier: 0x0003ef00 },
  // AUTOC.LMS 3, 10 Gb/s serial, AUTOC2 SFI; SDP3 is an output.
  // LINKS: 10 GbE serial (27:26 2) on (24); signal (12), block lock (4).
  sfp: { device: 0x10fb, autoc: 0x6000, autoc2: 0x20000, esdp: 0x800, links: 0x09000000, carrier: 0x1010 },
}
