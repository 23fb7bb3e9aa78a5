import type { PoolPlan } from '@npa/vendor-intel-common/pf'

/** How pools and queues are dealt out: VF v has pool v, the PF the pool behind the last VF (82599 datasheet 7.10.2.7). */
export interface Pools extends PoolPlan {
  readonly pools: 32 | 64
  readonly queuesPerPool: number
  /** GCR_EXT.VT_Mode and GPIE.VT_Mode. */
  readonly vtMode: number
  /** MRQC: pools with RSS inside. */
  readonly mrqc: number
  /** MTQC: virtualised, as many pools. */
  readonly mtqc: number
}

/** IPv4, TCP over IPv4, IPv6, TCP over IPv6 are hashed. */
const RSS_FIELDS = 0x330000

export function poolsOf(vfs: number, pools: 32 | 64): Pools {
  const queuesPerPool = 128 / pools
  const pfQueue = vfs * queuesPerPool
  return pools === 64
    ? { vfs, pools, queuesPerPool, pf: vfs, pfQueue, vtMode: 3, mrqc: RSS_FIELDS | 0xb, mtqc: 0x6 }
    : { vfs, pools, queuesPerPool, pf: vfs, pfQueue, vtMode: 2, mrqc: RSS_FIELDS | 0xa, mtqc: 0xa }
}
