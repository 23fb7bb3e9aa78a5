/** A set of up to 64 pools that registers change one pool, or 32, at a time. */
export class PoolSet {
  lo = 0
  hi = 0

  put(pool: number, member: boolean): void {
    const bit = 1 << (pool & 31)
    if (pool < 32) this.lo = member ? this.lo | bit : this.lo & ~bit
    else this.hi = member ? this.hi | bit : this.hi & ~bit
  }

  /** Pools 0 to 31 (`half` 0) or 32 to 63. */
  putHalf(half: number, bits: number): void {
    if (half === 0) this.lo = bits | 0
    else this.hi = bits | 0
  }

  has(pool: number): boolean {
    return (((pool < 32 ? this.lo : this.hi) >>> (pool & 31)) & 1) !== 0
  }

  clear(): void {
    this.lo = 0
    this.hi = 0
  }
}

/** Members of a half. */
export function bitCount(bits: number): number {
  let n = bits - ((bits >>> 1) & 0x55555555)
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333)
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
