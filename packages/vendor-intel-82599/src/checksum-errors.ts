import type { ChecksumErrors } from '@npa/vendor-intel-common/layout'

/** TCPE and IPE of a written-back receive descriptor (82599 datasheet 7.1.6.2). */
export const CHECKSUM_ERRORS: ChecksumErrors = { l4: 0x40000000, ip: 0x80000000 }
