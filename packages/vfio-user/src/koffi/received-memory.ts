import fs from 'node:fs'
import type { Arena } from '@npa/memory'
import type { Backing, BackingSource, MapRequest } from '../backing.js'
import { FileRange } from '../file-range.js'
import type { Descriptors } from '../platform.js'
import { Errno } from '../protocol.js'
import type { ErrnoValue } from '../protocol.js'
import { Linux } from './libc.js'
import { MappedRange } from './mapped-range.js'
import type { Native } from './native.js'

/**
 * Guest memory out of the descriptors that come with the maps. A map without one has nothing behind it. Memory that its owner has sealed
 * against shrinking (memfd; QEMU's memory-backend-memfd does it) is mapped. A file that is not would kill this process, by SIGBUS, when
 * the client cuts it off under the map: it is moved by `read` and `write` calls instead.
 */
export class ReceivedMemory implements BackingSource {
  /** Each is a mapping or a descriptor of this process, which have limits of the system's: 65530 mappings, for instance. */
  readonly mostMappings: number = 1024
  readonly #native: Native
  readonly #arena: Arena

  constructor(native: Native, arena: Arena) {
    this.#native = native
    this.#arena = arena
  }

  back(request: MapRequest, descriptors: Descriptors): Backing | undefined | ErrnoValue {
    if (descriptors.count === 0) return undefined
    if (descriptors.count > 1) return Errno.invalid
    const fd = descriptors.take()
    const backing = this.#fits(fd, request) ? this.#open(fd, request) : Errno.invalid
    if (!(backing instanceof FileRange)) fs.closeSync(fd)
    return backing
  }

  close(): void {
    /* every range owned its part */
  }

  /** Whether it is a file that long, opened for what the map is for. */
  #fits(fd: number, { offset, bytes, readable, writable }: MapRequest): boolean {
    const flags = this.#native.libc.fcntl(fd, Linux.F_GETFL, 0)
    const mode = flags & Linux.O_ACCMODE
    if (flags < 0 || (flags & Linux.O_APPEND) !== 0) return false
    if ((writable && mode === Linux.O_RDONLY) || (readable && mode === Linux.O_WRONLY)) return false
    const stat = fs.fstatSync(fd)
    return stat.isFile() && offset + bytes <= stat.size
  }

  #open(fd: number, { offset, bytes, writable }: MapRequest): Backing | ErrnoValue {
    if (!this.#stays(fd)) return new FileRange(this.#arena.u8, fd, offset, bytes, () => fs.closeSync(fd))
    const protection = Linux.PROT_READ | (writable ? Linux.PROT_WRITE : 0)
    const address = this.#native.libc.mmap(0, bytes, protection, Linux.MAP_SHARED, fd, offset)
    return address === -1 ? Errno.invalid : new MappedRange(this.#native, this.#arena, address, bytes)
  }

  /** Whether the file can never lose a page: sealed, and its pages made when they are touched (those of hugetlbfs may run out). */
  #stays(fd: number): boolean {
    const seals = this.#native.libc.fcntl(fd, Linux.F_GET_SEALS, 0)
    if (seals < 0 || (seals & Linux.F_SEAL_SHRINK) === 0) return false
    return fs.statfsSync(`/proc/self/fd/${fd}`).type === Linux.TMPFS_MAGIC
  }
}
