import fs from 'node:fs'
import type { Arena } from '@npa/memory'
import type { Backing, BackingSource, MapRequest } from './backing.js'
import { FileRange } from './file-range.js'
import { Errno } from './protocol.js'
import type { ErrnoValue } from './protocol.js'

/**
 * Guest memory as a file that both sides know by its path (QEMU's memory-backend-file). Node cannot receive the file descriptors that
 * come with the maps, so a map that carries none cannot be told by that: read-only at offset 0 (ROM), or at a place of the file
 * that the bus has already (memory of the client's own), it is taken and has nothing behind it.
 */
export class SharedFile implements BackingSource {
  readonly mostMappings: number = 4096
  readonly #u8: Uint8Array
  readonly #path: string
  readonly #ranges = new Set<FileRange>()
  #fd = -1

  /** `path` is opened when the first map arrives. */
  constructor(arena: Arena, path: string) {
    this.#u8 = arena.u8
    this.#path = path
  }

  back({ offset, bytes, writable }: MapRequest): Backing | undefined | ErrnoValue {
    if ((!writable && offset === 0) || this.#taken(offset, bytes)) return undefined
    if (offset + bytes > this.#size()) return Errno.invalid
    const range = new FileRange(this.#u8, this.#fd, offset, bytes, (it) => this.#ranges.delete(it))
    this.#ranges.add(range)
    return range
  }

  close(): void {
    if (this.#fd >= 0) fs.closeSync(this.#fd)
    this.#fd = -1
  }

  #taken(offset: number, bytes: number): boolean {
    for (const old of this.#ranges) if (offset < old.offset + old.bytes && old.offset < offset + bytes) return true
    return false
  }

  /** Bytes of the file; 0 when there is none. */
  #size(): number {
    try {
      if (this.#fd < 0) this.#fd = fs.openSync(this.#path, 'r+')
      return fs.fstatSync(this.#fd).size
    } catch {
      return 0
    }
  }
}
