import type { FrameBatch } from '../frame-batch.js'
import type { Port } from '../port.js'
import { LinkLane } from './link-lane.js'
import type { LinkOptions } from './link-lane.js'
import type { TwoPort } from './two-port.js'

/** One end of a link. */
class LinkEnd implements Port {
  readonly #link: Link
  readonly #out: LinkLane
  readonly #in: LinkLane

  constructor(link: Link, out: LinkLane, into: LinkLane) {
    this.#link = link
    this.#out = out
    this.#in = into
  }

  connect(peer: Port): void {
    this.#out.sender = peer
    this.#in.receiver = peer
  }

  send(batch: FrameBatch, from: number, count: number): number {
    return this.#out.accept(batch, from, count)
  }

  room(): void {
    this.#in.receiverRoom()
  }

  /** Carrier: the link is up, and so is what is connected at the other end. */
  get up(): boolean {
    const far = this.#out.receiver
    return this.#link.up && far !== undefined && far.up
  }
}

/**
 * A full-duplex Ethernet wire: each frame takes its time at `rateBps`, padding, preamble, FCS and gap included, and arrives
 * `delayNs` later, to the nanosecond (a fraction counts as a whole one). A sender that is faster than the wire is refused and
 * told of room. Frames with pending checksum or tag are dropped, as are those in flight when the link goes down. It does not
 * tell ports about `up`: whoever sets it does.
 */
export class Link implements TwoPort {
  readonly a: Port
  readonly b: Port
  readonly #aToB: LinkLane
  readonly #bToA: LinkLane
  #up = true

  /** Throws a `RangeError` for a rate, delay or store that makes no sense, or when the arena is full. */
  constructor(name: string, options: LinkOptions) {
    this.#aToB = new LinkLane(`${name}.aToB`, options)
    this.#bToA = new LinkLane(`${name}.bToA`, options)
    this.a = new LinkEnd(this, this.#aToB, this.#bToA)
    this.b = new LinkEnd(this, this.#bToA, this.#aToB)
  }

  get up(): boolean {
    return this.#up
  }

  /** Plugs the cable in or out. */
  setUp(up: boolean): void {
    this.#up = up
    this.#aToB.setUp(up)
    this.#bToA.setUp(up)
  }

  /** Frames on the wire, both ways. */
  get inFlight(): number {
    return this.#aToB.inFlight + this.#bToA.inFlight
  }
}
