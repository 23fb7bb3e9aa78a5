import type { Consumer, Producer, SpscRing } from '@npa/ring-datapath'
import type { Patience } from './patience.js'
import type { Side } from './side.js'

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
    for (let k = 0; k < batch; k++, n++) {
      words[slot] = n << 11
      words[slot + 1] = n >>> 21
      words[slot + 2] = 64
      words[slot + 3] = n
      slot = (slot + 4) | 0
      if (slot === end) slot = begin
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
    for (let k = 0; k < there; k++) {
      sum = (sum + (words[slot] ^ words[slot + 1]) + words[slot + 2] + words[slot + 3]) | 0
      slot = (slot + 4) | 0
      if (slot === end) slot = begin
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
    for (let k = 0; k < batch; k++, n++) {
      words[slot] = n << 11
      words[slot + 1] = n >>> 21
      words[slot + 2] = 64
      words[slot + 3] = n
      for (let w = 4; w < 16; w++) words[slot + w] = n + w
      slot = (slot + 16) | 0
      if (slot === end) slot = begin
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
    for (let k = 0; k < there; k++) {
      let own = (words[slot] ^ words[slot + 1]) + words[slot + 2] + words[slot + 3]
      for (let w = 4; w < 16; w++) own = (own + words[slot + w]) | 0
      sum = (sum + own) | 0
      slot = (slot + 16) | 0
      if (slot === end) slot = begin
    }
    consumer.release(there)
    n += there
  }
  return sum
}
