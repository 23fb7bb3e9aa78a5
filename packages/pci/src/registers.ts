/** Offsets in the type 0 header (PCI Local Bus 3.0, 6.1). */
export const Header = {
  vendor: 0x00,
  device: 0x02,
  command: 0x04,
  status: 0x06,
  revision: 0x08,
  classCode: 0x09,
  cacheLine: 0x0c,
  type: 0x0e,
  bar0: 0x10,
  subsystemVendor: 0x2c,
  subsystem: 0x2e,
  capabilities: 0x34,
  interruptLine: 0x3c,
  interruptPin: 0x3d,
} as const

/** Bits of the command register. */
export const Command = { memory: 0x2, busMaster: 0x4, parity: 0x40, serr: 0x100, intxDisable: 0x400 } as const

/** Capability ids. */
export const Capability = { powerManagement: 0x01, express: 0x10, msix: 0x11 } as const

/** Extended capability ids. */
export const Extended = { aer: 0x0001, serialNumber: 0x0003, ari: 0x000e, sriov: 0x0010 } as const

/** Offset of control and status in the power management capability, and its power state field. */
export const PowerCap = { control: 4, state: 0x3 } as const

/** Offsets in the MSI-X capability, and bits of its message control (PCI 3.0, 6.8.2). */
export const MsixCap = { control: 2, table: 4, pba: 8, enable: 0x8000, functionMask: 0x4000, sizeMask: 0x7ff } as const

/** Offsets in the PCI Express capability and the reset trigger in its device control. */
export const ExpressCap = {
  flags: 0x02,
  deviceCapabilities: 0x04,
  deviceControl: 0x08,
  deviceStatus: 0x0a,
  linkCapabilities: 0x0c,
  linkControl: 0x10,
  linkStatus: 0x12,
  deviceControl2: 0x28,
  linkControl2: 0x30,
  initiateFlr: 0x8000,
  flrCapable: 0x10000000,
} as const

/** Offsets in the SR-IOV capability and bits of its control (SR-IOV 1.1, 3.3). */
export const SriovCap = {
  capabilities: 0x04,
  control: 0x08,
  initialVfs: 0x0c,
  totalVfs: 0x0e,
  numVfs: 0x10,
  functionLink: 0x12,
  firstVfOffset: 0x14,
  vfStride: 0x16,
  vfDevice: 0x1a,
  supportedPageSizes: 0x1c,
  systemPageSize: 0x20,
  bar0: 0x24,
  bytes: 0x40,
  vfEnable: 0x1,
  vfMemory: 0x8,
  ariHierarchy: 0x10,
} as const
