/** Values of the CMD register (Linux vmxnet3_defs.h; the three of NPA by VMware's and DPDK's headers). */
export const Cmd = {
  activateDev: 0xcafe0000,
  quiesceDev: 0xcafe0001,
  resetDev: 0xcafe0002,
  updateRxMode: 0xcafe0003,
  updateMacFilters: 0xcafe0004,
  updateVlanFilters: 0xcafe0005,
  updateRssidt: 0xcafe0006,
  updateIml: 0xcafe0007,
  updatePmcfg: 0xcafe0008,
  updateFeature: 0xcafe0009,
  /** NPA: the emulated data path ends; its rings belong to the driver again. Result: 0. */
  stopEmulation: 0xcafe000a,
  /** NPA: fill in, then serve, the plugin configuration that `pluginConfDesc` points at. Result: one of `PluginStatus`. */
  loadPlugin: 0xcafe000b,
  /** NPA: the driver has posted buffers on the VF: open it and move the filters. Result: 0, or an error; done when the event says so. */
  activateVf: 0xcafe000c,
  getQueueStatus: 0xf00d0000,
  getStats: 0xf00d0001,
  /** Result: bit 0 up, bits 31:16 speed in Mb/s. */
  getLink: 0xf00d0002,
  getPermMacLo: 0xf00d0003,
  getPermMacHi: 0xf00d0004,
  getDidLo: 0xf00d0005,
  getDidHi: 0xf00d0006,
  /** Result: one of `Implementation`. The name is VMware's, the meaning this project's. */
  getDevExtraInfo: 0xf00d0007,
  /** Result: bits 1:0 interrupt type (0 auto, 1 INTx, 2 MSI, 3 MSI-X), 3:2 mask mode. */
  getConfIntr: 0xf00d0008,
  getAdaptiveRingInfo: 0xf00d0009,
} as const
