/** Rings of one kind: `count` of them, `stride` apart, the first at `at` of BAR 0 being queue `first`. */
export interface RingBank {
  readonly at: number
  readonly stride: number
  readonly count: number
  readonly first: number
}

/** Where a function's driver has its rings. */
export interface RingView {
  readonly rx: readonly RingBank[]
  readonly tx: readonly RingBank[]
}

/** Offsets in a ring's registers, the same in both directions of both chips. */
export const RingRegister = { low: 0x00, high: 0x04, bytes: 0x08, head: 0x10, tail: 0x18 } as const

/**
 * What of a chip its drivers see, as far as faults and traces look at it: offsets in BAR 0.
 * Sources: 82599 datasheet 8.2.3.2, 8.2.3.8, 8.3; 82576 datasheet 8.4, 8.10, 8.12, 8.26.
 */
export interface DriverView {
  readonly pf: RingView
  readonly vf: RingView
  /** A virtual function's mailbox: its 16 words, and its register. */
  readonly mailbox: { readonly words: number; readonly register: number }
  /** EEPROM read: the command is written to it, the word comes in its upper half. */
  readonly eerd: number
  /** Software reset: bit 26 of the register at 0, in both kinds of functions. */
  readonly resetBit: number
  /** A virtual function's frames, free-running: received and sent. */
  readonly frames: { readonly rx: number; readonly tx: number }
  /** Bytes of the receive packet buffer. */
  readonly packetBuffer: number
  /** In word 2 of a receive descriptor's write-back: errors of the frame, and of the checksums. */
  readonly rxErrors: { readonly frame: number; readonly checksum: number }
}

/** Words of the mailbox. */
export const MAILBOX_WORDS = 16

export const VIEW_82599: DriverView = {
  pf: {
    rx: [
      { at: 0x1000, stride: 0x40, count: 64, first: 0 },
      { at: 0xd000, stride: 0x40, count: 64, first: 64 },
    ],
    tx: [{ at: 0x6000, stride: 0x40, count: 128, first: 0 }],
  },
  vf: {
    rx: [{ at: 0x1000, stride: 0x40, count: 8, first: 0 }],
    tx: [{ at: 0x2000, stride: 0x40, count: 8, first: 0 }],
  },
  mailbox: { words: 0x200, register: 0x2fc },
  eerd: 0x10014,
  resetBit: 1 << 26,
  frames: { rx: 0x101c, tx: 0x201c },
  packetBuffer: 512 * 1024,
  // USE, the undersize error; TCPE (7.1.6.2).
  rxErrors: { frame: 1 << 29, checksum: 1 << 30 },
}

export const VIEW_82576: DriverView = {
  pf: {
    rx: [
      { at: 0xc000, stride: 0x40, count: 16, first: 0 },
      { at: 0x2800, stride: 0x100, count: 4, first: 0 },
    ],
    tx: [
      { at: 0xe000, stride: 0x40, count: 16, first: 0 },
      { at: 0x3800, stride: 0x100, count: 4, first: 0 },
    ],
  },
  vf: {
    rx: [{ at: 0x2800, stride: 0x100, count: 2, first: 0 }],
    tx: [{ at: 0x3800, stride: 0x100, count: 2, first: 0 }],
  },
  mailbox: { words: 0x800, register: 0xc40 },
  eerd: 0x14,
  resetBit: 1 << 26,
  frames: { rx: 0xf10, tx: 0xf14 },
  packetBuffer: 64 * 1024,
  // RXE; L4E (7.1.5).
  rxErrors: { frame: 1 << 31, checksum: 1 << 29 },
}
