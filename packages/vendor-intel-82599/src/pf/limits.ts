import type { PfLimits } from '@npa/vendor-intel-common/pf'

/** What the chip has of everything, as the driver uses it (82599 datasheet 1.4, 7.10). */
export const LIMITS: PfLimits = {
  /** A filter move is one 32-bit write because all pools in use are in the low half of MPSAR: the PF's pool is behind the VFs'. */
  vfs: 31,
  macFilters: 128,
  vlanFilters: 64,
  /** PVTIVAR maps the first two queue pairs of a VF. */
  queuesPerVf: 2,
  vectorsPerVf: 3,
  /** Bytes; MAXFRS is one for the PF and all VFs. */
  mtu: 9216,
  interruptUs: 1022,
}

/** Bytes. */
export const RX_PACKET_BUFFER = 0x80000
export const TX_PACKET_BUFFER = 0x28000

/** Physical functions that the driver knows: network connections of the 82599 without a PHY to program. */
export const PF_DEVICES: readonly number[] = [0x10f9, 0x10fb, 0x10f7, 0x10f8, 0x10fc, 0x154d]

/** Name of the plugin image that drives the VFs. */
export const PLUGIN_NAME = 'intel-82599-vf'
