import type { Port } from '../port.js'

/** A thing with two sides that stands between two ports: a link, or a wrapper. Frames into one side come out of the other. */
export interface TwoPort {
  /** The side of the first port: it sends here, and receives from here. */
  readonly a: Port
  /** The side of the second port. */
  readonly b: Port
}

/** Makes two ports each other's peers. */
export function join(first: Port, second: Port): void {
  first.connect(second)
  second.connect(first)
}

/** Connects `first — between[0] — between[1] … — second`; with nothing between, the two ports directly. */
export function insert(first: Port, between: readonly TwoPort[], second: Port): void {
  let left = first
  for (const middle of between) {
    join(left, middle.a)
    left = middle.b
  }
  join(left, second)
}
