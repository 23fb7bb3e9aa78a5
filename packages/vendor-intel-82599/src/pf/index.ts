export { Intel82599Pf } from './intel-82599-pf.js'
export type { Intel82599PfOptions } from './intel-82599-pf.js'
export type { Misbehaviour, PfEvents } from '@npa/vendor-intel-common/pf'
export { LIMITS, PF_DEVICES, PLUGIN_NAME } from './limits.js'
