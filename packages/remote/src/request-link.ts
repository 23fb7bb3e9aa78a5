import { Doorbell, SpscRing } from '@npa/ring-datapath'
import type { Consumer, Producer } from '@npa/ring-datapath'
import { ONES } from './ops.js'

/** Requests that can be under way. */
const CAPACITY = 256
/** Operation, ticket (0: nobody waits for an answer), six arguments. */
const RECORD_WORDS = 8
const SHAPE = { capacity: CAPACITY, recordWords: RECORD_WORDS }

/** Words behind the ring: what the server answers, and what the client asks for beside requests. */
const Answer = { ticket: 0, value: 1, roomWanted: 32, bell: 33 } as const
const ANSWER_BYTES = 256

/** Looks at the answer before the client sleeps: an answer takes some microseconds when the server is awake. */
const LOOKS = 2000

/** How long a client waits for an answer that does not come, ms: far beyond what a busy machine needs. */
const PATIENCE_MS = 60_000

/** The other thread does not answer any more. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError'
}

/**
 * Says that the answering thread is gone: from now on reads give all ones and writes go nowhere, as with a PCI device that was pulled out, a
 * read that waits now included. For whoever sees the thread end; any thread may call it.
 */
export function unplug(place: LinkPlace): void {
  SpscRing.attach(place.buffer, place.at).consumer().leave()
  bellOf(place).ring()
}

/** Carries out a request: operation, and six arguments as signed words. What it returns is the answer, if one is wanted. */
export type RequestHandler = (op: number, a: number, b: number, c: number, d: number, e: number, f: number) => number

/** Where a link stands in shared memory. */
export interface LinkPlace {
  readonly buffer: SharedArrayBuffer
  /** A multiple of 128. */
  readonly at: number
}

/** Bytes that a request link takes, a multiple of 128. */
export const REQUEST_LINK_BYTES: number = SpscRing.bytes(SHAPE) + ANSWER_BYTES

/** Makes an empty link. */
export function createRequestLink({ buffer, at }: LinkPlace): void {
  SpscRing.create(buffer, at, SHAPE)
  new Int32Array(buffer, at + SpscRing.bytes(SHAPE), ANSWER_BYTES / 4).fill(0)
}

function answerWords({ buffer, at }: LinkPlace): Int32Array {
  return new Int32Array(buffer, at + SpscRing.bytes(SHAPE), ANSWER_BYTES / 4)
}

function bellOf({ buffer, at }: LinkPlace): Doorbell {
  return new Doorbell(buffer, at + SpscRing.bytes(SHAPE) + Answer.bell * 4)
}

/**
 * The asking end. Posted requests do not block unless the ring is full; a call goes behind them and blocks until it is answered. So a read
 * flushes earlier writes.
 */
export class RequestClient {
  readonly #server: Doorbell
  readonly #who: string
  readonly #producer: Producer
  readonly #answer: Int32Array
  readonly #bell: Doorbell
  #ticket = 0

  /** `server` wakes the thread that serves; `who` names it in errors. */
  constructor(place: LinkPlace, server: Doorbell, who: string) {
    this.#server = server
    this.#who = who
    this.#producer = SpscRing.attach(place.buffer, place.at).producer()
    this.#answer = answerWords(place)
    this.#bell = bellOf(place)
  }

  /** Sends a request that wants no answer. */
  post(op: number, a: number, b: number, c: number, d: number, e: number, f: number): void {
    this.#put(op, 0, a, b, c, d, e, f)
  }

  /** Sends a request and waits for its answer: all ones when the other end is unplugged. Throws a `RemoteError` when none comes for a minute. */
  call(op: number, a: number, b: number, c: number, d: number, e: number, f: number): number {
    // any word but 0
    this.#ticket = this.#ticket === 0x7fffffff ? 1 : this.#ticket + 1
    this.#put(op, this.#ticket, a, b, c, d, e, f)
    for (let look = 0; look < LOOKS; look++) if (this.#answered()) return this.#answer[Answer.value]
    while (!this.#answered()) {
      if (this.#unplugged()) return ONES
      const bell = this.#bell.prepare()
      if (this.#answered() || this.#unplugged()) this.#bell.cancel()
      else if (!this.#bell.wait(bell, PATIENCE_MS)) throw this.#silent()
    }
    return this.#answer[Answer.value]
  }

  #unplugged(): boolean {
    return this.#producer.abandoned
  }

  #answered(): boolean {
    return Atomics.load(this.#answer, Answer.ticket) === this.#ticket
  }

  #put(op: number, ticket: number, a: number, b: number, c: number, d: number, e: number, f: number): void {
    if (this.#producer.reserve(1) === 0 && !this.#waitForRoom()) return
    const { words } = this.#producer
    const word = this.#producer.slot(0)
    words[word] = op
    words[word + 1] = ticket
    words[word + 2] = a
    words[word + 3] = b
    words[word + 4] = c
    words[word + 5] = d
    words[word + 6] = e
    words[word + 7] = f
    this.#producer.commit(1)
    this.#server.ring()
  }

  /** False when there will be none, since the other end is unplugged. */
  #waitForRoom(): boolean {
    for (;;) {
      Atomics.store(this.#answer, Answer.roomWanted, 1)
      const bell = this.#bell.prepare()
      const room = this.#producer.reserve(1) > 0
      if (room || this.#unplugged()) {
        this.#bell.cancel()
        return room
      }
      this.#server.ring()
      if (!this.#bell.wait(bell, PATIENCE_MS)) throw this.#silent()
    }
  }

  #silent(): RemoteError {
    return new RemoteError(`${this.#who} has not answered for ${PATIENCE_MS / 1000} s`)
  }
}

/** The answering end. Whatever the other side writes into the link, requests are handed over one by one, each word read once. */
export class RequestServer {
  readonly #handler: RequestHandler
  readonly #consumer: Consumer
  readonly #answer: Int32Array
  readonly #bell: Doorbell

  constructor(place: LinkPlace, handler: RequestHandler) {
    this.#handler = handler
    this.#consumer = SpscRing.attach(place.buffer, place.at).consumer()
    this.#answer = answerWords(place)
    this.#bell = bellOf(place)
  }

  /** Requests, `most` at most, that wait. */
  pending(most: number): number {
    return this.#consumer.peek(most)
  }

  /** Carries out at most `budget` requests that are there now; returns how many there were. */
  serve(budget: number): number {
    const count = this.#consumer.peek(budget)
    if (count === 0) return 0
    const { words } = this.#consumer
    for (let i = 0; i < count; i++) {
      const word = this.#consumer.slot(0)
      const ticket = words[word + 1]
      const value = this.#handler(
        words[word],
        words[word + 2],
        words[word + 3],
        words[word + 4],
        words[word + 5],
        words[word + 6],
        words[word + 7],
      )
      this.#consumer.release(1)
      if (ticket !== 0) {
        this.#answer[Answer.value] = value
        Atomics.store(this.#answer, Answer.ticket, ticket)
        this.#bell.ring()
      }
    }
    if (Atomics.load(this.#answer, Answer.roomWanted) !== 0) {
      Atomics.store(this.#answer, Answer.roomWanted, 0)
      this.#bell.ring()
    }
    return count
  }
}
