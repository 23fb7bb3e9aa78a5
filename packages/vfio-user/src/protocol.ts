/** The vfio-user protocol, version 0.0 (libvfio-user, docs/vfio-user.rst): numbers are little endian. */

/** Message header: id u16, command u16, size u32 (header included), flags u32, error u32. */
export const Header = { id: 0, command: 2, size: 4, flags: 8, error: 12, bytes: 16 } as const

export const Command = {
  version: 1,
  dmaMap: 2,
  dmaUnmap: 3,
  deviceGetInfo: 4,
  deviceGetRegionInfo: 5,
  deviceGetRegionIoFds: 6,
  deviceGetIrqInfo: 7,
  deviceSetIrqs: 8,
  regionRead: 9,
  regionWrite: 10,
  dmaRead: 11,
  dmaWrite: 12,
  deviceReset: 13,
  dirtyPages: 14,
  regionWriteMulti: 15,
} as const

/** Bits of the header's flags. */
export const MessageFlag = { typeMask: 0xf, command: 0, reply: 1, noReply: 0x10, error: 0x20 } as const

/** Values of the header's error, as in Linux's errno.h. */
export const Errno = { noEntry: 2, exists: 17, invalid: 22, noSpace: 28, messageSize: 90, notSupported: 95 } as const

export type ErrnoValue = (typeof Errno)[keyof typeof Errno]

/** Most bytes of data in one message; told to the client. */
export const MAX_TRANSFER: number = 0x100000

/** Most descriptors that may come with one message; told to the client. */
export const MAX_DESCRIPTORS: number = 16

/** The longest message there can be: an access to a region with the most data. */
export const MAX_MESSAGE: number = Header.bytes + 16 + MAX_TRANSFER

/** DMA_MAP: argsz u32, flags u32, offset in the file u64, address u64, size u64. */
export const DmaMap = { flags: 4, offset: 8, address: 16, size: 24, bytes: 32, readable: 1, writable: 2 } as const

/** DMA_UNMAP: argsz u32, flags u32, address u64, size u64. */
export const DmaUnmap = { flags: 4, address: 8, size: 16, bytes: 24, dirtyBitmap: 1, all: 2 } as const

/** DEVICE_GET_INFO: argsz, flags, regions, interrupt indices, all u32. */
export const DeviceInfo = { flags: 4, regions: 8, irqs: 12, bytes: 16, resettable: 1, pci: 2 } as const

/** DEVICE_GET_REGION_INFO: argsz, flags, index, offset of capabilities, all u32, size u64, offset u64. */
export const RegionInfo = { flags: 4, index: 8, size: 16, bytes: 32, readWrite: 3 } as const

/** DEVICE_GET_IRQ_INFO: argsz, flags, index, count, all u32. */
export const IrqInfo = { flags: 4, index: 8, count: 12, bytes: 16, eventfd: 1, noResize: 8 } as const

/** DEVICE_SET_IRQS: argsz, flags, index, start, count, all u32, then data. */
export const SetIrqs = {
  flags: 4,
  index: 8,
  start: 12,
  count: 16,
  bytes: 20,
  dataMask: 0x7,
  dataNone: 0x1,
  dataBool: 0x2,
  dataEventfd: 0x4,
  actionMask: 0x38,
  actionTrigger: 0x20,
} as const

/** REGION_READ and REGION_WRITE: offset u64, region u32, count u32, then data. */
export const RegionAccess = { offset: 0, region: 8, count: 12, bytes: 16 } as const

/** DMA_READ and DMA_WRITE: address u64, count u64, then data. */
export const DmaAccess = { address: 0, count: 8, bytes: 16 } as const

/** Regions of a PCI device: six BARs, ROM, configuration space, VGA. */
export const Region = { bars: 6, config: 7, count: 9 } as const

/** Interrupt indices of a PCI device: INTx, MSI, MSI-X, error, request. */
export const Irq = { msix: 2, count: 5 } as const

/** A u64 at `at` as an exact number, or -1 for one beyond what a double holds. */
export function u64(bytes: Buffer, at: number): number {
  const high = bytes.readUInt32LE(at + 4)
  return high < 0x200000 ? high * 4294967296 + bytes.readUInt32LE(at) : -1
}

/** Writes an exact number as u64. */
export function putU64(bytes: Buffer, at: number, value: number): void {
  bytes.writeUInt32LE(value >>> 0, at)
  bytes.writeUInt32LE(Math.floor(value / 4294967296), at + 4)
}
