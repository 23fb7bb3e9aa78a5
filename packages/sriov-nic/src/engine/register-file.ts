import type { Counters, StateIo } from '@npa/core'

/**
 * How a register answers: storage (`rw`), written only by the chip (`ro`), a write of one clears the bit (`w1c`), or a read clears
 * all of it (`rc`).
 */
type RegisterKind = 'rw' | 'ro' | 'w1c' | 'rc'

/** A second place in the address space where instances 0, `step`, 2 `step` … of a register are reached; `step` is 1 unless given. */
interface RegisterAlias {
  readonly offset: number
  readonly stride: number
  readonly count: number
  readonly step?: number
}

/** One register, or an array of them, as the manual lists it. */
export interface RegisterSpec {
  /** The manual's name. */
  readonly name: string
  /** Byte offset of instance 0. */
  readonly offset: number
  readonly count?: number
  /** Bytes between instances; 4 unless given. */
  readonly stride?: number
  /** Instances from `first` on start anew at another offset. */
  readonly rest?: { readonly first: number; readonly offset: number }
  readonly kind?: RegisterKind
  /** Value after reset. */
  readonly reset?: number
  /** Bits that a write can change (`rw`) or clear (`w1c`); all unless given. */
  readonly writable?: number
  /** Bits of an `rw` register that the chip sets although no write can. */
  readonly own?: number
  readonly aliases?: readonly RegisterAlias[]
  /** Keeps its value over a software reset; only power-on sets it. */
  readonly sticky?: boolean
}

/** Computes what a read returns; `value` is what is stored. */
export type ReadHook = (n: number, value: number) => number

/** Acts on a write, instead of storing it; `value` is the word written, unmasked. */
export type WriteHook = (n: number, value: number) => void

const RW = 0
const RO = 1
const W1C = 2
const RC = 3
const KINDS: Record<RegisterKind, number> = { rw: RW, ro: RO, w1c: W1C, rc: RC }

/**
 * Registers of a chip, built from its table. Values are kept by word of the address space, so engines that look a word index up
 * once read and count without a call. An offset that the table lacks reads 0, ignores writes, and is counted by its offset.
 */
export class RegisterFile {
  /** Stored values, by canonical word index (see `word`). */
  readonly values: Uint32Array
  readonly #canonical: Int32Array
  readonly #spec: Int32Array
  readonly #instance: Int32Array
  readonly #specs: readonly RegisterSpec[]
  readonly #kinds: Int32Array
  readonly #masks: Uint32Array
  readonly #byName = new Map<string, number>()
  readonly #reads: (ReadHook | undefined)[]
  readonly #writes: (WriteHook | undefined)[]
  readonly #counters: Counters

  /** `bytes` is the size of the address space. Throws an `Error` when two registers of the table collide. */
  constructor(bytes: number, specs: readonly RegisterSpec[], counters: Counters) {
    const words = bytes >> 2
    this.values = new Uint32Array(words)
    this.#canonical = new Int32Array(words).fill(-1)
    this.#spec = new Int32Array(words)
    this.#instance = new Int32Array(words)
    this.#specs = specs
    this.#kinds = Int32Array.from(specs, (spec) => KINDS[spec.kind ?? 'rw'])
    this.#masks = Uint32Array.from(specs, (spec) => spec.writable ?? 0xffffffff)
    this.#reads = specs.map(() => undefined)
    this.#writes = specs.map(() => undefined)
    this.#counters = counters
    specs.forEach((spec, index) => {
      this.#byName.set(spec.name, index)
      this.#place(index, spec)
    })
    this.reset(true)
  }

