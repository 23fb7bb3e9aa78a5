import type { PoolSwitch } from '../engine/pool-switch.js'
import type { RegisterFile } from '../engine/register-file.js'
import { RegisterSettings } from '../engine/register-settings.js'
import type { EtherTypes } from '../intel/ether-types.js'
import { hashShift, mirrorKinds } from '../intel/switch-fields.js'
import { LIMITS } from './limits.js'
import type { Pools } from './pools.js'

/** VMOLR. */
const L2 = { aupe: 1 << 24, rompe: 1 << 25, rope: 1 << 26, bam: 1 << 27, mpme: 1 << 28 } as const
/** RCTL. */
const Rctl = { upe: 1 << 3, mpe: 1 << 4, hashShift: 12, bam: 1 << 15, vfe: 1 << 18 } as const
/** DTXSWC, and what is left of it without a switch. */
const LOOPBACK = 1 << 31
const GUARDS = 0xffff
/** ETQF. */
const Etqf = { queueShift: 16, queueMask: 7, enable: 1 << 26, queueEnable: 1 << 31 } as const
/** VT_CTL. */
const DISABLE_DEFAULT_POOL = 1 << 29
const REPLICATION = 1 << 30
const VALID = 1 << 31
const POOL_BITS = 0xff

/** Makes registers the settings of the switch (82576 datasheet 7.10.3). */
export class SwitchRegisters {
  readonly #file: RegisterFile
  readonly #switch: PoolSwitch
  readonly #etherTypes: EtherTypes
  readonly #pools: Pools
  readonly #settings: RegisterSettings

  /** `loopback` says whether there is an embedded switch at all: without one, what pools send goes to the wire. */
  constructor(file: RegisterFile, target: PoolSwitch, etherTypes: EtherTypes, pools: Pools, loopback: boolean) {
    const settings = new RegisterSettings(file)
    this.#file = file
    this.#switch = target
    this.#etherTypes = etherTypes
    this.#pools = pools
    this.#settings = settings
    // There is no enable bit: the table is empty or it is not.
    target.multicastFilter = true
    settings.on('RAL', (n) => this.#address(n))
    settings.on('RAH', (n) => this.#address(n))
    settings.on('VLVF', (n, value) => {
      target.vlans.vlan(n, value, (value & VALID) !== 0)
      target.vlans.pools(n, (value >>> 12) & POOL_BITS, 0)
    })
    settings.on('UTA', (n, value) => (target.unicastHash[n] = value))
    settings.on('MTA', (n, value) => (target.multicastHash[n] = value))
    settings.on('VFTA', (n, value) => (target.vlanTable[n] = value))
    settings.on('VFRE', (_n, value) => target.enabled.putHalf(0, value))
    settings.on('DTXSWC', (_n, value) => {
      if (!loopback) file.set('DTXSWC', 0, value & GUARDS)
      target.macGuard.putHalf(0, value & POOL_BITS)
      target.vlanGuard.putHalf(0, (value >>> 8) & POOL_BITS)
      target.selfLoopback.putHalf(0, (value >>> 16) & POOL_BITS)
      target.loopback = loopback && (value & LOOPBACK) !== 0
    })
    settings.on('ETQF', (n) => this.#etherType(n))
    settings.on('VT_CTL', (_n, value) => {
      target.defaultPool = (value & DISABLE_DEFAULT_POOL) !== 0 ? -1 : (value >>> 7) & (LIMITS.vfs - 1)
      target.replication = (value & REPLICATION) !== 0
    })
    if (!loopback) return
    settings.on('VMRCTL', (n, value) => target.mirrors.rule(n, mirrorKinds(value), (value >>> 8) & (LIMITS.vfs - 1)))
    settings.on('VMRVLAN', (n, value) => (target.mirrors.vlans[2 * n] = value))
    settings.on('VMRVM', (n, value) => (target.mirrors.pools[2 * n] = value))
  }

  /** Takes every setting from its register, as after a reset. RCTL and VMOLR have other users too: see `receiveControl`, `pool`. */
  refresh(): void {
    this.#settings.refresh()
    this.receiveControl()
    for (let pool = 0; pool < LIMITS.vfs; pool++) this.pool(pool)
  }

  /** RCTL has changed. */
  receiveControl(): void {
    const value = this.#file.get('RCTL')
    const to = this.#switch
    to.promiscuous = (value & Rctl.upe) !== 0
    to.multicastPromiscuous = (value & Rctl.mpe) !== 0
    to.broadcastFromWire = (value & Rctl.bam) !== 0
    to.vlanFilter = (value & Rctl.vfe) !== 0
    to.hashShift = hashShift(value >>> Rctl.hashShift)
  }

  /** Pools have come or gone. */
  poolMode(): void {
    for (let n = 0; n < this.#file.instances('ETQF'); n++) this.#etherType(n)
  }

  /** VMOLR of a pool has changed. */
  pool(pool: number): void {
    const value = this.#file.get('VMOLR', pool)
    const to = this.#switch
    to.untagged.put(pool, (value & L2.aupe) !== 0)
    to.multicastOverflow.put(pool, (value & L2.rompe) !== 0)
    to.unicastOverflow.put(pool, (value & L2.rope) !== 0)
    to.broadcast.put(pool, (value & L2.bam) !== 0)
    to.allMulticast.put(pool, (value & L2.mpme) !== 0)
  }

  /** A filter's queue is one of the port's: it says nothing while the queues are those of pools. */
  #etherType(n: number): void {
    const value = this.#file.get('ETQF', n)
    const queue = (value & Etqf.queueEnable) !== 0 && !this.#pools.virtualised
    this.#etherTypes.look(n, (value & Etqf.enable) !== 0 ? value & 0xffff : -1)
    this.#etherTypes.queue[n] = queue ? (value >>> Etqf.queueShift) & Etqf.queueMask : -1
  }

  #address(n: number): void {
    const high = this.#file.get('RAH', n)
    this.#switch.addresses.address(n, this.#file.get('RAL', n), high, (high & VALID) !== 0)
    this.#switch.addresses.pools(n, (high >>> 18) & POOL_BITS, 0)
  }
}
