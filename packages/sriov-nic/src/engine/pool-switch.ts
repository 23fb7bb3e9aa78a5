import { ExactMatch } from './exact-match.js'
import { bitCount, PoolSet } from './pool-set.js'
import { VlanMatch } from './vlan-match.js'

/** Sizes of a switch's filter tables. */
export interface SwitchLimits {
  readonly addresses: number
  readonly vlans: number
}

/** Words of a hash filter: 4096 bits. */
const HASH_WORDS = 128

/** Which 12 bits of bytes 4 and 5 of an address index the hash filters, by the offset setting: 47:36, 46:35, 45:34, 43:32. */
const HASH_SHIFT = [4, 3, 2, 0] as const

/**
 * The embedded switch of an SR-IOV chip: finds the pools that a frame goes to, and whether it goes to the wire. Registers of the
 * chip are its settings. The order of the filters is that of the 82599 (7.10.3.3, 7.10.3.4).
 */
export class PoolSwitch {
  readonly addresses: ExactMatch
  readonly vlans: VlanMatch
  readonly unicastHash: Uint32Array = new Uint32Array(HASH_WORDS)
  readonly multicastHash: Uint32Array = new Uint32Array(HASH_WORDS)
  /** The VLAN filter that holds while the chip is not virtualised, a bit for each id. */
  readonly vlanTable: Uint32Array = new Uint32Array(HASH_WORDS)
  /** Pools that take broadcasts; untagged frames; all multicasts; what the multicast and the unicast hash filter lets pass. */
  readonly broadcast: PoolSet = new PoolSet()
  readonly untagged: PoolSet = new PoolSet()
  readonly allMulticast: PoolSet = new PoolSet()
  readonly multicastOverflow: PoolSet = new PoolSet()
  readonly unicastOverflow: PoolSet = new PoolSet()
  /** Pools that receive at all. */
  readonly enabled: PoolSet = new PoolSet()
  /** Pools whose source addresses, and VLANs, are checked. */
  readonly macGuard: PoolSet = new PoolSet()
  readonly vlanGuard: PoolSet = new PoolSet()
  /** Pools whose frames may come back to themselves. */
  readonly selfLoopback: PoolSet = new PoolSet()
  hashOffset = 0
  multicastFilter = false
  /** Frames are checked against `vlans`. */
  vlanFilter = false
  /** The pool of unicast frames from the wire that no filter knows, -1 for none; only while `promiscuous`. */
  defaultPool = -1
  /** Frames from the wire that pass the port's own filter: unicast to nobody known, any multicast (unless virtualised), broadcast. */
  promiscuous = false
  multicastPromiscuous = false
  broadcastFromWire = false
  /** Frames of a pool can reach other pools. */
  loopback = false
  /** Verdict on the frame looked at last: its pools, and whether it goes to the wire. */
  poolsLo = 0
  poolsHi = 0
  toWire = false
  /** Of that frame: it got here by an inexact filter only. */
  inexact = false
  /** Of that frame: copies that a pool which does not receive would have got. */
  gated = 0
  #exact = false

  constructor(limits: SwitchLimits) {
    this.addresses = new ExactMatch(limits.addresses)
    this.vlans = new VlanMatch(limits.vlans)
  }

