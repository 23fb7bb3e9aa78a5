/** What a mirror rule reflects. */
export const Mirror = {
  /** Frames for given pools. */
  pool: 1,
  /** Frames from the wire that reach any pool. */
  uplink: 2,
  /** Frames that go to the wire. */
  downlink: 4,
  /** Frames of given VLANs. */
  vlan: 8,
} as const

const RULES = 4

/** The four mirror rules of a switch: each adds one pool to those that a frame goes to. */
export class MirrorRules {
  /** What each rule reflects, bits of `Mirror`, and to which pool. */
  readonly #kinds = new Int32Array(RULES)
  readonly #to = new Int32Array(RULES)
  /** Pools, and entries of the VLAN filter, of each rule: words 2n and 2n + 1 are those of rule n. */
  readonly pools: Int32Array = new Int32Array(RULES * 2)
  readonly vlans: Int32Array = new Int32Array(RULES * 2)
  /** Whether any rule reflects anything. */
  active = false
  /** Pools that `match` has found: 0 to 31, and 32 to 63. */
  poolsLo = 0
  poolsHi = 0

  /** Makes rule `n` reflect `kinds`, bits of `Mirror`, to a pool. */
  rule(n: number, kinds: number, to: number): void {
    this.#kinds[n] = kinds
    this.#to[n] = to
    this.active = this.#kinds.some((kind) => kind !== 0)
  }

  /**
   * Finds the pools that a frame is reflected to. It goes to the pools given, and to the wire or not; `vlansLo` and `vlansHi` are the
   * entries of the VLAN filter that it matches.
   */
  match(poolsLo: number, poolsHi: number, vlansLo: number, vlansHi: number, toWire: boolean, fromWire: boolean): void {
    this.poolsLo = 0
    this.poolsHi = 0
    const anybody = (poolsLo | poolsHi) !== 0
    for (let n = 0; n < RULES; n++) {
      const kinds = this.#kinds[n]
      if (kinds === 0) continue
      const reflected =
        ((kinds & Mirror.pool) !== 0 && ((poolsLo & this.pools[2 * n]) | (poolsHi & this.pools[2 * n + 1])) !== 0) ||
        ((kinds & Mirror.uplink) !== 0 && fromWire && anybody) ||
        ((kinds & Mirror.downlink) !== 0 && toWire) ||
        ((kinds & Mirror.vlan) !== 0 && ((vlansLo & this.vlans[2 * n]) | (vlansHi & this.vlans[2 * n + 1])) !== 0)
      if (!reflected) continue
      const to = this.#to[n]
      if (to < 32) this.poolsLo |= 1 << to
      else this.poolsHi |= 1 << (to & 31)
    }
  }
}
