import type { RegisterFile } from '../engine/register-file.js'
import type { FrameLimits } from '../intel/port-rules.js'

/** HLREG0.JUMBOEN, and the longest frame without it, FCS included. */
const JUMBO = 1 << 2
const STANDARD_BYTES = 1518

const FCS = 4
const TAG_BYTES = 4

/** The longest frame of the port (8.2.3.22.8, 8.2.3.22.13); pools have no limits of their own. */
export class PortFrameLimits implements FrameLimits {
  readonly #values: Uint32Array
  readonly #hlreg0: number
  readonly #maxfrs: number

  constructor(file: RegisterFile) {
    this.#values = file.values
    this.#hlreg0 = file.word('HLREG0')
    this.#maxfrs = file.word('MAXFRS')
  }

  tooLong(bytes: number, tagged: boolean): boolean {
    const jumbo = (this.#values[this.#hlreg0] & JUMBO) !== 0
    const most = jumbo ? this.#values[this.#maxfrs] >>> 16 : STANDARD_BYTES
    return bytes + FCS > (tagged ? most + TAG_BYTES : most)
  }

  narrow(): number {
    return 0
  }
}
