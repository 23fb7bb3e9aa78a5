import type { StateIo } from '@npa/core'

/**
 * Interrupt causes of one function, up to 64, one for each vector: what is set, what is enabled, what is cleared and masked by
 * itself when its interrupt is sent. Words 0 and 1 hold causes 0 to 31 and 32 to 63.
 */
export class CauseSet {
  readonly cause: Int32Array = new Int32Array(2)
  readonly enabled: Int32Array = new Int32Array(2)
  readonly autoClear: Int32Array = new Int32Array(2)
  readonly autoMask: Int32Array = new Int32Array(2)
  readonly #wanted: (vector: number) => void

  /** `wanted` is called when an enabled cause becomes set, or a set one enabled. */
  constructor(wanted: (vector: number) => void) {
    this.#wanted = wanted
  }

  raise(vector: number): void {
    this.set(vector >> 5, 1 << (vector & 31))
  }

  set(word: number, bits: number): void {
    this.cause[word] |= bits
    this.#ask(word, bits & this.enabled[word])
  }

  clear(word: number, bits: number): void {
    this.cause[word] &= ~bits
  }

  enable(word: number, bits: number): void {
    const fresh = bits & ~this.enabled[word]
    this.enabled[word] |= bits
    this.#ask(word, fresh & this.cause[word])
  }

  disable(word: number, bits: number): void {
    this.enabled[word] &= ~bits
  }

  /** Whether a vector's interrupt is due; then what happens by itself has happened. `masking` turns the automatic mask on. */
  take(vector: number, masking: boolean): boolean {
    const word = vector >> 5
    const bit = 1 << (vector & 31)
    if ((this.cause[word] & this.enabled[word] & bit) === 0) return false
    this.cause[word] &= ~(bit & this.autoClear[word])
    if (masking) this.enabled[word] &= ~(bit & this.autoMask[word])
    return true
  }

  reset(): void {
    this.cause.fill(0)
    this.enabled.fill(0)
    this.autoClear.fill(0)
    this.autoMask.fill(0)
  }

  walkState(io: StateIo): void {
    io.column('cause', this.cause, -0x80000000, 0x7fffffff)
    io.column('enabled', this.enabled, -0x80000000, 0x7fffffff)
    io.column('autoClear', this.autoClear, -0x80000000, 0x7fffffff)
    io.column('autoMask', this.autoMask, -0x80000000, 0x7fffffff)
  }

  #ask(word: number, bits: number): void {
    for (let left = bits; left !== 0; left &= left - 1) this.#wanted(word * 32 + 31 - Math.clz32(left & -left))
  }
}
