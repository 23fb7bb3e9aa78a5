/** Byte offsets in the configuration that `Shared.rssConf` points at (Linux upt1_defs.h, UPT1_RSSConf); u16 each but the last two. */
export const RssConf = {
  /** Bits of `RssHash`. */
  hashTypes: 0,
  /** One of `RssFunction`. */
  hashFunction: 2,
  keyBytes: 4,
  tableEntries: 6,
  key: 8,
  /** One queue number in each byte. */
  table: 48,
  bytes: 176,
} as const

export const RSS_MAX_KEY_BYTES = 40
export const RSS_MAX_TABLE = 128

/** What is hashed: addresses, or addresses and ports. */
export const RssHash = { ipv4: 1, tcpIpv4: 2, ipv6: 4, tcpIpv6: 8 } as const

export const RssFunction = { none: 0, toeplitz: 1 } as const

/** What a receive completion's hash is of. */
export const RssType = { none: 0, ipv4: 1, tcpIpv4: 2, ipv6: 3, tcpIpv6: 4 } as const
