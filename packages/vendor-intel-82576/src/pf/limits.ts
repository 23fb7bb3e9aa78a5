import type { PfLimits } from '@npa/vendor-intel-common/pf'

/** What the chip has of everything, as the driver uses it (82576 datasheet 1.4, 7.10). */
export const LIMITS: PfLimits = {
  /** Eight pools, one of which is the PF's. */
  vfs: 7,
  macFilters: 24,
  vlanFilters: 32,
  queuesPerVf: 2,
  vectorsPerVf: 3,
  /** Bytes. */
  mtu: 9216,
  interruptUs: 8191,
}

/** Physical functions that the driver knows: network connections of the 82576 over copper. */
export const PF_DEVICES: readonly number[] = [0x10c9, 0x10e8, 0x150a, 0x1526]

/** Name of the plugin image that drives the VFs. */
export const PLUGIN_NAME = 'intel-82576-vf'

/** What RLPML and VMOLR count of a frame beside its MTU: Ethernet header, tag, FCS. */
export const LENGTH_OVERHEAD = 22

/** A pool has so many queues, as far apart. */
export const POOLS = 8
