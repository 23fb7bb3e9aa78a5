export type { PtOp, PtResult, PtStatus, RxMode, VfInfo, VfInit, VfProperties, VfRing } from './operations.js'
export type { PfDriver } from './pf-driver.js'
