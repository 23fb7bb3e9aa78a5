export { Vmxnet3Shell } from './shell.js'
export type { ShellOptions } from './settings.js'
export { DeviceError } from './control.js'
export { LoadError } from './load-error.js'
export type { LoadFailure } from './load-error.js'
export { modeInput, modeTable } from './mode.js'
export type { ModeAction, ModeInput, ModeState, ModeStep } from './mode.js'
export { SoftwarePlugin } from './software-plugin.js'
export {
  bodyRingSize,
  rxBodyOffset,
  rxCompOffset,
  rxCompSize,
  softwareRingBytes,
  txCompOffset,
} from './software-rings.js'
export { loadJavaScript } from './javascript-loader.js'
export type { PluginLoader } from './plugin-offer.js'
export { acceptGplCompatible } from './license.js'
export { LARGE_BUFFER, SMALL_BUFFER } from './buffer-pool.js'
