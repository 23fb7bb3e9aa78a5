import { through, wrapVirtual } from '@npa/pci'
import type { PciFunction } from '@npa/pci'

/** The mailbox in a virtual function's BAR0 (82599 datasheet 8.3.5.1): its first words. */
const WORD0 = 0x200
const WORD1 = 0x204
const NEGOTIATE = 0x08
const SUCCESS = 0x80000000
/** By the number in the message. */
const VERSIONS = ['1.0', '2.0', '1.1', '1.2', '1.3', '1.4', '1.5', '1.6', '1.7']

/** Hears which mailbox API each virtual function of an Intel card agrees on with the physical one; changes nothing. */
export class MailboxTap {
  /** The card's physical function, tapped. */
  readonly pf: PciFunction
  readonly #agreed = new Map<number, string>()

  constructor(pf: PciFunction) {
    this.pf = wrapVirtual(pf, (fn, vf) => this.#tap(vf, fn))
  }

  /** What was agreed last, a line for each virtual function that agreed. */
  lines(): string[] {
    return [...this.#agreed].map(([vf, version]) => `VF ${vf}: mailbox API ${version}`)
  }

  #tap(vf: number, fn: PciFunction): PciFunction {
    let asked = 0
    let version = 0
    return {
      ...through(fn),
      barWrite: (bar, offset, size, value) => {
        if (bar === 0 && offset === WORD0) asked = value
        if (bar === 0 && offset === WORD1 && asked === NEGOTIATE) version = value
        fn.barWrite(bar, offset, size, value)
      },
      barRead: (bar, offset, size) => {
        const value = fn.barRead(bar, offset, size)
        const reply = bar === 0 && offset === WORD0 && asked === NEGOTIATE && (value & 0xffff) === NEGOTIATE
        if (reply && (value & SUCCESS) !== 0) this.#agreed.set(vf, VERSIONS[version] ?? `number ${version}`)
        return value
      },
    }
  }
}
