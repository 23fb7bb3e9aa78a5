export { Vmxnet3Device } from './vmxnet3-device.js'
export type { Vmxnet3Options } from './vmxnet3-device.js'
export type { NpaHandler } from './npa-handler.js'
export type { VfWindow } from './vf-window.js'
