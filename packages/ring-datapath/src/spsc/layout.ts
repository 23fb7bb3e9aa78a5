/** Bytes between words that different threads write: two cache lines, as processors fetch them in pairs. */
export const LINE = 128

/** First word of a ring: 'NPAR', little endian. */
export const MAGIC = 0x5241504e
export const VERSION = 1

/** Word with the free-running index of the record that the producer writes next. */
export const TAIL = 32
/** Word with the free-running index of the record that the consumer reads next. */
export const HEAD = 64

/** The other words of a ring's header. Those of each line have one writer: the creator, the producer (with the tail), the consumer (with the head). */
export const Header = {
  magic: 0,
  version: 1,
  /** Records, a power of two. */
  capacity: 2,
  /** Words of a record. */
  recordWords: 3,
  /** Records that the producer had to drop; it wraps. */
  dropped: 33,
  /** 1 from when the producer has closed the ring. */
  closed: 34,
  /** 1 from when the consumer has gone. */
  left: 65,
} as const

/** Words before the first record. */
export const HEADER_WORDS = 96

export const MOST_RECORDS: number = 1 << 20
export const MOST_RECORD_WORDS = 64
