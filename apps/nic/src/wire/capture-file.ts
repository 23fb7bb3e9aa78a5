import fs from 'node:fs'
import type { Clock } from '@npa/core'
import { PcapngWriter } from '@npa/wire'
import { reason, UserError } from '../user-error.js'

const FLUSH_MS = 500

/** A pcapng file that grows: complete after every half second, so that a viewer can follow it. Times are ns since the start of the program. */
export class CaptureFile {
  readonly writer: PcapngWriter
  packets = 0
  readonly #fd: number
  readonly #timer: NodeJS.Timeout
  readonly #clock: Clock
  #lastNs = 0

  /** Throws a `UserError` when the file cannot be written. */
  constructor(option: string, file: string, clock: Clock) {
    this.#clock = clock
    try {
      this.#fd = fs.openSync(file, 'w')
    } catch (error) {
      throw new UserError(`${option}: ${file}: cannot be written: ${reason(error)}`)
    }
    this.writer = new PcapngWriter((chunk) => fs.writeSync(this.#fd, chunk), 'npa-nic')
    this.#timer = setInterval(() => this.writer.flush(), FLUSH_MS)
  }

  /** Now, never before what was written last. */
  nowNs(): number {
    this.#lastNs = Math.max(this.#lastNs, this.#clock.nowNs())
    return this.#lastNs
  }

  close(): void {
    clearInterval(this.#timer)
    this.writer.close()
    fs.closeSync(this.#fd)
  }
}
