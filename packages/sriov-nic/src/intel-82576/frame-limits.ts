import type { PoolSwitch } from '../engine/pool-switch.js'
import type { RegisterFile } from '../engine/register-file.js'
import type { FrameLimits, PoolMap } from '../intel/port-rules.js'
import { LIMITS } from './limits.js'

/** RCTL.LPE; VMOLR.LPE and its length. */
const PORT_LONG = 1 << 5
const POOL_LONG = 1 << 16
const LENGTH = 0x3fff
/** The longest frame where long ones are not enabled, without FCS. */
const STANDARD_BYTES = 1514
const TAG_BYTES = 4
const FCS = 4

/** The longest frames of the port (RCTL, RLPML) and of each pool (VMOLR). */
export class PoolFrameLimits implements FrameLimits {
  readonly #values: Uint32Array
  readonly #switch: PoolSwitch
  readonly #pools: PoolMap
  readonly #rctl: number
  readonly #rlpml: number
  readonly #vmolr: number

  constructor(file: RegisterFile, target: PoolSwitch, pools: PoolMap) {
    this.#values = file.values
    this.#switch = target
    this.#pools = pools
    this.#rctl = file.word('RCTL')
    this.#rlpml = file.word('RLPML')
    this.#vmolr = file.word('VMOLR')
  }

  tooLong(bytes: number, tagged: boolean): boolean {
    const long = (this.#values[this.#rctl] & PORT_LONG) !== 0
    return long ? bytes + FCS > this.#values[this.#rlpml] : overStandard(bytes, tagged)
  }

  narrow(bytes: number, tagged: boolean): number {
    if (!this.#pools.virtualised) return 0
    let dropped = 0
    for (let left = this.#switch.poolsLo; left !== 0; left &= left - 1) {
      const pool = 31 - Math.clz32(left & -left)
      const limits = this.#values[this.#vmolr + pool]
      const over = (limits & POOL_LONG) !== 0 ? bytes + FCS > (limits & LENGTH) : overStandard(bytes, tagged)
      if (!over || pool >= LIMITS.vfs) continue
      this.#switch.poolsLo &= ~(1 << pool)
      dropped++
    }
    return dropped
  }
}

function overStandard(bytes: number, tagged: boolean): boolean {
  return bytes > (tagged ? STANDARD_BYTES + TAG_BYTES : STANDARD_BYTES)
}
