export { Intel82576Pf } from './intel-82576-pf.js'
export type { IntelPfOptions, Misbehaviour, PfEvents } from '@npa/vendor-intel-common/pf'
export { LIMITS, PF_DEVICES, PLUGIN_NAME } from './limits.js'
