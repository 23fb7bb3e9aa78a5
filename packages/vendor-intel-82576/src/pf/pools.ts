import type { PoolPlan } from '@npa/vendor-intel-common/pf'

/** VF v has pool v, the PF the pool behind the last VF; a pool's first queue has its number (82576 datasheet 7.10.2). */
export function poolsOf(vfs: number): PoolPlan {
  return { vfs, pf: vfs, pfQueue: vfs }
}
