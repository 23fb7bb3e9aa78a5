export { intelPlugin } from './intel-plugin.js'
export type { VfChip } from './vf-chip.js'
