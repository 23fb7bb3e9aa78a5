import { ExactMatch } from './exact-match.js'
import { MirrorRules } from './mirror-rules.js'
import { bitCount, PoolSet } from './pool-set.js'
import { VlanMatch } from './vlan-match.js'

/** Sizes of a switch's filter tables. */
export interface SwitchLimits {
  readonly addresses: number
  readonly vlans: number
}

/** Words of a hash filter: 4096 bits. */
const HASH_WORDS = 128

/**
 * The embedded switch of an SR-IOV chip: finds the pools that a frame goes to, and whether it goes to the wire. A chip makes its own
 * registers, or what its firmware was told, the settings; a filter that it does not have stays empty. The order of the filters is that of
 * the only manuals that tell one (82599, 7.10.3.3, 7.10.3.4; step by step in the X550's 7.8.3.3 and 7.8.3.4): the pools of an address, then the VLAN, then the default pool, EtherType filters, pools that receive, mirrors.
 */
export class PoolSwitch {
  readonly addresses: ExactMatch
  readonly vlans: VlanMatch
  readonly mirrors: MirrorRules = new MirrorRules()
  readonly unicastHash: Uint32Array = new Uint32Array(HASH_WORDS)
  readonly multicastHash: Uint32Array = new Uint32Array(HASH_WORDS)
  /** The port's own VLAN filter, a bit for each id; pools have `vlans` besides. */
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
  /** Bits of the address's bytes 4 and 5 below the 12 that index the hash filters. */
  hashShift = 4
  multicastFilter = false
  /** Frames are checked against `vlans`. */
  vlanFilter = false
  /** The pool of frames from the wire that pass the port's own filter and no pool takes, -1 for none. */
  defaultPool = -1
  /** A frame can go to several pools. Otherwise group addresses that no exact filter knows are the default pool's. */
  replication = true
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
  /** Of that frame: a hash filter lets it pass. */
  #hashed = false

  constructor(limits: SwitchLimits) {
    this.addresses = new ExactMatch(limits.addresses)
    this.vlans = new VlanMatch(limits.vlans)
  }

  /**
   * Where a frame from the wire goes. `vlan` is its id, or -1 when it has no tag; `steered` the pool that an EtherType filter gives it
   * to, or -1.
   */
  fromWire(macLo: number, macHi: number, vlan: number, steered = -1): void {
    this.toWire = false
    this.#match(macLo, macHi)
    const passes = this.#passes(macLo, macHi, vlan)
    if (isBroadcast(macLo, macHi) && !this.broadcastFromWire) this.#nobody()
    this.#vlan(vlan)
    if ((this.poolsLo | this.poolsHi) === 0 && passes) this.#only(this.defaultPool)
    if (steered >= 0) this.#only(steered)
    this.#gate()
    if (this.mirrors.active) this.#mirror(vlan, true)
  }

  /** Whether a frame from the wire is accepted while the chip is not virtualised: there are no pools then. */
  accepts(macLo: number, macHi: number, vlan: number): boolean {
    this.inexact = !this.addresses.lookUp(macLo, macHi)
    if (!this.#inTable(vlan)) return false
    if (isBroadcast(macLo, macHi)) return this.broadcastFromWire
    if (!this.inexact) return true
    if ((macLo & 1) === 0) return this.promiscuous
    return this.multicastPromiscuous || (this.multicastFilter && hashed(this.multicastHash, macHi, this.hashShift))
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
    // The VLAN decides who of these gets it, not whether it is one of theirs.
    if (this.#exact && (macLo & 1) === 0 && (this.poolsLo | this.poolsHi) !== 0) this.toWire = false
    this.#vlan(vlan)
    if (!this.selfLoopback.has(pool)) {
      const self = ~(1 << (pool & 31))
      if (pool < 32) this.poolsLo &= self
      else this.poolsHi &= self
    }
    this.#gate()
    if (this.mirrors.active) this.#mirror(vlan, false)
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
    this.#hashed = false
    if ((macLo & 1) === 0) {
      this.#hashed = !this.#exact && hashed(this.unicastHash, macHi, this.hashShift)
      if (this.#hashed) this.#add(this.unicastOverflow)
      return
    }
    if (!this.replication && !this.#exact) {
      this.#only(this.defaultPool)
      return
    }
    if (isBroadcast(macLo, macHi)) {
      this.inexact = false
      this.#add(this.broadcast)
      return
    }
    this.#hashed = !this.#exact && this.multicastFilter && hashed(this.multicastHash, macHi, this.hashShift)
    if (this.#hashed) this.#add(this.multicastOverflow)
    this.#add(this.allMulticast)
  }

  #inTable(vlan: number): boolean {
    return !this.vlanFilter || vlan < 0 || ((this.vlanTable[vlan >> 5] >>> (vlan & 31)) & 1) !== 0
  }

  /** Whether the port's own filter lets a frame from the wire pass. */
  #passes(macLo: number, macHi: number, vlan: number): boolean {
    if (!this.#inTable(vlan)) return false
    if (isBroadcast(macLo, macHi)) return this.broadcastFromWire
    if (this.#exact || this.#hashed) return true
    return (macLo & 1) === 0 ? this.promiscuous : this.multicastPromiscuous
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

  /** One pool, or none for -1. */
  #only(pool: number): void {
    this.#nobody()
    if (pool < 0) return
    if (pool < 32) this.poolsLo = 1 << pool
    else this.poolsHi = 1 << (pool & 31)
  }

  /** Adds the pools that the mirror rules say, of those that receive. */
  #mirror(vlan: number, fromWire: boolean): void {
    const { mirrors, vlans } = this
    if (vlan >= 0) vlans.lookUp(vlan)
    const lo = vlan < 0 ? 0 : vlans.entriesLo
    const hi = vlan < 0 ? 0 : vlans.entriesHi
    mirrors.match(this.poolsLo, this.poolsHi, lo, hi, this.toWire, fromWire)
    this.poolsLo |= mirrors.poolsLo & this.enabled.lo
    this.poolsHi |= mirrors.poolsHi & this.enabled.hi
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

function hashed(table: Uint32Array, macHi: number, shift: number): boolean {
  const bit = (macHi >>> shift) & 0xfff
  return ((table[bit >> 5] >>> (bit & 31)) & 1) !== 0
}
