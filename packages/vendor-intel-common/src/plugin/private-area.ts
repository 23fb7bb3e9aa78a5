import { MAX_QUEUES, Queue, State } from '@npa/plugin-api/guest'

/**
 * The plugin's own words in the window: all state it has. One word for its interrupts, then a record for each transmit and each
 * receive queue: 544 of the `PRIVATE_BYTES`.
 */

/** Word offset of the interrupts whose throttle is set, a bit each. */
export const THROTTLED = 0

/** Word offsets in a transmit queue's record. */
export const Tx = {
  /** Where the next descriptor goes. */
  next: 0,
  /** The oldest descriptor of the oldest frame that is not reported complete. */
  clean: 1,
  /** The tail that the device knows. */
  rung: 2,
  /** Whether a context was written since the ring was started, and its words 0 and 2. */
  hasContext: 3,
  context0: 4,
  context2: 5,
} as const

/** Word offsets in a receive queue's record. */
export const Rx = {
  /** The next descriptor that the device completes. */
  next: 0,
  /** Where the next buffer goes. */
  tail: 1,
} as const

const RECORD = 8

/** Word index of the private area in the window. */
export function ownWords(window: Int32Array): number {
  return window[State.privateOffset] >> 2
}

/** Word index of a transmit queue's private record. */
export function txOwn(window: Int32Array, queue: number): number {
  return ownWords(window) + RECORD + queue * RECORD
}

/** Word index of a receive queue's private record. */
export function rxOwn(window: Int32Array, queue: number): number {
  return txOwn(window, MAX_QUEUES + queue)
}

/** Word index of the shell's record of a transmit queue. */
export function txRecord(queue: number): number {
  return State.txQueue + queue * Queue.words
}

/** Word index of the shell's record of a receive queue. */
export function rxRecord(queue: number): number {
  return State.rxQueue + queue * Queue.words
}
