import type { StateIo } from '@npa/core'

/** Registers of IEEE 802.3, clause 22, and their bits that act. */
const CONTROL = 0
const STATUS = 1
const PARTNER = 5
const STATUS_1000 = 10
const Control = { restart: 1 << 9, powerDown: 1 << 11, loopback: 1 << 14, reset: 1 << 15, reserved: 0x3f } as const
/** Link, and negotiation complete. */
const LINK = 0x24
/** What the partner says: all of 10 and 100 Mb/s, pause; and of 1000, with its receiver and ours in order. */
const PARTNER_ABILITY = 0x45e1
const PARTNER_1000 = 0x3c00

/** Port status: 1000 Mb/s; and where it is. */
const PORT_STATUS = 0x11
const SPEED_1000 = 0xc000

/** Values after reset, by register: an Intel IGP03 at 1000 Mb/s, full duplex (id 0x02A80391). */
const RESET: Readonly<Record<number, number>> = {
  0x00: 0x1140,
  0x01: 0x7949,
  0x02: 0x02a8,
  0x03: 0x0391,
  0x04: 0x0de1,
  0x06: 0x0005,
  0x07: 0x2001,
  0x09: 0x0f00,
  0x0f: 0x3000,
  0x10: 0x0120,
  0x19: 0x008d,
}

const READ_ONLY: readonly number[] = [0x01, 0x02, 0x03, 0x05, 0x06, 0x0a, 0x0f, 0x11, 0x13]

/** The copper PHY inside the 82576. Its link is up when the cable's is; negotiation takes no time. */
export class Phy {
  readonly #registers = new Uint16Array(32)
  readonly #linked: () => boolean
  readonly #changed: () => void

  /** `linked` says whether there is a partner; `changed` is called when what is written changes what the port can do. */
  constructor(linked: () => boolean, changed: () => void) {
    this.#linked = linked
    this.#changed = changed
    this.#restore()
  }

  get powered(): boolean {
    return (this.#registers[CONTROL] & Control.powerDown) === 0
  }

  get loopback(): boolean {
    return (this.#registers[CONTROL] & Control.loopback) !== 0
  }

  /** Its registers; what the link adds is not in them. */
  walkState(io: StateIo): void {
    io.column('registers', this.#registers, 0, 0xffff)
  }

  reset(): void {
    this.#restore()
    this.#changed()
  }

  read(register: number): number {
    const value = this.#registers[register]
    if (!this.#linked()) return value
    if (register === STATUS) return value | LINK
    if (register === PARTNER) return PARTNER_ABILITY
    if (register === STATUS_1000) return PARTNER_1000
    return register === PORT_STATUS ? value | SPEED_1000 : value
  }

  write(register: number, value: number): void {
    if (READ_ONLY.includes(register)) return
    if (register !== CONTROL) {
      this.#registers[register] = value
      return
    }
    if ((value & Control.reset) !== 0) {
      this.reset()
      return
    }
    this.#registers[CONTROL] = value & ~(Control.restart | Control.reserved)
    this.#changed()
  }

  #restore(): void {
    this.#registers.fill(0)
    for (const [register, value] of Object.entries(RESET)) this.#registers[Number(register)] = value
  }
}
