import type { RegisterSpec } from '../../engine/register-file.js'

/** Where the chip keeps what only virtual functions reach, behind the PF's space of 128 KiB. */
export const HIDDEN = { vtivar: 0x20000, vtivarMisc: 0x20020, end: 0x20040 } as const

const EVERY = { count: 8, stride: 0x100 } as const

/** Mailboxes, resets and interrupts of virtual functions in the PF's space (82576 datasheet 8.14, 8.26). */
export const VIRTUAL: readonly RegisterSpec[] = [
  { name: 'VMBMEM', offset: 0x800, count: 128 },
  { name: 'P2VMAILBOX', offset: 0xc00, count: 8 },
  { name: 'V2PMAILBOX', offset: 0xc40, count: 8 },
  { name: 'MBVFICR', offset: 0xc80, kind: 'w1c', writable: 0x00ff00ff },
  { name: 'MBVFIMR', offset: 0xc84, reset: 0xff, writable: 0xff },
  { name: 'VFLRE', offset: 0xc88, kind: 'w1c', writable: 0xff },
  { name: 'VFRE', offset: 0xc8c, reset: 0xff, writable: 0xff },
  { name: 'VFTE', offset: 0xc90, reset: 0xff, writable: 0xff },
  { name: 'PVTCTRL', offset: 0x10000, ...EVERY },
  { name: 'PVTEICS', offset: 0x10020, ...EVERY },
  { name: 'PVTEIMS', offset: 0x10024, ...EVERY },
  { name: 'PVTEIMC', offset: 0x10028, ...EVERY },
  { name: 'PVTEIAC', offset: 0x1002c, ...EVERY },
  { name: 'PVTEIAM', offset: 0x10030, ...EVERY },
  { name: 'PVTEICR', offset: 0x10080, ...EVERY },
  { name: 'VTIVAR', offset: HIDDEN.vtivar, count: 8, writable: 0x83838383 },
  { name: 'VTIVAR_MISC', offset: HIDDEN.vtivarMisc, count: 8, writable: 0x83 },
]

/** A register of a virtual function: where it shows what the chip keeps in the PF's space or behind it. */
export interface VfRegisterSpec {
  /** Byte offset in the virtual function's BAR 0. */
  readonly offset: number
  /** Offset of the chip's register for virtual function 0, and bytes from one virtual function to the next. */
  readonly chip: number
  readonly perVf: number
  readonly count?: number
  readonly readOnly?: boolean
}

/** A queue's registers: queues v and v + 8 are the virtual function's 0 and 1. */
function queue(vfBase: number, chipBase: number, registers: readonly number[]): VfRegisterSpec[] {
  return [0, 1].flatMap((index) =>
    registers.map((at) => ({ offset: vfBase + 0x100 * index + at, chip: chipBase + 0x200 * index + at, perVf: 0x40 })),
  )
}

function counter(offset: number, chip: number): VfRegisterSpec {
  return { offset, chip, perVf: 0x100, readOnly: true }
}

/** 82576 datasheet 8.26; its vectors are the last of EICR for virtual function 0, and the three before for each next one. */
export const VF_REGISTERS: readonly VfRegisterSpec[] = [
  { offset: 0x0008, chip: 0x8, perVf: 0, readOnly: true },
  { offset: 0x0800, chip: 0x800, perVf: 0x40, count: 16 },
  { offset: 0x0c40, chip: 0xc40, perVf: 4 },
  { offset: 0x0f0c, chip: 0x5480, perVf: 4 },
  counter(0x0f10, 0x10010),
  counter(0x0f14, 0x10014),
  counter(0x0f18, 0x10018),
  counter(0x0f34, 0x10034),
  counter(0x0f3c, 0x1003c),
  counter(0x0f40, 0x10040),
  counter(0x0f44, 0x10044),
  counter(0x0f48, 0x10048),
  counter(0x0f50, 0x10050),
  { offset: 0x1048, chip: 0x1048, perVf: 0, readOnly: true },
  { offset: 0x1520, chip: 0x10020, perVf: 0x100 },
  { offset: 0x1524, chip: 0x10024, perVf: 0x100 },
  { offset: 0x1528, chip: 0x10028, perVf: 0x100 },
  { offset: 0x152c, chip: 0x1002c, perVf: 0x100 },
  { offset: 0x1530, chip: 0x10030, perVf: 0x100 },
  { offset: 0x1580, chip: 0x10080, perVf: 0x100 },
  { offset: 0x1680, chip: 0x1680 + 22 * 4, perVf: -12, count: 3 },
  { offset: 0x1700, chip: HIDDEN.vtivar, perVf: 4 },
  { offset: 0x1740, chip: HIDDEN.vtivarMisc, perVf: 4 },
  { offset: 0x24e8, chip: 0x24e8, perVf: 0, readOnly: true },
  { offset: 0x34e8, chip: 0x34e8, perVf: 0, readOnly: true },
  ...queue(0x2800, 0xc000, [0x00, 0x04, 0x08, 0x0c, 0x10, 0x14, 0x18, 0x28, 0x30]),
  ...queue(0x3800, 0xe000, [0x00, 0x04, 0x08, 0x10, 0x14, 0x18, 0x28, 0x38, 0x3c]),
]