  /** Where a frame from the wire goes. `vlan` is its id, or -1 when it has no tag. */
  fromWire(macLo: number, macHi: number, vlan: number): void {
    this.toWire = false
    this.#match(macLo, macHi)
    if (isBroadcast(macLo, macHi)) {
      if (!this.broadcastFromWire) this.#nobody()
    } else if ((macLo & 1) === 0 && !this.#exact && (this.poolsLo | this.poolsHi) === 0 && this.promiscuous)
      this.#default()
    this.#vlan(vlan)
    this.#gate()
  }

  /** Whether a frame from the wire is accepted while the chip is not virtualised: there are no pools then. */
  accepts(macLo: number, macHi: number, vlan: number): boolean {
    this.inexact = !this.addresses.lookUp(macLo, macHi)
    if (this.vlanFilter && vlan >= 0 && ((this.vlanTable[vlan >> 5] >>> (vlan & 31)) & 1) === 0) return false
    if (isBroadcast(macLo, macHi)) return this.broadcastFromWire
    if (!this.inexact) return true
    if ((macLo & 1) === 0) return this.promiscuous
    return this.multicastPromiscuous || (this.multicastFilter && hashed(this.multicastHash, macHi, this.hashOffset))
  }

  /** Where a frame of a pool goes. */
  fromPool(pool: number, macLo: number, macHi: number, vlan: number): void {
    this.toWire = true
    this.inexact = false
    this.gated = 0
    if (!this.loopback) {
      this.#nobody()
      return
    }
    this.#match(macLo, macHi)
    this.#vlan(vlan)
    if (this.#exact && (macLo & 1) === 0 && (this.poolsLo | this.poolsHi) !== 0) this.toWire = false
    if (!this.selfLoopback.has(pool)) {
      const self = ~(1 << (pool & 31))
      if (pool < 32) this.poolsLo &= self
      else this.poolsHi &= self
    }
    this.#gate()
  }

  /** Whether a pool may send from this address. */
  mayUseAddress(pool: number, macLo: number, macHi: number): boolean {
    if (!this.macGuard.has(pool)) return true
    this.addresses.lookUp(macLo, macHi)
    return (((pool < 32 ? this.addresses.poolsLo : this.addresses.poolsHi) >>> (pool & 31)) & 1) !== 0
  }

  /** Whether a pool may send into this VLAN. */
  mayUseVlan(pool: number, vlan: number): boolean {
    if (vlan < 0 || !this.vlanGuard.has(pool)) return true
    this.vlans.lookUp(vlan)
    return (((pool < 32 ? this.vlans.poolsLo : this.vlans.poolsHi) >>> (pool & 31)) & 1) !== 0
  }

  #match(macLo: number, macHi: number): void {
    this.#exact = this.addresses.lookUp(macLo, macHi)
    this.poolsLo = this.addresses.poolsLo
    this.poolsHi = this.addresses.poolsHi
    this.inexact = !this.#exact
    if ((macLo & 1) === 0) {
      if (!this.#exact && hashed(this.unicastHash, macHi, this.hashOffset)) this.#add(this.unicastOverflow)
      return
    }
    if (isBroadcast(macLo, macHi)) {
      this.inexact = false
      this.#add(this.broadcast)
      return
    }
    if (!this.#exact && this.multicastFilter && hashed(this.multicastHash, macHi, this.hashOffset)) {
      this.#add(this.multicastOverflow)
    }
    this.#add(this.allMulticast)
  }

  #add(set: PoolSet): void {
    this.poolsLo |= set.lo
    this.poolsHi |= set.hi
  }

  #gate(): void {
    this.gated = bitCount(this.poolsLo & ~this.enabled.lo) + bitCount(this.poolsHi & ~this.enabled.hi)
    this.poolsLo &= this.enabled.lo
    this.poolsHi &= this.enabled.hi
  }

  #nobody(): void {
    this.poolsLo = 0
    this.poolsHi = 0
  }

  #default(): void {
    const pool = this.defaultPool
    if (pool < 0) return
    if (pool < 32) this.poolsLo = 1 << pool
    else this.poolsHi = 1 << (pool & 31)
  }

  #vlan(vlan: number): void {
    if (!this.vlanFilter) return
    if (vlan < 0) {
      this.poolsLo &= this.untagged.lo
      this.poolsHi &= this.untagged.hi
      return
    }
    this.vlans.lookUp(vlan)
    this.poolsLo &= this.vlans.poolsLo
    this.poolsHi &= this.vlans.poolsHi
  }
}

function isBroadcast(macLo: number, macHi: number): boolean {
  return macLo === -1 && macHi === 0xffff
}

function hashed(table: Uint32Array, macHi: number, offset: number): boolean {
  const bit = (macHi >>> HASH_SHIFT[offset]) & 0xfff
  return ((table[bit >> 5] >>> (bit & 31)) & 1) !== 0
}
