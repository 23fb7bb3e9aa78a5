import type { PoolSwitch } from '../engine/pool-switch.js'
import type { RegisterFile } from '../engine/register-file.js'
import { RegisterSettings } from '../engine/register-settings.js'
import type { EtherTypes } from '../intel/ether-types.js'
import { hashShift, mirrorKinds } from '../intel/switch-fields.js'

/** PFVML2FLT. */
const L2 = { aupe: 1 << 24, rompe: 1 << 25, rope: 1 << 26, bam: 1 << 27, mpe: 1 << 28 } as const
/** FCTRL. */
const Fctrl = { mpe: 1 << 8, upe: 1 << 9, bam: 1 << 10 } as const
const VFE = 1 << 30
const VALID = 1 << 31
const MFE = 1 << 2
/** PFVTCTL. */
const DISABLE_DEFAULT_POOL = 1 << 29
const REPLICATION = 1 << 30
/** ETQF. */
const Etqf = { poolShift: 20, poolMask: 0x3f, poolEnable: 1 << 26, enable: 1 << 31 } as const
/** ETQS. */
const Etqs = { queueShift: 16, queueMask: 0x7f, enable: 1 << 31 } as const
/** Rules for which PFMRVLAN and PFMRVM have two words, n and n + 4. */
const MIRRORS = 4

/** Makes registers the settings of the switch. */
export class SwitchRegisters {
  readonly #file: RegisterFile
  readonly #switch: PoolSwitch
  readonly #etherTypes: EtherTypes
  readonly #settings: RegisterSettings

  /**
   * `loopback` says whether there is an embedded switch at all: without one, what pools send goes to the wire. `changed` is called
   * when frames may have been let through to neighbours, or no longer.
   */
  constructor(file: RegisterFile, target: PoolSwitch, etherTypes: EtherTypes, loopback: boolean, changed: () => void) {
    this.#file = file
    this.#switch = target
    this.#etherTypes = etherTypes
    const settings = new RegisterSettings(file)
    this.#settings = settings
    settings.on('RAL', (n) => this.#address(n))
    settings.on('RAH', (n) => this.#address(n))
    settings.on('MPSAR', (n) => target.addresses.pools(n >> 1, file.get('MPSAR', n & ~1), file.get('MPSAR', n | 1)))
    settings.on('PFVLVF', (n, value) => target.vlans.vlan(n, value, (value & VALID) !== 0))
    settings.on('PFVLVFB', (n) => target.vlans.pools(n >> 1, file.get('PFVLVFB', n & ~1), file.get('PFVLVFB', n | 1)))
    settings.on('PFUTA', (n, value) => (target.unicastHash[n] = value))
    settings.on('MTA', (n, value) => (target.multicastHash[n] = value))
    settings.on('VFTA', (n, value) => (target.vlanTable[n] = value))
    settings.on('PFVML2FLT', (n, value) => this.#pool(n, value))
    settings.on('PFVFRE', (n, value) => target.enabled.putHalf(n, value))
    settings.on('PFVFSPOOF', (n, value) => this.#guard(n, value))
    if (loopback) this.#internal(settings, changed)
    else file.onWrite('PFDTXGSWC', () => undefined)
    settings.on('ETQF', (n) => this.#etherType(n))
    settings.on('ETQS', (n) => this.#etherType(n))
    settings.on('MCSTCTRL', (_n, value) => {
      target.hashShift = hashShift(value)
      target.multicastFilter = (value & MFE) !== 0
    })
    settings.on('FCTRL', (_n, value) => {
      target.promiscuous = (value & Fctrl.upe) !== 0
      target.multicastPromiscuous = (value & Fctrl.mpe) !== 0
      target.broadcastFromWire = (value & Fctrl.bam) !== 0
    })
    settings.on('VLNCTRL', (_n, value) => (target.vlanFilter = (value & VFE) !== 0))
  }

  /** The default pool, after PFVTCTL has changed. */
  defaultPool(): void {
    const value = this.#file.get('PFVTCTL')
    this.#switch.defaultPool = (value & DISABLE_DEFAULT_POOL) !== 0 ? -1 : (value >>> 7) & 0x3f
    this.#switch.replication = (value & REPLICATION) !== 0
  }

  /** Takes every setting from its register, as after a reset. */
  refresh(): void {
    this.#settings.refresh()
    this.defaultPool()
  }

  /** What switches between pools. */
  #internal(settings: RegisterSettings, changed: () => void): void {
    const to = this.#switch
    settings.on('PFDTXGSWC', (_n, value) => {
      to.loopback = (value & 1) !== 0
      changed()
    })
    settings.on('PFVMTXSW', (n, value) => to.selfLoopback.putHalf(n, value))
    settings.on('PFMRCTL', (n, value) => to.mirrors.rule(n, mirrorKinds(value), (value >>> 8) & 0x3f))
    settings.on('PFMRVM', (n, value) => (to.mirrors.pools[halfOf(n)] = value))
    settings.on('PFMRVLAN', (n, value) => (to.mirrors.vlans[halfOf(n)] = value))
  }

  #etherType(n: number): void {
    const filter = this.#file.get('ETQF', n)
    const queue = this.#file.get('ETQS', n)
    const to = this.#etherTypes
    to.look(n, (filter & Etqf.enable) !== 0 ? filter & 0xffff : -1)
    to.pool[n] = (filter & Etqf.poolEnable) !== 0 ? (filter >>> Etqf.poolShift) & Etqf.poolMask : -1
    to.queue[n] = (queue & Etqs.enable) !== 0 ? (queue >>> Etqs.queueShift) & Etqs.queueMask : -1
  }

  #address(n: number): void {
    const high = this.#file.get('RAH', n)
    this.#switch.addresses.address(n, this.#file.get('RAL', n), high, (high & VALID) !== 0)
  }

  #pool(pool: number, value: number): void {
    const to = this.#switch
    to.untagged.put(pool, (value & L2.aupe) !== 0)
    to.multicastOverflow.put(pool, (value & L2.rompe) !== 0)
    to.unicastOverflow.put(pool, (value & L2.rope) !== 0)
    to.broadcast.put(pool, (value & L2.bam) !== 0)
    to.allMulticast.put(pool, (value & L2.mpe) !== 0)
  }

  #guard(n: number, value: number): void {
    for (let i = 0; i < 8; i++) {
      this.#switch.macGuard.put(n * 8 + i, ((value >>> i) & 1) !== 0)
      this.#switch.vlanGuard.put(n * 8 + i, ((value >>> (8 + i)) & 1) !== 0)
    }
  }
}

/** Where register n of PFMRVM or PFMRVLAN is kept: rule n, low half; rule n - 4, high half. */
function halfOf(n: number): number {
  return n < MIRRORS ? 2 * n : 2 * (n - MIRRORS) + 1
}
