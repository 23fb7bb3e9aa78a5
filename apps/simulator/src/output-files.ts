import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { UserError } from './user-error.js'

/** A file that stands under its name only when it is complete. */
export class OutputFile {
  readonly path: string
  readonly #temporary: string
  readonly #fd: number

  constructor(path: string) {
    this.path = path
    this.#temporary = `${path}.${process.pid}.part`
    try {
      this.#fd = openSync(this.#temporary, 'w')
    } catch (error) {
      throw new UserError(`${path}: cannot be written (${reason(error)})`)
    }
  }

  write(bytes: Uint8Array | string): void {
    const chunk = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
    let done = 0
    try {
      while (done < chunk.length) done += writeSync(this.#fd, chunk, done)
    } catch (error) {
      throw new UserError(`${this.path}: cannot be written (${reason(error)})`)
    }
  }

  /** The file is complete. */
  commit(): void {
    closeSync(this.#fd)
    try {
      renameSync(this.#temporary, this.path)
    } catch (error) {
      throw new UserError(`${this.path}: cannot be written (${reason(error)})`)
    }
  }

  /** It never was. */
  discard(): void {
    closeSync(this.#fd)
    rmSync(this.#temporary, { force: true })
  }
}

/** The files of a run: all of them appear, or none. */
export class OutputFiles {
  readonly #files: OutputFile[] = []

  open(path: string): OutputFile {
    const file = new OutputFile(path)
    this.#files.push(file)
    return file
  }

  commit(): void {
    for (const file of this.#files.splice(0)) file.commit()
  }

  discard(): void {
    for (const file of this.#files.splice(0)) file.discard()
  }
}

function reason(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
