import fs from 'node:fs'
import type { PciFunction } from '@npa/pci'
import type { Interrupts, VectorRequest } from '../interrupts.js'
import { MsixTable } from '../msix-table.js'
import type { Descriptors } from '../platform.js'
import { Errno, SetIrqs } from '../protocol.js'
import type { ErrnoValue } from '../protocol.js'
import { Linux } from './libc.js'
import type { Native } from './native.js'

const NONE = -1

/**
 * Interrupts as the client's event descriptors. A vector that has one is unmasked in the function's table, its data the vector's own number; the guest's
 * mask and address are the client's affair. One that has none is masked there: what it raises is pending until it gets one. A reset
 * clears the table and leaves the descriptors, as vfio has it.
 */
export class EventfdInterrupts implements Interrupts {
  readonly #native: Native
  readonly #table: MsixTable
  readonly #fds: Int32Array
  readonly #one: Buffer = Buffer.allocUnsafeSlow(8).fill(0)
  /** struct pollfd: descriptor, events wanted u16, events u16. */
  readonly #poll: Buffer = Buffer.allocUnsafeSlow(8).fill(0)
  sent = 0

  constructor(native: Native, fn: PciFunction) {
    this.#native = native
    this.#table = new MsixTable(fn)
    this.#fds = new Int32Array(this.#table.vectors).fill(NONE)
    this.#one.writeUInt32LE(1, 0)
    this.#poll.writeUInt16LE(Linux.POLLOUT, 4)
  }

  get vectors(): number {
    return this.#fds.length
  }

  message(_lo: number, _hi: number, data: number): void {
    if (data < this.#fds.length) this.#signal(data)
  }

  set({ start, count, kind, data }: VectorRequest, descriptors: Descriptors): 0 | ErrnoValue {
    if (kind === SetIrqs.dataEventfd) return this.#assign(start, count, descriptors)
    if (count === 0 && kind === SetIrqs.dataNone)
      for (let vector = 0; vector < this.vectors; vector++) this.#drop(vector)
    for (let i = 0; i < count; i++) if (kind === SetIrqs.dataNone || data[i] !== 0) this.#signal(start + i)
    return 0
  }

  update(): void {
    for (let vector = 0; vector < this.vectors; vector++)
      if (this.#fds[vector] !== NONE && this.#table.masked(vector)) this.#table.put(vector, 0, 0, vector, 0)
  }

  reset(): void {
    /* the table is written anew when the client next writes configuration space: until then the function masters no bus */
  }

  close(): void {
    for (let vector = 0; vector < this.vectors; vector++) this.#drop(vector)
  }

  /** As many descriptors as vectors; none at all takes them away. */
  #assign(start: number, count: number, descriptors: Descriptors): 0 | ErrnoValue {
    if (descriptors.count !== count && descriptors.count !== 0) return Errno.invalid
    const fds = Array.from({ length: descriptors.count }, () => descriptors.take())
    if (!fds.every((fd) => isEventfd(fd))) {
      for (const fd of fds) fs.closeSync(fd)
      return Errno.invalid
    }
    for (let i = 0; i < count; i++) this.#drop(start + i)
    for (const [i, fd] of fds.entries()) {
      // An event descriptor waits for its reader when it is full; ours must not.
      const flags = this.#native.libc.fcntl(fd, Linux.F_GETFL, 0)
      this.#native.libc.fcntl(fd, Linux.F_SETFL, flags | Linux.O_NONBLOCK)
      this.#fds[start + i] = fd
    }
    this.update()
    return 0
  }

  #drop(vector: number): void {
    if (this.#fds[vector] === NONE) return
    fs.closeSync(this.#fds[vector])
    this.#fds[vector] = NONE
    this.#table.mask(vector)
  }

  /** One that is full has interrupts in it that the client has not seen yet: it will. */
  #signal(vector: number): void {
    const fd = this.#fds[vector]
    if (fd === NONE) return
    this.sent++
    const { libc } = this.#native
    this.#poll.writeInt32LE(fd, 0)
    if (libc.poll(this.#poll, 1, 0) === 1) libc.write(fd, this.#one, 8)
  }
}

/** Anything else that can be written to could wait, or be somebody's data. */
function isEventfd(fd: number): boolean {
  return fs.readlinkSync(`/proc/self/fd/${fd}`) === 'anon_inode:[eventfd]'
}
