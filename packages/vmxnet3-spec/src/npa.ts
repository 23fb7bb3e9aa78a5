/**
 * The part of the device that VMware never published: what LOAD_PLUGIN and ACTIVATE_VF exchange. Names and numbers of the commands,
 * and that `pluginConfDesc` leads to the plugin's place, are VMware's; the layout is this project's.
 */

/**
 * What carries the data path, as GET_DEV_EXTRA_INFO tells it. A change raises the DIC event; the driver reads where it stands and does
 * its part, so a lost or doubled event changes nothing.
 */
export const Implementation = {
  emulated: 0,
  /** A VF is waiting: the driver may issue LOAD_PLUGIN. */
  offered: 1,
  /** Plugin and window are in place, the VF is initialised: the driver may move to its rings and issue ACTIVATE_VF. */
  ready: 2,
  /** The VF carries the frames; the emulated receive rings hold the last ones that came before. */
  passthrough: 3,
  /** The VF is quiet for good: the driver takes what its rings hold, and activates the emulated device afresh. */
  quiesced: 4,
  /** The VF and the window are gone without the driver's help: it forgets both and activates the emulated device afresh. */
  revoked: 5,
} as const

/** 'NPAC', little-endian. */
export const PLUGIN_CONF_MAGIC = 0x4341504e

export const PLUGIN_CONF_VERSION = 1

/** Most queues of one direction in a plugin configuration. */
export const PLUGIN_CONF_QUEUES = 8

/**
 * Byte offsets in the plugin configuration, 32-bit fields unless said. The driver allocates and fills it and issues LOAD_PLUGIN;
 * while `imageCapacity` or `windowCapacity` is too small the device answers with the sizes it needs.
 */
export const PluginConf = {
  magic: 0,
  version: 4,
  /** Device: one of `PluginStatus`. */
  status: 8,
  /** Driver: address (64 bits) and bytes of the memory for the image. */
  imageAddress: 16,
  imageCapacity: 24,
  /** Device: bytes of the image. */
  imageLength: 28,
  /** Device: SHA-256 of the image, 32 bytes. */
  imageDigest: 32,
  /** Driver: address (64 bits) and bytes of the guest-physical pages that the plugin window takes. */
  windowAddress: 64,
  windowCapacity: 72,
  /** Device: bytes, whole pages, that the window needs. */
  windowLength: 76,
  /** Driver: what it wants on the VF. */
  txQueues: 80,
  rxQueues: 84,
  interrupts: 88,
  txRingSize: 92,
  rxRingSize: 96,
  bytes: 128,
} as const

export const PluginStatus = {
  loaded: 0,
  /** The memory offered is too small; the sizes needed are filled in. */
  needMemory: 1,
  /** No VF is on offer (any more). */
  notOffered: 2,
  /** The configuration makes no sense, or its addresses are not the guest's memory. */
  invalid: 3,
} as const

/** Result of ACTIVATE_VF: accepted; the event that ends it follows. */
export const ACTIVATE_VF_OK = 0

/** Result of ACTIVATE_VF: the device is not `ready`. */
export const ACTIVATE_VF_REFUSED = 1
