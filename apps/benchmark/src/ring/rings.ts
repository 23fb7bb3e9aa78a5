import type { Consumer, Producer, SpscRing } from '@npa/ring-datapath'
import type { Patience } from './patience.js'
import type { Side } from './side.js'

// The loops go through the records that stand one behind the other, then, where the ring begins anew meanwhile, through the rest: a cache line a
// step, since V8 looks at an array's kind and length, and whether somebody interrupts, in each. `& 0x7ffffff` tells the compiler that an index
// is neither negative nor large: so it adds to it without a check.

/**
 * Writes and reads in place through the package's `Producer` and `Consumer`: the one `batch` records at a time, the other `most`. One function
 * for each size of record.
 */
export function inPlace(ring: SpscRing, role: 0 | 1, batch: number, most: number, patience: Patience): Side {
  const small = ring.recordWords === 4
  if (role === 1) {
    const consumer = ring.consumer()
    const consume = small ? consume16 : consume64
    return (records) => consume(consumer, records, most, patience)
  }
  const producer = ring.producer()
  const produce = small ? produce16 : produce64
  return (records) => produce(producer, records, batch, patience)
}

function produce16(producer: Producer, records: number, batch: number, patience: Patience): number {
  const { words, begin, end } = producer
  for (let n = 0; n < records;) {
    while (producer.reserve(batch) < batch) patience.look()
    let slot = producer.slot(0)
    for (let left = batch; left > 0; slot = begin) {
      const stop = Math.min((slot + left * 4) | 0, end | 0)
      left = (left - ((stop - slot) >> 2)) | 0
      for (; slot + 12 < stop; slot += 16, n += 4) {
        const at = slot & 0x7ffffff
        words[at] = n << 11
        words[at + 1] = n >>> 21
        words[at + 2] = 64
        words[at + 3] = n
        words[at + 4] = (n + 1) << 11
        words[at + 5] = (n + 1) >>> 21
        words[at + 6] = 64
        words[at + 7] = n + 1
        words[at + 8] = (n + 2) << 11
        words[at + 9] = (n + 2) >>> 21
        words[at + 10] = 64
        words[at + 11] = n + 2
        words[at + 12] = (n + 3) << 11
        words[at + 13] = (n + 3) >>> 21
        words[at + 14] = 64
        words[at + 15] = n + 3
      }
      for (; slot < stop; slot += 4, n++) {
        const at = slot & 0x7ffffff
        words[at] = n << 11
        words[at + 1] = n >>> 21
        words[at + 2] = 64
        words[at + 3] = n
      }
    }
    producer.commit(batch)
  }
  return 0
}

function consume16(consumer: Consumer, records: number, most: number, patience: Patience): number {
  const { words, begin, end } = consumer
  let sum = 0
  for (let n = 0; n < records;) {
    const there = consumer.peek(most)
    if (there === 0) {
      patience.look()
      continue
    }
    let slot = consumer.slot(0)
    for (let left = there; left > 0; slot = begin) {
      const stop = Math.min((slot + left * 4) | 0, end | 0)
      left = (left - ((stop - slot) >> 2)) | 0
      for (; slot + 12 < stop; slot += 16) {
        const at = slot & 0x7ffffff
        const first = (sum + (words[at] ^ words[at + 1]) + words[at + 2] + words[at + 3]) | 0
        const second = (first + (words[at + 4] ^ words[at + 5]) + words[at + 6] + words[at + 7]) | 0
        const third = (second + (words[at + 8] ^ words[at + 9]) + words[at + 10] + words[at + 11]) | 0
        sum = (third + (words[at + 12] ^ words[at + 13]) + words[at + 14] + words[at + 15]) | 0
      }
      for (; slot < stop; slot += 4) {
        const at = slot & 0x7ffffff
        sum = (sum + (words[at] ^ words[at + 1]) + words[at + 2] + words[at + 3]) | 0
      }
    }
    consumer.release(there)
    n += there
  }
  return sum
}

function produce64(producer: Producer, records: number, batch: number, patience: Patience): number {
  const { words, begin, end } = producer
  for (let n = 0; n < records;) {
    while (producer.reserve(batch) < batch) patience.look()
    let slot = producer.slot(0)
    for (let left = batch; left > 0; slot = begin) {
      const stop = Math.min((slot + left * 16) | 0, end | 0)
      left = (left - ((stop - slot) >> 4)) | 0
      for (; slot < stop; slot += 16, n++) {
        const at = slot & 0x7ffffff
        words[at] = n << 11
        words[at + 1] = n >>> 21
        words[at + 2] = 64
        words[at + 3] = n
        for (let w = 4; w < 16; w += 4) {
          words[at + w] = n + w
          words[at + w + 1] = n + w + 1
          words[at + w + 2] = n + w + 2
          words[at + w + 3] = n + w + 3
        }
      }
    }
    producer.commit(batch)
  }
  return 0
}

function consume64(consumer: Consumer, records: number, most: number, patience: Patience): number {
  const { words, begin, end } = consumer
  let sum = 0
  for (let n = 0; n < records;) {
    const there = consumer.peek(most)
    if (there === 0) {
      patience.look()
      continue
    }
    let slot = consumer.slot(0)
    for (let left = there; left > 0; slot = begin) {
      const stop = Math.min((slot + left * 16) | 0, end | 0)
      left = (left - ((stop - slot) >> 4)) | 0
      for (; slot < stop; slot += 16) {
        const at = slot & 0x7ffffff
        let own = ((words[at] ^ words[at + 1]) + words[at + 2] + words[at + 3]) | 0
        for (let w = 4; w < 16; w += 4) {
          own = (own + words[at + w] + words[at + w + 1] + words[at + w + 2] + words[at + w + 3]) | 0
        }
        sum = (sum + own) | 0
      }
    }
    consumer.release(there)
    n += there
  }
  return sum
}