  #place(index: number, spec: RegisterSpec): void {
    for (let n = 0; n < (spec.count ?? 1); n++) this.#claim(index, n, home(spec, n), -1)
    for (const alias of spec.aliases ?? []) {
      for (let i = 0; i < alias.count; i++) {
        const n = i * (alias.step ?? 1)
        this.#claim(index, n, (alias.offset + i * alias.stride) >> 2, home(spec, n))
      }
    }
  }

  #claim(index: number, n: number, at: number, canonical: number): void {
    if (this.#canonical[at] >= 0) {
      const other = this.#specs[this.#spec[at]].name
      throw new Error(`register ${this.#specs[index].name}(${n}) at 0x${(at * 4).toString(16)} collides with ${other}`)
    }
    this.#canonical[at] = canonical < 0 ? at : canonical
    this.#spec[at] = index
    this.#instance[at] = n
  }

  /** The index in `values` of a register; throws an `Error` for a name that the table lacks. */
  word(name: string, n = 0): number {
    return home(this.#specs[this.#index(name)], n)
  }

  /** How many there are of a register. */
  instances(name: string): number {
    return this.#specs[this.#index(name)].count ?? 1
  }

  get(name: string, n = 0): number {
    return this.values[this.word(name, n)]
  }

  /** Stores a value as the chip does, past masks and hooks. */
  set(name: string, n: number, value: number): void {
    this.values[this.word(name, n)] = value
  }

  onRead(name: string, hook: ReadHook): void {
    this.#reads[this.#index(name)] = hook
  }

  onWrite(name: string, hook: WriteHook): void {
    this.#writes[this.#index(name)] = hook
  }

  /** What a write would store: the writable bits of `value`, the rest as it was. */
  merged(name: string, n: number, value: number): number {
    const mask = this.#masks[this.#index(name)]
    return ((this.get(name, n) & ~mask) | (value & mask)) >>> 0
  }

  /** Stores the writable bits of `value`; for write hooks that keep the value as well. */
  store(name: string, n: number, value: number): number {
    const merged = this.merged(name, n, value)
    this.set(name, n, merged)
    return merged
  }

  /** All registers to their reset values; those that outlive a software reset only at power-on. */
  reset(power: boolean): void {
    for (const spec of this.#specs) {
      if (spec.sticky === true && !power) continue
      for (let n = 0; n < (spec.count ?? 1); n++) this.values[home(spec, n)] = spec.reset ?? 0
    }
  }

  read32(offset: number): number {
    const at = offset >>> 2
    const word = at < this.#canonical.length ? this.#canonical[at] : -1
    if (word < 0) {
      this.#unknown('read', offset)
      return 0
    }
    const index = this.#spec[at]
    const hook = this.#reads[index]
    const value = this.values[word]
    if (this.#kinds[index] === RC) this.values[word] = 0
    return hook === undefined ? value : hook(this.#instance[at], value) >>> 0
  }

  write32(offset: number, value: number): void {
    const at = offset >>> 2
    const word = at < this.#canonical.length ? this.#canonical[at] : -1
    if (word < 0) {
      this.#unknown('write', offset)
      return
    }
    const index = this.#spec[at]
    const hook = this.#writes[index]
    if (hook !== undefined) {
      hook(this.#instance[at], value >>> 0)
      return
    }
    const kind = this.#kinds[index]
    const mask = this.#masks[index]
    if (kind === RW) this.values[word] = (this.values[word] & ~mask) | (value & mask)
    else if (kind === W1C) this.values[word] &= ~(value & mask)
  }

  /** Adds to a counting register that sticks at all ones. */
  count(word: number, n: number): void {
    this.values[word] = Math.min(this.values[word] + n, 0xffffffff)
  }

  /** Every register by name. A state with bits that neither a write nor the chip can change is refused. */
  walkState(io: StateIo): void {
    for (const spec of this.#specs) {
      const { count = 1, reset = 0 } = spec
      const column = new Uint32Array(count)
      for (let n = 0; n < count; n++) column[n] = this.values[home(spec, n)]
      io.column(spec.name, column, 0, 0xffffffff, reset)
      if (!io.restoring) continue
      const fixed = (spec.kind ?? 'rw') === 'rw' ? ~((spec.writable ?? -1) | (spec.own ?? 0)) : 0
      for (let n = 0; n < count; n++) {
        io.consistent(spec.name, ((column[n] ^ reset) & fixed) === 0)
        this.values[home(spec, n)] = column[n]
      }
    }
  }

  #index(name: string): number {
    const index = this.#byName.get(name)
    if (index === undefined) throw new Error(`no register ${name}`)
    return index
  }

  #unknown(what: string, offset: number): void {
    this.#counters.add(this.#counters.slot(`register.unknown.${what}.0x${(offset & ~3).toString(16)}`), 1)
  }
}

/** Word index of an instance's own place. */
function home(spec: RegisterSpec, n: number): number {
  const stride = spec.stride ?? 4
  if (spec.rest !== undefined && n >= spec.rest.first) return (spec.rest.offset + (n - spec.rest.first) * stride) >> 2
  return (spec.offset + n * stride) >> 2
}
