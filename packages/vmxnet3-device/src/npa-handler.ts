/**
 * What the hypervisor does behind the NPA commands. Without a handler the commands have no effect and answer 0, as commands
 * that a device does not know.
 */
export interface NpaHandler {
  /** STOP_EMULATION. On 0 the device stops its data path when this returns; any other result refuses and changes nothing. */
  stopEmulation(): number
  /** LOAD_PLUGIN: address and length of the plugin configuration, as the driver wrote them, unchecked. One of `PluginStatus`. */
  loadPlugin(confLo: number, confHi: number, confLength: number): number
  /** ACTIVATE_VF: 0 when accepted. */
  activateVf(): number
  /** GET_DEV_EXTRA_INFO: one of `Implementation`. */
  implementation(): number
  /** The driver has activated the emulated device afresh; its data path runs. */
  activated(): void
  /** The driver has quiesced or reset the device, by command, DSAL or function-level reset, or a second activation was refused. */
  stopped(): void
  /** The driver has changed its receive mode, multicast list or VLANs, or set them for the first time after activation. */
  filtersChanged(): void
}
