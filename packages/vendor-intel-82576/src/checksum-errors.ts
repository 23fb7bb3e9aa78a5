import type { ChecksumErrors } from '@npa/vendor-intel-common/layout'

/** L4E and IPE of a written-back receive descriptor (82576 datasheet 7.1.5.2): one place below those of the 82599. */
export const CHECKSUM_ERRORS: ChecksumErrors = { l4: 0x20000000, ip: 0x40000000 }
