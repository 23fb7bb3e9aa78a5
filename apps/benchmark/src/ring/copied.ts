import { RingBuffer } from 'ringbuf.js'
import type { SpscRing } from '@npa/ring-datapath'
import type { Patience } from './patience.js'
import { put, take } from './side.js'
import type { Side } from './side.js'

/** Records are made in an array of the thread's own and copied into the ring, and out of it likewise. */
export function copied(ring: SpscRing, role: 0 | 1, batch: number, patience: Patience): Side {
  const { recordWords } = ring
  const own = new Int32Array(batch * recordWords)
  if (role === 0) {
    const producer = ring.producer()
    return (records) => {
      for (let n = 0; n < records; n += batch) {
        for (let k = 0; k < batch; k++) put(own, k * recordWords, n + k, recordWords)
        while (!producer.bulk(own, 0, batch)) patience.look()
      }
      return 0
    }
  }
  const consumer = ring.consumer()
  return (records) => {
    let sum = 0
    for (let n = 0; n < records;) {
      const there = consumer.burst(own, 0, batch)
      if (there === 0) patience.look()
      for (let k = 0; k < there; k++) sum = (sum + take(own, k * recordWords, recordWords)) | 0
      n += there
    }
    return sum
  }
}

/** The same over `ringbuf.js`, whose ring is one of words. */
export function ringbuf(
  storage: SharedArrayBuffer,
  recordWords: number,
  role: 0 | 1,
  batch: number,
  patience: Patience,
): Side {
  const ring = new RingBuffer(storage, Uint32Array)
  const words = batch * recordWords
  const own = new Uint32Array(words)
  if (role === 0) {
    return (records) => {
      for (let n = 0; n < records; n += batch) {
        for (let k = 0; k < batch; k++) put(own, k * recordWords, n + k, recordWords)
        while (ring.availableWrite() < words) patience.look()
        ring.push(own, words)
      }
      return 0
    }
  }
  return (records) => {
    let sum = 0
    for (let n = 0; n < records;) {
      const there = ring.pop(own, words) / recordWords
      if (there === 0) patience.look()
      for (let k = 0; k < there; k++) sum = (sum + take(own, k * recordWords, recordWords)) | 0
      n += there
    }
    return sum
  }
}
