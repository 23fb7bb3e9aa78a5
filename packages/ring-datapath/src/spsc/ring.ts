import { Consumer } from './consumer.js'
import { Header, HEADER_WORDS, LINE, MAGIC, MOST_RECORD_WORDS, MOST_RECORDS, VERSION } from './layout.js'
import { demandShared, wrongPlace } from '../place.js'
import { Producer } from './producer.js'

/** Shape of a ring. */
export interface RingShape {
  /** Records, a power of two, 2 to 1,048,576. */
  readonly capacity: number
  /** 32-bit words of a record, 1 to 64. */
  readonly recordWords: number
}

/** What stands at the place is no ring; the message says what is wrong. */
export class RingFormatError extends Error {
  override readonly name = 'RingFormatError'
}

/**
 * A ring of fixed-size records between one producer and one consumer, in one thread or two. Everything that the two have to agree on
 * is in the memory: a thread attaches with the buffer and an offset. The records are ordered by the indices alone: a producer stores
 * `tail` atomically after it has written records, a consumer loads it atomically before it reads them, and `head` is the same the
 * other way; so records themselves are plain words.
 */
export class SpscRing implements RingShape {
  readonly words: Int32Array
  readonly capacity: number
  readonly recordWords: number

  private constructor(words: Int32Array, capacity: number, recordWords: number) {
    this.words = words
    this.capacity = capacity
    this.recordWords = recordWords
  }

  /** Bytes that a ring of this shape takes, a multiple of 128. Throws a `RangeError` on a shape that cannot be. */
  static bytes({ capacity, recordWords }: RingShape): number {
    const wrong = wrongShape(capacity, recordWords)
    if (wrong !== undefined) throw new RangeError(wrong)
    return (HEADER_WORDS * 4 + capacity * recordWords * 4 + LINE - 1) & -LINE
  }

  /**
   * Makes an empty ring at a byte offset that is a multiple of 128. Throws a `RangeError` when shape or place cannot be, a `TypeError` when the
   * buffer is not shared.
   */
  static create(buffer: SharedArrayBuffer, at: number, shape: RingShape): SpscRing {
    demandShared(buffer)
    const bytes = SpscRing.bytes(shape)
    const wrong = wrongPlace(buffer, at, bytes, LINE)
    if (wrong !== undefined) throw new RangeError(`no place for a ring: ${wrong}`)
    const words = new Int32Array(buffer, at, bytes / 4).fill(0)
    words[Header.version] = VERSION
    words[Header.capacity] = shape.capacity
    words[Header.recordWords] = shape.recordWords
    Atomics.store(words, Header.magic, MAGIC)
    return new SpscRing(words, shape.capacity, shape.recordWords)
  }

  /**
   * The ring that another thread has made at this place. Throws a `RingFormatError` when there is none that could be one, a `TypeError` when the
   * buffer is not shared.
   */
  static attach(buffer: SharedArrayBuffer, at: number): SpscRing {
    demandShared(buffer)
    const outside = wrongPlace(buffer, at, HEADER_WORDS * 4, LINE)
    if (outside !== undefined) throw new RingFormatError(`no ring: ${outside}`)
    const header = new Int32Array(buffer, at, HEADER_WORDS)
    if (Atomics.load(header, Header.magic) !== MAGIC) throw new RingFormatError(`no ring at ${at}`)
    if (header[Header.version] !== VERSION) {
      throw new RingFormatError(`ring of version ${header[Header.version]} at ${at}, version ${VERSION} is expected`)
    }
    // Once: another thread may change them between two looks.
    const capacity = header[Header.capacity]
    const recordWords = header[Header.recordWords]
    const wrong = wrongShape(capacity, recordWords)
    if (wrong !== undefined) throw new RingFormatError(`ring at ${at}: ${wrong}`)
    const bytes = SpscRing.bytes({ capacity, recordWords })
    const longer = wrongPlace(buffer, at, bytes, LINE)
    if (longer !== undefined) throw new RingFormatError(`ring at ${at}: ${longer}`)
    return new SpscRing(new Int32Array(buffer, at, bytes / 4), capacity, recordWords)
  }

  /** This thread's end for writing; there must be no other. */
  producer(): Producer {
    return new Producer(this)
  }

  /** This thread's end for reading; there must be no other. */
  consumer(): Consumer {
    return new Consumer(this)
  }
}

function wrongShape(capacity: number, recordWords: number): string | undefined {
  const power = Number.isInteger(capacity) && capacity >= 2 && (capacity & (capacity - 1)) === 0
  if (!power || capacity > MOST_RECORDS)
    return `${capacity} records: a power of two from 2 to ${MOST_RECORDS} is expected`
  if (!Number.isInteger(recordWords) || recordWords < 1 || recordWords > MOST_RECORD_WORDS) {
    return `records of ${recordWords} words: 1 to ${MOST_RECORD_WORDS} are expected`
  }
  return undefined
}
