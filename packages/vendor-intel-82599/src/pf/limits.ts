/** What the chip has of everything, as the driver uses it (82599 datasheet 1.4, 7.10). */
export const LIMITS = {
  /** A filter move is one 32-bit write because all pools in use are in the low half of MPSAR: the PF's pool is behind the VFs'. */
  vfs: 31,
  macFilters: 128,
  macFiltersPerVf: 1,
  vlanFilters: 64,
  multicastAddressesPerVf: 32,
  /** PVTIVAR maps the first two queue pairs of a VF. */
  queuesPerVf: 2,
  vectorsPerVf: 3,
  /** Bytes; MAXFRS is one for the PF and all VFs. */
  mtu: 9216,
  mtuMin: 68,
  rxPacketBuffer: 0x80000,
  txPacketBuffer: 0x28000,
} as const

/** Physical functions that the driver knows: network connections of the 82599 without a PHY to program. */
export const PF_DEVICES: readonly number[] = [0x10f9, 0x10fb, 0x10f7, 0x10f8, 0x10fc, 0x154d]

export const INTEL = 0x8086

/** Descriptors of each of the PF's two rings. */
export const UPLINK_RING = 512

/** Ethernet header, FCS: what a frame has beside its MTU. A VLAN tag is not counted by MAXFRS. */
export const FRAME_OVERHEAD = 18
