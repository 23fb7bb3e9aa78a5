import type { ResetKind, StateIo } from '@npa/core'
import type { ConfigAccess } from './config-access.js'
import { Header } from './registers.js'

type Size = 1 | 2 | 4

interface Hook {
  readonly offset: number
  readonly size: Size
  readonly run: (before: number) => void
}

/** Which resets a register's bits survive: a sticky bit all but power-on, a held one a function-level reset only. */
export type Survival = 'sticky' | 'held'

/**
 * The configuration registers of one function: bytes with a mask of writable bits and one of bits that a written 1 clears.
 * A bus access never throws: outside the space, or unaligned, it reads all ones and writes nothing.
 */
export class ConfigSpace implements ConfigAccess {
  readonly size: 256 | 4096
  readonly #now: Uint8Array
  readonly #initial: Uint8Array
  readonly #writable: Uint8Array
  /** Bits that can ever differ from their value after reset. */
  readonly #changeable: Uint8Array
  readonly #clearable: Uint8Array
  readonly #sticky: Uint8Array
  readonly #held: Uint8Array
  /** Bytes that a capability or the header owns. */
  readonly #taken: Uint8Array
  readonly #hooks: Hook[] = []
  #lastCapability = 0
  #lastExtended = 0

  /** 256 bytes for a conventional function, 4096 for an Express one. */
  constructor(size: 256 | 4096) {
    this.size = size
    this.#now = new Uint8Array(size)
    this.#initial = new Uint8Array(size)
    this.#writable = new Uint8Array(size)
    this.#changeable = new Uint8Array(size)
    this.#clearable = new Uint8Array(size)
    this.#sticky = new Uint8Array(size)
    this.#held = new Uint8Array(size)
    this.#taken = new Uint8Array(size).fill(1, 0, 0x40)
  }

  configRead(offset: number, size: Size): number {
    return this.#legal(offset, size) ? this.get(offset, size) : size === 4 ? 0xffffffff : 2 ** (8 * size) - 1
  }

  configWrite(offset: number, size: Size, value: number): void {
    if (!this.#legal(offset, size)) return
    const touched = this.#hooks.filter((hook) => hook.offset < offset + size && hook.offset + hook.size > offset)
    const before = touched.map((hook) => this.get(hook.offset, hook.size))
    for (let i = 0; i < size; i++) {
      const byte = (value >>> (8 * i)) & 0xff
      const at = offset + i
      const kept = (this.#now[at] & ~this.#writable[at]) | (byte & this.#writable[at])
      this.#now[at] = kept & ~(byte & this.#clearable[at])
    }
    for (const [i, hook] of touched.entries()) hook.run(before[i])
  }

  /** The current value of a register, without the bus's checks. */
  get(offset: number, size: Size): number {
    let value = 0
    for (let i = size - 1; i >= 0; i--) value = value * 256 + this.#now[offset + i]
    return value
  }

  /** Changes a register as the hardware does, past all masks. */
  set(offset: number, size: Size, value: number): void {
    for (let i = 0; i < size; i++) this.#now[offset + i] = value >>> (8 * i)
  }

  /** Gives a register its value after reset, and that value now. */
  init(offset: number, size: Size, value: number): void {
    this.set(offset, size, value)
    for (let i = 0; i < size; i++) this.#initial[offset + i] = value >>> (8 * i)
  }

  /** Says which bits of a register software may write; it may change at any time. */
  writable(offset: number, size: Size, mask: number): void {
    for (let i = 0; i < size; i++) {
      this.#writable[offset + i] = mask >>> (8 * i)
      this.#changeable[offset + i] |= mask >>> (8 * i)
    }
  }

  /** Says which bits a written 1 clears. */
  clearable(offset: number, size: Size, mask: number): void {
    for (let i = 0; i < size; i++) this.#clearable[offset + i] = mask >>> (8 * i)
  }

  /** Says which bits outlive a reset. */
  survives(offset: number, size: Size, mask: number, survival: Survival): void {
    const masks = survival === 'sticky' ? this.#sticky : this.#held
    for (let i = 0; i < size; i++) masks[offset + i] = mask >>> (8 * i)
  }

  /** Runs `run` after every write that touched the register, changed or not, with its value before. */
  onWrite(offset: number, size: Size, run: (before: number) => void): void {
    this.#hooks.push({ offset, size, run })
  }

  /** Appends a capability of `bytes` at `offset` to the chain. Throws a `RangeError` when the place is not free. */
  capability(id: number, offset: number, bytes: number): void {
    this.#take(offset, bytes, 0x40, 0x100)
    this.init(offset, 1, id)
    if (this.#lastCapability === 0) {
      this.init(Header.capabilities, 1, offset)
      this.init(Header.status, 2, this.get(Header.status, 2) | 0x10)
    } else this.init(this.#lastCapability + 1, 1, offset)
    this.#lastCapability = offset
  }

  /** Appends an extended capability; the first one stands at 0x100. Throws a `RangeError` when the place is not free. */
  extended(id: number, version: number, offset: number, bytes: number): void {
    if (this.#lastExtended === 0 && offset !== 0x100)
      throw new RangeError('the first extended capability stands at 0x100')
    this.#take(offset, bytes, 0x100, this.size)
    this.init(offset, 4, id | (version << 16))
    if (this.#lastExtended !== 0) {
      const header = this.get(this.#lastExtended, 4)
      this.init(this.#lastExtended, 4, (header & 0xfffff) | (offset << 20))
    }
    this.#lastExtended = offset
  }

  /** Back to the values after reset, but for what survives this kind. Runs no hooks. */
  reset(kind: ResetKind): void {
    for (let at = 0; at < this.size; at++) {
      const kept = kind === 'power' ? 0 : kind === 'bus' ? this.#sticky[at] : this.#sticky[at] | this.#held[at]
      this.#now[at] = (this.#now[at] & kept) | (this.#initial[at] & ~kept)
    }
  }

  /** What differs from the values after reset. Runs no hooks: who has some looks again. */
  walkState(io: StateIo): void {
    const changed = new Uint8Array(this.size)
    let end = 0
    for (let at = 0; at < this.size; at++) {
      changed[at] = this.#now[at] ^ this.#initial[at]
      if (changed[at] !== 0) end = at + 1
    }
    if (!io.restoring) {
      io.column('changed', changed.subarray(0, end), 0, 0xff)
      return
    }
    io.column('changed', changed, 0, 0xff)
    for (let at = 0; at < this.size; at++) {
      io.consistent('changed', (changed[at] & ~this.#changeable[at]) === 0)
      this.#now[at] = this.#initial[at] ^ changed[at]
    }
  }

  #legal(offset: number, size: number): boolean {
    return offset >= 0 && offset + size <= this.size && offset % size === 0
  }

  #take(offset: number, bytes: number, from: number, to: number): void {
    const end = offset + bytes
    if (offset % 4 !== 0 || offset < from || end > to || this.#taken.subarray(offset, end).includes(1)) {
      throw new RangeError(`no room for a capability of ${bytes} bytes at 0x${offset.toString(16)}`)
    }
    this.#taken.fill(1, offset, end)
  }
}
