import { HIDDEN } from './queues.js'

/** Registers of a virtual function: where each shows what the chip keeps in the PF's space or behind it. */
export interface VfRegisterSpec {
  readonly name: string
  /** Byte offset in the virtual function's BAR 0. */
  readonly offset: number
  readonly count?: number
  /** Offset of the chip's register, for virtual function 0 and instance 0. */
  readonly chip: number
  /** Bytes from one virtual function to the next. */
  readonly perVf: number
  readonly readOnly?: boolean
}

/** 82599 datasheet 8.3, without the queues. */
export const VF_REGISTERS: readonly VfRegisterSpec[] = [
  { name: 'VFCTRL', offset: 0x000, chip: 0x300, perVf: 4 },
  { name: 'VFSTATUS', offset: 0x008, chip: 0x008, perVf: 0, readOnly: true },
  { name: 'VFLINKS', offset: 0x010, chip: HIDDEN.vflinks, perVf: 0, readOnly: true },
  { name: 'VFFRTIMER', offset: 0x048, chip: 0x048, perVf: 0, readOnly: true },
  { name: 'VTEICR', offset: 0x100, chip: 0xb00, perVf: 4 },
  { name: 'VTEICS', offset: 0x104, chip: 0xc00, perVf: 4 },
  { name: 'VTEIMS', offset: 0x108, chip: 0xd00, perVf: 4 },
  { name: 'VTEIMC', offset: 0x10c, chip: 0xe00, perVf: 4 },
  { name: 'VTEIAC', offset: 0x110, chip: 0xf00, perVf: 4 },
  { name: 'VTEIAM', offset: 0x114, chip: 0x4d00, perVf: 4 },
  { name: 'VTIVAR', offset: 0x120, count: 4, chip: HIDDEN.vtivar, perVf: 16 },
  { name: 'VTIVAR_MISC', offset: 0x140, chip: 0x4e00, perVf: 4 },
  { name: 'VTRSCINT', offset: 0x180, count: 8, chip: HIDDEN.vtrscint, perVf: 32 },
  { name: 'VFMBMEM', offset: 0x200, count: 16, chip: 0x13000, perVf: 64 },
  { name: 'VFMAILBOX', offset: 0x2fc, chip: HIDDEN.mailbox, perVf: 4 },
  { name: 'VFPSRTYPE', offset: 0x300, chip: 0xea00, perVf: 4 },
  { name: 'VTEITR', offset: 0x820, count: 3, chip: HIDDEN.vteitr, perVf: 16 },
  { name: 'VFRXMEMWRAP', offset: 0x3190, chip: 0x3190, perVf: 0, readOnly: true },
  { name: 'VFGPRC', offset: 0x101c, chip: 0x101c, perVf: 0x40, readOnly: true },
  { name: 'VFGORC_LSB', offset: 0x1020, chip: 0x1020, perVf: 0x40, readOnly: true },
  { name: 'VFGORC_MSB', offset: 0x1024, chip: 0xd020, perVf: 0x40, readOnly: true },
  { name: 'VFMPRC', offset: 0x1034, chip: 0xd01c, perVf: 0x40, readOnly: true },
  { name: 'VFGPTC', offset: 0x201c, chip: 0x8300, perVf: 4, readOnly: true },
  { name: 'VFGOTC_LSB', offset: 0x2020, chip: 0x8400, perVf: 8, readOnly: true },
  { name: 'VFGOTC_MSB', offset: 0x2024, chip: 0x8404, perVf: 8, readOnly: true },
]

/** Offsets inside a queue's 64 bytes that a virtual function reaches. */
export const VF_RX_QUEUE: readonly number[] = [0x00, 0x04, 0x08, 0x0c, 0x10, 0x14, 0x18, 0x28, 0x2c]
export const VF_TX_QUEUE: readonly number[] = [0x00, 0x04, 0x08, 0x0c, 0x10, 0x18, 0x28, 0x38, 0x3c]

/** Most queues of one virtual function: 16 pools of 8. */
export const VF_QUEUES = 8
