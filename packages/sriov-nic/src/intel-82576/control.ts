import type { Clock } from '@npa/core'
import type { RegisterFile } from '../engine/register-file.js'
import { functionStates, lanId } from '../intel/card.js'
import type { CardLocks, PortPlace } from '../intel/card.js'
import { eerd } from '../intel/eerd.js'
import type { Eeprom } from './eeprom.js'
import type { Phy } from './phy.js'

/** CTRL. */
const Ctrl = {
  fullDuplex: 1,
  masterDisable: 1 << 2,
  setLinkUp: 1 << 6,
  speedShift: 8,
  forceSpeed: 1 << 11,
  forceDuplex: 1 << 12,
  reset: 1 << 26,
  phyReset: 1 << 31,
} as const
/** STATUS. */
const Status = {
  fullDuplex: 1,
  linkUp: 2,
  speedShift: 6,
  phyReset: 1 << 10,
  iov: 1 << 18,
  masterEnabled: 1 << 19,
} as const
const SPEED_1000 = 2
const VFS_SHIFT = 14
/** EEC: the driver asks for the serial bus, and has it. */
const Eec = { request: 1 << 6, grant: 1 << 7 } as const
/** MDIC. */
const Mdic = { read: 1 << 27, write: 1 << 26, ready: 1 << 28, interrupt: 1 << 29, error: 1 << 30 } as const
const PHY_ADDRESS = 1
const PF_RESET_DONE = 1 << 14
const VALID = 0x80000000

/** What device control asks of the rest of the chip. */
export interface ControlUser {
  /** The port resets itself. */
  softwareReset(): void
  /** CTRL_EXT.PFRSTD was set. */
  portReady(): void
  /** CTRL was written. */
  controlWritten(): void
  /** The link is up, or the port is looped back. */
  linked(): boolean
  vfs(): number
  /** A management access ended that asked for an interrupt. */
  accessDone(): void
}

/** Device control, status, EEPROM, locks, PHY access: what a driver's probe and reset go through (82576 datasheet 8.2 to 8.6). */
export class Control {
  readonly #file: RegisterFile
  readonly #user: ControlUser
  readonly #phy: Phy
  readonly #eeprom: Eeprom
  readonly #place: PortPlace
  /** CTRL.GIO_Master_Disable. */
  masterDisabled = false

  constructor(
    file: RegisterFile,
    clock: Clock,
    eeprom: Eeprom,
    locks: CardLocks,
    place: PortPlace,
    phy: Phy,
    user: ControlUser,
  ) {
    this.#file = file
    this.#user = user
    this.#phy = phy
    this.#eeprom = eeprom
    this.#place = place
    locks.show(file, 'SW_FW_SYNC')
    file.onWrite('CTRL', (_n, value) => this.#ctrl(value))
    file.onRead('STATUS', (_n, value) => this.#status(value))
    // Only the PHY's reset can be taken back, by writing 0.
    file.onWrite('STATUS', (_n, value) => {
      if ((value & Status.phyReset) === 0) file.set('STATUS', 0, file.get('STATUS') & ~Status.phyReset)
    })
    file.onWrite('CTRL_EXT', (_n, value) => {
      file.store('CTRL_EXT', 0, value)
      if (this.ready) user.portReady()
    })
    file.onRead('FRTIMER', () => freeRunning(clock.nowNs()))
    file.onWrite('EEC', (_n, value) => {
      const stored = file.store('EEC', 0, value) & ~Eec.grant
      file.set('EEC', 0, (stored & Eec.request) !== 0 ? stored | Eec.grant : stored)
    })
    file.onWrite('EERD', (_n, value) => {
      if ((value & 1) !== 0) file.set('EERD', 0, eerd(eeprom.words, value))
    })
    file.onRead('FACTPS', () => functionStates(place.ports))
    file.onWrite('MDIC', (_n, value) => this.#mdic(value))
  }

  /** CTRL_EXT.PFRSTD: the PF's driver has set up the port. */
  get ready(): boolean {
    return (this.#file.get('CTRL_EXT') & PF_RESET_DONE) !== 0
  }

  /** CTRL.SLU: the MAC may have a link. */
  get linkAllowed(): boolean {
    return (this.#file.get('CTRL') & Ctrl.setLinkUp) !== 0
  }

  /** What is loaded when the registers have been reset. */
  load(): void {
    this.masterDisabled = false
    this.#file.set('RAL', 0, this.#eeprom.macLo)
    this.#file.set('RAH', 0, (this.#eeprom.macHi(this.#place.port) | VALID) >>> 0)
  }

  #ctrl(value: number): void {
    if ((value & Ctrl.reset) !== 0) {
      this.#user.softwareReset()
      return
    }
    this.#file.store('CTRL', 0, value)
    this.masterDisabled = (value & Ctrl.masterDisable) !== 0
    if ((value & Ctrl.phyReset) !== 0) {
      this.#file.set('STATUS', 0, this.#file.get('STATUS') | Status.phyReset)
      this.#phy.reset()
    }
    this.#user.controlWritten()
  }

  #status(value: number): number {
    const ctrl = this.#file.get('CTRL')
    const linked = this.#user.linked()
    const vfs = this.#user.vfs()
    let status = value | lanId(this.#place.port) | (vfs << VFS_SHIFT)
    if (vfs > 0) status |= Status.iov
    if (!this.masterDisabled) status |= Status.masterEnabled
    if (!linked) return status
    const speed = (ctrl & Ctrl.forceSpeed) !== 0 ? (ctrl >>> Ctrl.speedShift) & 3 : SPEED_1000
    const full = (ctrl & Ctrl.forceDuplex) === 0 || (ctrl & Ctrl.fullDuplex) !== 0
    return status | Status.linkUp | (speed << Status.speedShift) | (full ? Status.fullDuplex : 0)
  }

  #mdic(value: number): void {
    const register = (value >>> 16) & 0x1f
    let done = (value & 0x3fffffff) | Mdic.ready
    if (((value >>> 21) & 0x1f) !== PHY_ADDRESS) done |= Mdic.error
    else if ((value & Mdic.read) !== 0) done = (done & ~0xffff) | this.#phy.read(register)
    else if ((value & Mdic.write) !== 0) this.#phy.write(register, value & 0xffff)
    this.#file.set('MDIC', 0, done >>> 0)
    if ((value & Mdic.interrupt) !== 0) this.#user.accessDone()
  }
}

/** Microseconds in 9:0, milliseconds in 19:10, seconds in 31:20. */
function freeRunning(ns: number): number {
  const us = Math.floor(ns / 1000)
  const ms = Math.floor(us / 1000)
  return ((us % 1000) | ((ms % 1000) << 10) | (Math.floor(ms / 1000) << 20)) >>> 0
}
