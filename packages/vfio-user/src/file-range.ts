import fs from 'node:fs'
import type { Backing } from './backing.js'

/** A range of an open file, moved by `read` and `write` calls. */
export class FileRange implements Backing {
  readonly offset: number
  readonly bytes: number
  readonly #u8: Uint8Array
  readonly #fd: number
  readonly #released: (range: FileRange) => void

  /** `u8` is the arena's. */
  constructor(u8: Uint8Array, fd: number, offset: number, bytes: number, released: (range: FileRange) => void) {
    this.#u8 = u8
    this.#fd = fd
    this.offset = offset
    this.bytes = bytes
    this.#released = released
  }

  read(position: number, bytes: number, at: number): boolean {
    return this.#move(position, bytes, at, false)
  }

  write(at: number, bytes: number, position: number): boolean {
    return this.#move(position, bytes, at, true)
  }

  release(): void {
    this.#released(this)
  }

  /** False when the file has become shorter than it was at the map, or cannot be accessed. */
  #move(from: number, bytes: number, at: number, write: boolean): boolean {
    const position = this.offset + from
    let done = 0
    try {
      while (done < bytes) {
        const n = write
          ? fs.writeSync(this.#fd, this.#u8, at + done, bytes - done, position + done)
          : fs.readSync(this.#fd, this.#u8, at + done, bytes - done, position + done)
        if (n === 0) return false
        done += n
      }
    } catch {
      return false
    }
    return true
  }
}
