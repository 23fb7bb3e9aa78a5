import type { FrameBatch } from '../frame-batch.js'
import type { Port } from '../port.js'

/** What a wrapper does with frames that enter at one of its faces; returns how many of them were taken. */
export type Forward = (to: Port, batch: FrameBatch, from: number, count: number) => number

/** One side of a wrapper. To the port outside it looks like the port behind the wrapper. */
export class Face implements Port {
  /** The port outside. */
  peer: Port | undefined
  /** The other side; `facePair` sets it. */
  other: Face = this
  readonly #forward: Forward
  readonly #what: string

  /** `what` names the side in errors. */
  constructor(what: string, forward: Forward) {
    this.#what = what
    this.#forward = forward
  }

  connect(peer: Port): void {
    this.peer = peer
  }

  get up(): boolean {
    return this.other.peer !== undefined && this.other.peer.up
  }

  send(batch: FrameBatch, from: number, count: number): number {
    const to = this.other.peer
    if (to === undefined) throw new Error(`${this.#what}: frames come in, but the other side is connected to nothing`)
    return this.#forward(to, batch, from, count)
  }

  room(): void {
    this.other.peer?.room()
  }
}

/** Two faces, back to back: `aToB` is what happens to frames that enter at `a`. */
export function facePair(name: string, aToB: Forward, bToA: Forward): { a: Face; b: Face } {
  const a = new Face(`${name}.a`, aToB)
  const b = new Face(`${name}.b`, bToA)
  a.other = b
  b.other = a
  return { a, b }
}
