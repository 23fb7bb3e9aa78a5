import type { Consumer, Producer, SpscRing } from '@npa/ring-datapath'
import type { Patience } from './patience.js'
import type { Side } from './side.js'

// The loops go through the records that stand one behind the other, then, where the ring begins anew meanwhile, through the rest. `& 0x7ffffff`
// tells the compiler that an index is neither negative nor large: so it adds to it without a check.

/** Writes and reads in place, `batch` records at a time, through the package's `Producer` and `Consumer`. One function for each size of record. */
export function inPlace(ring: SpscRing, role: 0 | 1, batch: number, patience: Patience): Side {
  const small = ring.recordWords === 4
  if (role === 1) {
    const consumer = ring.consumer()
    const consume = small ? consume16 : consume64
    return (records) => consume(consumer, records, batch, patience)
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
      const stop = Math.min(slot + left * 4, end)
      left -= (stop - slot) / 4
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

function consume16(consumer: Consumer, records: number, batch: number, patience: Patience): number {
  const { words, begin, end } = consumer
  let sum = 0
  for (let n = 0; n < records;) {
    const there = consumer.peek(batch)
    if (there === 0) {
      patience.look()
      continue
    }
    let slot = consumer.slot(0)
    for (let left = there; left > 0; slot = begin) {
      const stop = Math.min(slot + left * 4, end)
      left -= (stop - slot) / 4
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
      const stop = Math.min(slot + left * 16, end)
      left -= (stop - slot) / 16
      for (; slot < stop; slot += 16, n++) {
        const at = slot & 0x7ffffff
        words[at] = n << 11
        words[at + 1] = n >>> 21
        words[at + 2] = 64
        words[at + 3] = n
        for (let w = 4; w < 16; w++) words[at + w] = n + w
      }
    }
    producer.commit(batch)
  }
  return 0
}

function consume64(consumer: Consumer, records: number, batch: number, patience: Patience): number {
  const { words, begin, end } = consumer
  let sum = 0
  for (let n = 0; n < records;) {
    const there = consumer.peek(batch)
    if (there === 0) {
      patience.look()
      continue
    }
    let slot = consumer.slot(0)
    for (let left = there; left > 0; slot = begin) {
      const stop = Math.min(slot + left * 16, end)
      left -= (stop - slot) / 16
      for (; slot < stop; slot += 16) {
        const at = slot & 0x7ffffff
        let own = (words[at] ^ words[at + 1]) + words[at + 2] + words[at + 3]
        for (let w = 4; w < 16; w++) own = (own + words[at + w]) | 0
        sum = (sum + own) | 0
      }
    }
    consumer.release(there)
    n += there
  }
  return sum
}
