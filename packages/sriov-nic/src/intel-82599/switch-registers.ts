import type { PoolSwitch } from '../engine/pool-switch.js'
import type { RegisterFile } from '../engine/register-file.js'
import { RegisterSettings } from '../engine/register-settings.js'

/** PFVML2FLT. */
const L2 = { aupe: 1 << 24, rompe: 1 << 25, rope: 1 << 26, bam: 1 << 27, mpe: 1 << 28 } as const
/** FCTRL. */
const Fctrl = { mpe: 1 << 8, upe: 1 << 9, bam: 1 << 10 } as const
const VFE = 1 << 30
const VALID = 1 << 31
const MFE = 1 << 2
/** PFVTCTL. */
const DISABLE_DEFAULT_POOL = 1 << 29

/** Makes registers the settings of the switch. */
export class SwitchRegisters {
  readonly #file: RegisterFile
  readonly #switch: PoolSwitch
  readonly #settings: RegisterSettings

  constructor(file: RegisterFile, target: PoolSwitch) {
    this.#file = file
    this.#switch = target
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
    settings.on('PFDTXGSWC', (_n, value) => (target.loopback = (value & 1) !== 0))
    settings.on('MCSTCTRL', (_n, value) => {
      target.hashOffset = value & 3
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
  }

  /** Takes every setting from its register, as after a reset. */
  refresh(): void {
    this.#settings.refresh()
    this.defaultPool()
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
