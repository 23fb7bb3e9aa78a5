/** Time as every part sees it: integer nanoseconds since the start of the run, virtual or real. */
export interface Clock {
  /** Nanoseconds since the start, an integer. */
  nowNs(): number
  /** A timer of its own for the caller; it has a name so that a saved state can name it again. It starts unarmed. */
  timer(name: string, fire: () => void): Timer
}

/** One deadline. Timers that fall due at the same instant fire in the order of their creation. */
export interface Timer {
  /** Sets or moves the deadline; a time in the past fires at once (from the scheduler, never inside this call). */
  arm(atNs: number): void
  cancel(): void
  /** The deadline, or `Infinity` while unarmed. */
  readonly deadlineNs: number
}
