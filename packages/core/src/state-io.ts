/** Why a state was refused. */
export type StateRefusal =
  /** It is not a state of this kind: another device, version or set of options. */
  | 'identity'
  /** A field is not there, or one too many is. */
  | 'missing'
  | 'unknown'
  /** A field is not a number, a boolean, a list, ... as it should be. */
  | 'type'
  /** A number is outside its range, or not whole. */
  | 'range'
  /** A list or a run of bytes is too long or too short. */
  | 'length'
  /** Fields contradict each other. */
  | 'inconsistent'

/** A state that is not taken over. */
export class StateError extends Error {
  readonly reason: StateRefusal
  /** Names of the field and of the parts it is in, with dots; indices of lists are numbers. */
  readonly path: string

  constructor(reason: StateRefusal, path: string) {
    super(`state refused, ${reason}: ${path}`)
    this.name = 'StateError'
    this.reason = reason
    this.path = path
  }
}

/** Columns of numbers that a state has. */
export type StateArray = Uint8Array | Uint16Array | Int32Array | Uint32Array | Float64Array

/**
 * One walk over all that a device remembers, used both ways: a part names each field once and says what is legal, and is handed
 * back what the field shall be. While a state is saved that is what it was; while one is restored, what the untrusted data say, checked.
 * Every method throws a `StateError` on a field that is refused; `restoreState` then puts everything back.
 *
 * What is saved is plain data (objects, lists, strings, numbers, booleans, null) that `JSON.stringify` and `structuredClone` keep.
 */
export interface StateIo {
  /** Whether data are taken over: then what follows from them is worked out anew. */
  readonly restoring: boolean
  /** A whole number in [least, most]. */
  integer(name: string, now: number, least: number, most: number): number
  boolean(name: string, now: boolean): boolean
  /** Letters, digits, dots and dashes, at most `longest`. */
  text(name: string, now: string, longest: number): string
  /** A point in time, whole ns, zero or later; `Infinity` for never. */
  time(name: string, now: number): number
  /** Whole numbers in [least, most], at most `longest` of them. */
  integers(name: string, now: readonly number[], longest: number, least: number, most: number): readonly number[]
  /**
   * A column, in place: only what differs from `rest` is kept. Numbers are in [least, most], and whole unless `fractions` says that they need not
   * be; `rest` may lie outside.
   */
  column(name: string, values: StateArray, least: number, most: number, rest?: number, fractions?: boolean): void
  /** Bytes, in place, as many as are given room for. */
  bytes(name: string, bytes: Uint8Array): void
  /** Items with fields, at most `longest`; how many there shall be. */
  list(name: string, count: number, longest: number, item: (io: StateIo, index: number) => void): number
  /** Fields of a part. */
  part(name: string, fields: (io: StateIo) => void): void
  /** What a state must say to be one of this device: never taken over. */
  identity(name: string, value: string | number | boolean): void
  /** Refuses what contradicts other fields. */
  consistent(name: string, holds: boolean): void
}
