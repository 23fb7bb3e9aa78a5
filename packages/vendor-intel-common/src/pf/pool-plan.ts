/** Pools and queues as every chip has them: VF v has pool v, the PF the pool behind the last VF. */
export interface PoolPlan {
  readonly vfs: number
  /** Pool of the PF, which is the default pool. */
  readonly pf: number
  /** Queue of the PF: its first, and only used, one. */
  readonly pfQueue: number
}
