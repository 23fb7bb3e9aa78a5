import fs from 'node:fs'

/** Lines of text to and from QEMU, one at a time and without their ends. */
export interface LineChannel {
  /** Throws an `Error` when the other end is gone. */
  send(line: string): void
  /** Waits for the next line. Throws an `Error` when the other end is gone. */
  receive(): string
}

/**
 * The two FIFOs of a `-qtest pipe:` as a channel. All calls block, so that a register read is a function call. A command that
 * fits the pipe's 64 KiB cannot block on a QEMU that has died, and in place of the reply there is then an end of file.
 */
export class FifoChannel implements LineChannel {
  readonly #to: number
  readonly #from: number
  readonly #obituary: () => string
  readonly #buffer: Buffer = Buffer.alloc(65536)
  #pending = ''

  /** File descriptors; nobody but QEMU may hold the other end of `from`. `obituary` says why it ended. */
  constructor(to: number, from: number, obituary: () => string) {
    this.#to = to
    this.#from = from
    this.#obituary = obituary
  }

  send(line: string): void {
    const bytes = Buffer.from(`${line}\n`, 'latin1')
    let at = 0
    while (at < bytes.length) at += fs.writeSync(this.#to, bytes, at)
  }

  receive(): string {
    let end = this.#pending.indexOf('\n')
    while (end < 0) {
      const bytes = fs.readSync(this.#from, this.#buffer, 0, this.#buffer.length, null)
      if (bytes === 0) throw new Error(this.#obituary())
      const before = this.#pending.length
      this.#pending += this.#buffer.toString('latin1', 0, bytes)
      end = this.#pending.indexOf('\n', before)
    }
    const line = this.#pending.slice(0, end)
    this.#pending = this.#pending.slice(end + 1)
    return line
  }
}
