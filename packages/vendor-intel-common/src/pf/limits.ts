/** What a chip has of everything, as its driver uses it. */
export interface PfLimits {
  /** Virtual functions that the driver can enable. */
  readonly vfs: number
  readonly macFilters: number
  readonly vlanFilters: number
  readonly queuesPerVf: number
  readonly vectorsPerVf: number
  /** Bytes, of the port and all its VFs. */
  readonly mtu: number
  /** Longest time between two interrupts that the chip can keep, us. */
  readonly interruptUs: number
}

/** The least MTU of IPv4 (RFC 791). */
export const MTU_MIN = 68

/** Of a port whose host does not say otherwise. */
export const DEFAULT_MTU = 1500

/** For each VF, in a hash table that all share. */
export const MULTICAST_ADDRESSES_PER_VF = 32

export const INTEL = 0x8086

/** Descriptors of each of the PF's two rings. */
export const UPLINK_RING = 512

/** Ethernet header, FCS: what a frame has beside its MTU and a tag. */
export const FRAME_OVERHEAD = 18
