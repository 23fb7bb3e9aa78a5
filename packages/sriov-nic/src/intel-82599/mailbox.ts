import type { RegisterFile } from '../engine/register-file.js'
import { Cause } from './interrupts.js'
import type { Interrupts } from './interrupts.js'

/** Bits of VFMAILBOX (82599 datasheet 8.3.5.1.5). */
const Vf = { req: 1, ack: 2, vfu: 4, pfu: 8, pfSts: 16, pfAck: 32, rsti: 64, rstd: 128 } as const
/** Bits of PFMAILBOX (8.2.3.27.6). */
const Pf = { sts: 1, ack: 2, vfu: 4, pfu: 8, rvfu: 16 } as const

/** Cleared when the virtual function reads its mailbox. */
const READ_TO_CLEAR = Vf.pfSts | Vf.pfAck | Vf.rstd

/** The mailboxes between the PF and its virtual functions, and how each learns of the other's resets (7.10.2.9). */
export class Mailboxes {
  readonly #file: RegisterFile
  readonly #interrupts: Interrupts
  readonly #vfs: number
  readonly #ready: () => boolean

  /** `ready` says whether the PF's driver has declared the reset done (CTRL_EXT.PFRSTD). */
  constructor(file: RegisterFile, interrupts: Interrupts, vfs: number, ready: () => boolean) {
    this.#file = file
    this.#interrupts = interrupts
    this.#vfs = vfs
    this.#ready = ready
    file.onRead('VFMAILBOX', (vf, value) => {
      this.#put(vf, value & ~READ_TO_CLEAR)
      return value
    })
    file.onWrite('VFMAILBOX', (vf, value) => this.#fromVf(vf, value))
    file.onRead('PFMAILBOX', (vf) => file.get('VFMAILBOX', vf) & (Pf.vfu | Pf.pfu))
    file.onWrite('PFMAILBOX', (vf, value) => this.#fromPf(vf, value))
    file.onWrite('PFVFLREC', (half, value) => {
      const name = half === 0 ? 'PFVFLRE' : 'PFVFLRE_HIGH'
      file.set(name, 0, file.get(name) & ~value)
    })
    file.onRead('PFVFLREC', (half) => file.get(half === 0 ? 'PFVFLRE' : 'PFVFLRE_HIGH'))
    this.portReset()
  }

  /** A virtual function was reset, by its driver or its function-level reset. */
  vfReset(vf: number): void {
    const name = vf < 32 ? 'PFVFLRE' : 'PFVFLRE_HIGH'
    this.#file.set(name, 0, this.#file.get(name) | (1 << (vf & 31)))
    this.#put(vf, this.#ready() ? Vf.rstd : Vf.rsti)
    this.#interrupts.other(Cause.mailbox)
  }

  /** The whole port was reset: virtual functions see it until the PF's driver is done. */
  portReset(): void {
    for (let vf = 0; vf < this.#vfs; vf++) this.#put(vf, Vf.rsti)
  }

  /** The PF's driver is done. */
  portReady(): void {
    for (let vf = 0; vf < this.#vfs; vf++) {
      const box = this.#file.get('VFMAILBOX', vf)
      if ((box & Vf.rsti) !== 0) this.#put(vf, (box & ~Vf.rsti) | Vf.rstd)
    }
  }

  #put(vf: number, value: number): void {
    this.#file.set('VFMAILBOX', vf, value)
  }

  #fromVf(vf: number, value: number): void {
    const box = this.#file.get('VFMAILBOX', vf)
    const mayOwn = (box & Vf.pfu) === 0
    this.#put(vf, (box & ~Vf.vfu) | (mayOwn ? value & Vf.vfu : 0))
    if ((value & Vf.req) !== 0) this.#tellPf(vf, 1 << (vf & 15))
    if ((value & Vf.ack) !== 0) this.#tellPf(vf, 1 << (16 + (vf & 15)))
  }

  #tellPf(vf: number, bit: number): void {
    this.#file.set('PFMBICR', vf >> 4, this.#file.get('PFMBICR', vf >> 4) | bit)
    if (((this.#file.get('PFMBIMR', vf >> 5) >>> (vf & 31)) & 1) !== 0) this.#interrupts.other(Cause.mailbox)
  }

  #fromPf(vf: number, value: number): void {
    let box = this.#file.get('VFMAILBOX', vf)
    if ((value & Pf.rvfu) !== 0) {
      box &= ~Vf.vfu
      const taken = (1 << (vf & 15)) | (1 << (16 + (vf & 15)))
      this.#file.set('PFMBICR', vf >> 4, this.#file.get('PFMBICR', vf >> 4) & ~taken)
    }
    box &= ~Vf.pfu
    if ((box & Vf.vfu) === 0) box |= value & Pf.pfu
    if ((value & Pf.sts) !== 0) box |= Vf.pfSts
    if ((value & Pf.ack) !== 0) box |= Vf.pfAck
    this.#put(vf, box)
    if ((value & (Pf.sts | Pf.ack)) !== 0) this.#interrupts.vfMailbox(vf)
  }
}
