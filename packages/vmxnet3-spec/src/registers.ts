/** vmxnet3's PCI identity (VMware; subsystem ids are the same). */
export const VMXNET3_VENDOR = 0x15ad
export const VMXNET3_DEVICE = 0x07b0
export const VMXNET3_REVISION = 1

/** BAR numbers. */
export const Bar = {
  /** "PT" registers: interrupt masks and producer indices, 4 KiB. */
  data: 0,
  /** "VD" registers: control, 4 KiB. */
  control: 1,
  /** MSI-X table (offset 0) and pending bits (0x1000), 8 KiB. */
  msix: 2,
  /** This project's: 64-bit memory BAR (with 5) behind which the register pages of a VF appear; all ones in emulation. */
  vf: 4,
} as const

/** Bytes of BAR4: room for the register BAR of any VF that the project knows (an 82599 VF has 16 KiB). */
export const VF_BAR_BYTES = 0x4000

export const MSIX_TABLE = 0
export const MSIX_PBA = 0x1000

/** Interrupt vectors, queues of each direction (revisions below 6). */
export const MAX_VECTORS = 25
export const MAX_TX_QUEUES = 8
export const MAX_RX_QUEUES = 16

/** BAR1 (VD) offsets. Every register has 32 bits on an 8-byte stride. */
export const Vd = {
  /** R: bitmap of device revisions; W: the one chosen. */
  vrrs: 0x00,
  /** The same for the UPT version. */
  uvrs: 0x08,
  /** Address of the driver-shared area, low and high word. */
  dsal: 0x10,
  dsah: 0x18,
  /** W: command; R: result of the last one. */
  cmd: 0x20,
  /** MAC bytes 0 to 3, byte 0 lowest; bytes 4 and 5. Writing MACH latches both. */
  macl: 0x28,
  mach: 0x30,
  /** R, clears: whether the device interrupted (INTx only). */
  icr: 0x38,
  /** W: event bits to acknowledge. */
  ecr: 0x40,
} as const

/** BAR0 (PT) offsets; add 8 times the vector or queue. */
export const Pt = {
  /** 1: the vector is masked. */
  imr: 0x000,
  txProd: 0x600,
  rxProd: 0x800,
  rxProd2: 0xa00,
  stride: 8,
} as const
