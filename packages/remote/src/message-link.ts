import { SpscRing } from '@npa/ring-datapath'
import type { Consumer, Doorbell, Producer } from '@npa/ring-datapath'
import type { LinkPlace } from './request-link.js'

const SHAPE = { capacity: 256, recordWords: 4 }

/** Messages that wait for room with their sender: more than a device has vectors. */
const MOST_WAITING = 1024

/** A word behind the ring: the sender has messages that found no room. */
const WANTED_BYTES = 128

/** Bytes that a message link takes, a multiple of 128. */
export const MESSAGE_LINK_BYTES: number = SpscRing.bytes(SHAPE) + WANTED_BYTES

/** Makes an empty link. */
export function createMessageLink(place: LinkPlace): void {
  SpscRing.create(place.buffer, place.at, SHAPE)
  wantedWord(place)[0] = 0
}

function wantedWord({ buffer, at }: LinkPlace): Int32Array {
  return new Int32Array(buffer, at + SpscRing.bytes(SHAPE), 1)
}

/**
 * The sending end of a link for interrupt messages: three words and a number that says whose they are. It never blocks: what finds no
 * room waits here, once each, since an interrupt that is pending already is not pending twice. So there are never more than there are
 * vectors, but with a receiver that takes nothing and gives its vectors new messages: what is too much then is lost and counted.
 */
export class MessageSender {
  readonly #receiver: Doorbell
  readonly #producer: Producer
  readonly #wanted: Int32Array
  readonly #waiting: Int32Array[] = []
  /** Messages for which there was no room at all. */
  lost = 0

  constructor(place: LinkPlace, receiver: Doorbell) {
    this.#receiver = receiver
    this.#producer = SpscRing.attach(place.buffer, place.at).producer()
    this.#wanted = wantedWord(place)
  }

  /** Messages that wait for room. */
  get held(): number {
    return this.#waiting.length
  }

  send(from: number, addressLo: number, addressHi: number, data: number): void {
    if (this.#waiting.length === 0 && this.#put(from, addressLo, addressHi, data)) return
    const message = Int32Array.of(from, addressLo, addressHi, data)
    if (!this.#waiting.some((one) => one.every((word, i) => word === message[i]))) {
      if (this.#waiting.length < MOST_WAITING) this.#waiting.push(message)
      else this.lost++
    }
    Atomics.store(this.#wanted, 0, 1)
    // the receiver may have made room before it could see that it is wanted
    this.flush()
  }

  /** Sends what waits, as far as there is room now. True when something was sent. */
  flush(): boolean {
    const before = this.#waiting.length
    if (before === 0) return false
    for (;;) {
      const first = this.#waiting.at(0)
      if (first === undefined || !this.#put(first[0], first[1], first[2], first[3])) break
      this.#waiting.shift()
    }
    return this.#waiting.length < before
  }

  #put(from: number, addressLo: number, addressHi: number, data: number): boolean {
    if (this.#producer.reserve(1) === 0) return false
    const { words } = this.#producer
    const word = this.#producer.slot(0)
    words[word] = from
    words[word + 1] = addressLo
    words[word + 2] = addressHi
    words[word + 3] = data
    this.#producer.commit(1)
    this.#receiver.ring()
    return true
  }
}

/** The receiving end. What the function did before it sent a message can be seen when the message is. */
export class MessageReceiver {
  readonly #sender: Doorbell
  readonly #consumer: Consumer
  readonly #wanted: Int32Array
  readonly #take: (from: number, addressLo: number, addressHi: number, data: number) => void

  constructor(
    place: LinkPlace,
    sender: Doorbell,
    take: (from: number, addressLo: number, addressHi: number, data: number) => void,
  ) {
    this.#sender = sender
    this.#consumer = SpscRing.attach(place.buffer, place.at).consumer()
    this.#wanted = wantedWord(place)
    this.#take = take
  }

  /** Whether messages wait. */
  get waiting(): boolean {
    return this.#consumer.peek(1) > 0
  }

  /** Takes at most `budget` messages; true when there were any. */
  drain(budget: number): boolean {
    const count = this.#consumer.peek(budget)
    if (count === 0) return false
    const { words } = this.#consumer
    for (let i = 0; i < count; i++) {
      const word = this.#consumer.slot(0)
      const from = words[word]
      const addressLo = words[word + 1] >>> 0
      const addressHi = words[word + 2] >>> 0
      const data = words[word + 3] >>> 0
      this.#consumer.release(1)
      this.#take(from, addressLo, addressHi, data)
    }
    if (Atomics.load(this.#wanted, 0) !== 0) {
      Atomics.store(this.#wanted, 0, 0)
      this.#sender.ring()
    }
    return true
  }
}
