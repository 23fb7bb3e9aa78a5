import type { RegisterFile } from '../engine/register-file.js'

/** Bits of the virtual function's mailbox register (82599 datasheet 8.3.5.1.5). */
const Vf = { req: 1, ack: 2, vfu: 4, pfu: 8, pfSts: 16, pfAck: 32, rsti: 64, rstd: 128 } as const
/** Bits of the PF's (8.2.3.27.6). */
const Pf = { sts: 1, ack: 2, vfu: 4, pfu: 8, rvfu: 16 } as const

/** Cleared when the virtual function reads its mailbox. */
const READ_TO_CLEAR = Vf.pfSts | Vf.pfAck | Vf.rstd

/** Bits of virtual function 0 in a register of causes. */
const REQUEST = 1
const ACKNOWLEDGE = 1 << 16

/** Where a chip has its mailboxes, and whom it tells of them. */
export interface MailboxParts {
  readonly file: RegisterFile
  readonly vfs: number
  readonly registers: {
    /** Mailbox of each virtual function, as it sees it and as the PF does. */
    readonly vf: string
    readonly pf: string
    /** Requests of virtual functions in the low half, acknowledgements in the upper; and which of them interrupt. */
    readonly causes: string
    readonly mask: string
    /** Virtual functions that were reset, 32 in each register. */
    readonly resets: readonly string[]
  }
  /** Virtual functions in one register of causes. */
  readonly perCause: number
  /** Whether the PF's driver has declared the reset done (CTRL_EXT.PFRSTD). */
  ready(): boolean
  /** Raises the PF's cause; that of a virtual function. */
  tellPf(): void
  tellVf(vf: number): void
}

/** The mailboxes between the PF and its virtual functions, and how each learns of the other's resets (82599, 7.10.2.9). */
export class Mailboxes {
  readonly #parts: MailboxParts
  readonly #file: RegisterFile

  constructor(parts: MailboxParts) {
    const { file, registers } = parts
    this.#parts = parts
    this.#file = file
    file.onRead(registers.vf, (vf, value) => {
      this.#put(vf, value & ~READ_TO_CLEAR)
      return value
    })
    file.onWrite(registers.vf, (vf, value) => this.#fromVf(vf, value))
    file.onRead(registers.pf, (vf) => file.get(registers.vf, vf) & (Pf.vfu | Pf.pfu))
    file.onWrite(registers.pf, (vf, value) => this.#fromPf(vf, value))
    this.portReset()
  }

  /** A virtual function was reset, by its driver or its function-level reset. */
  vfReset(vf: number): void {
    const name = this.#parts.registers.resets[vf >> 5]
    this.#file.set(name, 0, this.#file.get(name) | (1 << (vf & 31)))
    this.#put(vf, this.#parts.ready() ? Vf.rstd : Vf.rsti)
    this.#parts.tellPf()
  }

  /** The whole port was reset: virtual functions see it until the PF's driver is done. */
  portReset(): void {
    for (let vf = 0; vf < this.#parts.vfs; vf++) this.#put(vf, Vf.rsti)
  }

  /** The PF's driver is done. */
  portReady(): void {
    for (let vf = 0; vf < this.#parts.vfs; vf++) {
      const box = this.#box(vf)
      if ((box & Vf.rsti) !== 0) this.#put(vf, (box & ~Vf.rsti) | Vf.rstd)
    }
  }

  #box(vf: number): number {
    return this.#file.get(this.#parts.registers.vf, vf)
  }

  #put(vf: number, value: number): void {
    this.#file.set(this.#parts.registers.vf, vf, value)
  }

  #fromVf(vf: number, value: number): void {
    const box = this.#box(vf)
    const mayOwn = (box & Vf.pfu) === 0
    this.#put(vf, (box & ~Vf.vfu) | (mayOwn ? value & Vf.vfu : 0))
    const asked = ((value & Vf.req) !== 0 ? REQUEST : 0) | ((value & Vf.ack) !== 0 ? ACKNOWLEDGE : 0)
    if (asked !== 0) this.#tellPf(vf, asked)
  }

  /** `asked` are the bits of virtual function 0. */
  #tellPf(vf: number, asked: number): void {
    const { causes, mask } = this.#parts.registers
    const word = Math.floor(vf / this.#parts.perCause)
    const bits = asked << (vf % this.#parts.perCause)
    this.#file.set(causes, word, this.#file.get(causes, word) | bits)
    if (((this.#file.get(mask, vf >> 5) >>> (vf & 31)) & 1) !== 0) this.#parts.tellPf()
  }

  #fromPf(vf: number, value: number): void {
    let box = this.#box(vf)
    if ((value & Pf.rvfu) !== 0) {
      box &= ~Vf.vfu
      const { causes } = this.#parts.registers
      const word = Math.floor(vf / this.#parts.perCause)
      const taken = (REQUEST | ACKNOWLEDGE) << (vf % this.#parts.perCause)
      this.#file.set(causes, word, this.#file.get(causes, word) & ~taken)
    }
    box &= ~Vf.pfu
    if ((box & Vf.vfu) === 0) box |= value & Pf.pfu
    if ((value & Pf.sts) !== 0) box |= Vf.pfSts
    if ((value & Pf.ack) !== 0) box |= Vf.pfAck
    this.#put(vf, box)
    if ((value & (Pf.sts | Pf.ack)) !== 0) this.#parts.tellVf(vf)
  }
}
