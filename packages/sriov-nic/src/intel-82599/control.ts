import type { Clock } from '@npa/core'
import type { RegisterFile } from '../engine/register-file.js'
import { functionStates, lanId } from '../intel/card.js'
import type { CardLocks, PortPlace } from '../intel/card.js'
import type { Eeprom } from './eeprom.js'
import type { Media } from './media.js'
import { MEDIA } from './media.js'

/** CTRL. */
const Ctrl = { masterDisable: 1 << 2, linkReset: 1 << 3, reset: 1 << 26 } as const
/** STATUS. */
const Status = { linkUp: 1 << 7, masterEnabled: 1 << 19 } as const
/** LINKS: up at 10 Gb/s; up, and never down since it was read last. */
const Links = { up: 0x70000000, stayedUp: 1 << 7 } as const
/** EEC: the driver asks for the serial bus, and has it. */
const Eec = { request: 1 << 6, grant: 1 << 7 } as const
/** MSCA: a management frame is being sent. */
const MDI_COMMAND = 1 << 30
const VALID = 0x80000000
const PF_RESET_DONE = 1 << 14
/** What TXPBTHRESH leaves free of the transmit buffer, KiB: a jumbo frame. */
const LONGEST_KIB = 10
/** Unit of FRTIMER, ns. */
const TIMER_UNIT_NS = 1000

/** What device control asks of the rest of the chip. */
export interface ControlUser {
  /** The port resets itself. */
  softwareReset(): void
  /** CTRL_EXT.PFRSTD was set. */
  portReady(): void
  linked(): boolean
  vfs(): number
}

/** Device control, status, EEPROM, locks, PHY access: what a driver's probe and reset go through (8.2.3.1 to 8.2.3.4). */
export class Control {
  readonly #file: RegisterFile
  readonly #eeprom: Eeprom
  readonly #user: ControlUser
  readonly #place: PortPlace
  readonly #media: Media
  /** CTRL.PCIe_Master_Disable. */
  masterDisabled = false

  constructor(
    file: RegisterFile,
    clock: Clock,
    eeprom: Eeprom,
    locks: CardLocks,
    place: PortPlace,
    media: Media,
    user: ControlUser,
  ) {
    this.#file = file
    this.#eeprom = eeprom
    this.#place = place
    this.#media = media
    this.#user = user
    locks.show(file, 'GSSR')
    file.onWrite('CTRL', (_n, value) => this.#ctrl(value))
    file.onRead('STATUS', (_n, value) => this.#status(value))
    file.onWrite('CTRL_EXT', (_n, value) => {
      file.store('CTRL_EXT', 0, value)
      if (this.ready) user.portReady()
    })
    file.onRead('LINKS', (_n, value) => {
      file.set('LINKS', 0, user.linked() ? Links.stayedUp : 0)
      return this.#links((value & Links.stayedUp) !== 0)
    })
    // A virtual function's read takes nothing from what the PF has to see.
    file.onRead('VFLINKS', () => this.#links(true))
    file.onRead('FRTIMER', () => Math.floor(clock.nowNs() / TIMER_UNIT_NS))
    file.onWrite('EEC', (_n, value) => {
      const stored = file.store('EEC', 0, value) & ~Eec.grant
      file.set('EEC', 0, (stored & Eec.request) !== 0 ? stored | Eec.grant : stored)
    })
    file.onWrite('EERD', (_n, value) => {
      if ((value & 1) !== 0) file.set('EERD', 0, eeprom.read(value))
    })
    file.onRead('FACTPS', () => functionStates(place.ports))
    // No PHY answers on the management bus: the command is done and the data all ones.
    file.onWrite('MSCA', (_n, value) => file.set('MSCA', 0, value & ~MDI_COMMAND))
  }

  /** CTRL_EXT.PFRSTD: the PF's driver has set up the port. */
  get ready(): boolean {
    return (this.#file.get('CTRL_EXT') & PF_RESET_DONE) !== 0
  }

  /** The link may have been lost: the next read of LINKS says so. */
  linkChanged(): void {
    if (!this.#user.linked()) this.#file.set('LINKS', 0, 0)
  }

  /** What is loaded when the registers have been reset: sizes of buffers in bytes, and the address from the EEPROM. */
  load(rxBuffer: number, txBuffer: number): void {
    this.masterDisabled = false
    this.#file.set('RXPBSIZE', 0, rxBuffer)
    this.#file.set('TXPBSIZE', 0, txBuffer)
    this.#file.set('TXPBTHRESH', 0, (txBuffer >> 10) - LONGEST_KIB)
    this.#file.set('RAL', 0, this.#eeprom.macLo(this.#place.port))
    this.#file.set('RAH', 0, (this.#eeprom.macHi(this.#place.port) | VALID) >>> 0)
  }

  #links(stayedUp: boolean): number {
    const { links, carrier } = MEDIA[this.#media]
    if (!this.#user.linked()) return links
    return links | carrier | Links.up | (stayedUp ? Links.stayedUp : 0)
  }

  #ctrl(value: number): void {
    if ((value & (Ctrl.reset | Ctrl.linkReset)) !== 0) {
      this.#user.softwareReset()
      return
    }
    this.#file.store('CTRL', 0, value)
    this.masterDisabled = (value & Ctrl.masterDisable) !== 0
  }

  #status(value: number): number {
    const master = this.masterDisabled ? value & ~Status.masterEnabled : value | Status.masterEnabled
    const vfs = this.#user.vfs()
    return (
      master |
      lanId(this.#place.port) |
      (this.#user.linked() ? Status.linkUp : 0) |
      (vfs << 10) |
      (vfs > 0 ? 1 << 18 : 0)
    )
  }
}
