/** Why an offered VF was not taken. */
export type LoadFailure =
  /** No DMA memory left. */
  | 'noMemory'
  /** The hypervisor withdrew the offer meanwhile. */
  | 'notOffered'
  /** LOAD_PLUGIN gave an error. */
  | 'refused'
  /** Image or window of a size that cannot be. */
  | 'badSizes'
  /** SHA-256 of the image differs from the announced one. */
  | 'badDigest'
  | 'badImage'
  | 'apiVersion'
  | 'license'
  /** The image's code could not be evaluated. */
  | 'loader'
  /** The state in the plugin window points outside it, or does not fit the driver. */
  | 'badWindow'
  /** `NPA_PluginMain`, `swInit` or a `reinit` call failed. */
  | 'pluginRefused'
  /** ACTIVATE_VF was refused. */
  | 'activateRefused'

/** An offered VF could not be taken; the emulated device goes on. */
export class LoadError extends Error {
  override readonly name = 'LoadError'
  readonly reason: LoadFailure

  constructor(reason: LoadFailure, detail: string) {
    super(`${reason}: ${detail}`)
    this.reason = reason
  }
}
