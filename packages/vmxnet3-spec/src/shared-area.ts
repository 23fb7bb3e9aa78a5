/** In the first word of the driver-shared area. */
export const SHARED_MAGIC = 0xbabefee1

/** Byte offsets in the driver-shared area (Linux vmxnet3_defs.h; offsets by compiling it). 64-bit fields are marked. */
export const Shared = {
  magic: 0,
  driverVersion: 8,
  /** Bits 1:0 width (1: 32, 2: 64 bits), 5:2 type (1 Linux), 21:6 version, 31:22 miscellaneous. */
  guestInfo: 12,
  revision: 16,
  uptVersion: 20,
  /** 64 bits, see `UptFeature`. */
  uptFeatures: 24,
  driverDataAddress: 32,
  /** 64 bits. */
  queueTableAddress: 40,
  driverDataLength: 48,
  queueTableLength: 52,
  mtu: 56,
  /** u16: most buffers of one received packet; 0 says nothing. */
  maxRxSg: 60,
  /** u8 each */
  txQueues: 62,
  rxQueues: 63,
  autoMask: 80,
  interrupts: 81,
  eventInterrupt: 82,
  /** 25 bytes. */
  moderation: 83,
  /** Bit 0: all interrupts disabled. */
  interruptControl: 108,
  /** See `RxMode`. */
  rxMode: 120,
  /** u16, bytes. */
  multicastLength: 124,
  /** 64 bits. */
  multicastAddress: 128,
  /** 128 words, one bit for a VLAN; an entirely zero table filters nothing. */
  vlanTable: 136,
  /** {version u32, length u32, address u64} of the RSS configuration, see `RssConf`. */
  rssConf: 648,
  pmConf: 664,
  /** {version u32, length u32, address u64} of the plugin configuration. */
  pluginConf: 680,
  /** Pending events, see `Event`; the device sets them. */
  ecr: 696,
  bytes: 720,
} as const

export const SHARED_ALIGN = 128

export const UptFeature = { rxChecksum: 1, rss: 2, rxVlan: 4, lro: 8 } as const

export const RxMode = {
  unicast: 0x01,
  multicast: 0x02,
  broadcast: 0x04,
  allMulticast: 0x08,
  promiscuous: 0x10,
} as const

/** Bits of `Shared.ecr`. */
export const Event = {
  rxQueueError: 1,
  txQueueError: 2,
  link: 4,
  /** The device's implementation changed: emulation or passthrough. */
  implementation: 8,
  debug: 16,
} as const
