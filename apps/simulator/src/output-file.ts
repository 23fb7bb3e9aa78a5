import { closeSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { reason, UserError } from './user-error.js'

/**
 * A file that stands under its name only when it is complete; what stood there before stays until then. Devices and pipes, such as
 * /dev/stdout, are written as they are: nothing can take their place.
 */
export class OutputFile {
  /** File descriptor: every thread of the process can write to it. */
  readonly fd: number
  /** Names the file in errors. */
  readonly label: string
  readonly #path: string
  readonly #temporary: string | undefined

  /** `path` says where it really is. Throws a `UserError` when it cannot be written. */
  constructor(label: string, path: string) {
    this.label = label
    this.#path = path
    const there = statSync(path, { throwIfNoEntry: false })
    if (there?.isDirectory() === true) throw new UserError(`${label}: cannot be written: it is a folder`)
    if (there === undefined || there.isFile()) this.#temporary = `${path}.${process.pid}.part`
    this.fd = this.#attempt(() => openSync(this.#temporary ?? path, 'w'))
  }

  write(text: string): void {
    this.#attempt(() => writeAll(this.fd, Buffer.from(text)))
  }

  /** The file is complete. */
  commit(): void {
    const temporary = this.#temporary
    closeSync(this.fd)
    if (temporary === undefined) return
    this.#attempt(() => {
      try {
        renameSync(temporary, this.#path)
      } catch (error) {
        rmSync(temporary, { force: true })
        throw error
      }
    })
  }

  /** It never was. */
  discard(): void {
    closeSync(this.fd)
    if (this.#temporary !== undefined) rmSync(this.#temporary, { force: true })
  }

  #attempt<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw new UserError(`${this.label}: cannot be written: ${reason(error, 'folder')}`)
    }
  }
}

/** Writes all bytes to a file descriptor. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done)
}
