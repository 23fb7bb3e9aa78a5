import { parentPort, workerData } from 'node:worker_threads'
import { Doorbell, Ring } from '../index.js'
import { Place, RECORD_WORDS } from './stress-plan.js'
import type { StressPlan } from './stress-plan.js'

const { buffer, role, records, seed } = workerData as StressPlan
const ring = Ring.attach(buffer, Place.ring)
const filled = new Doorbell(buffer, Place.filled)
const freed = new Doorbell(buffer, Place.freed)

let state = seed
/** xorshift32: batches of every size. */
function random(below: number): number {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return (state >>> 0) % below
}

function produce(): void {
  const producer = ring.producer()
  const { words } = producer
  for (let next = 0; next < records;) {
    const wanted = Math.min(1 + random(100), records - next)
    let free = producer.reserve(wanted)
    if (free === 0) {
      const ticket = freed.prepare()
      free = producer.reserve(wanted)
      if (free > 0) freed.cancel()
      else {
        freed.wait(ticket)
        continue
      }
    }
    for (let i = 0; i < free; i++) {
      const slot = producer.slot(i)
      let sum = next + i
      words[slot] = next + i
      for (let k = 1; k < RECORD_WORDS - 1; k++) {
        const word = Math.imul(next + i + k, 0x9e3779b1)
        words[slot + k] = word
        sum = (sum + word) | 0
      }
      words[slot + RECORD_WORDS - 1] = sum
    }
    producer.commit(free)
    next += free
    filled.ring()
  }
  producer.close()
  filled.ring()
  parentPort?.postMessage({ done: records })
}

function consume(): void {
  const consumer = ring.consumer()
  const { words } = consumer
  let next = 0
  for (;;) {
    const wanted = 1 + random(100)
    const there = consumer.peek(wanted)
    if (there === 0) {
      const ticket = filled.prepare()
      if (consumer.peek(1) > 0) filled.cancel()
      else if (consumer.ended) {
        filled.cancel()
        break
      } else filled.wait(ticket)
      continue
    }
    for (let i = 0; i < there; i++) {
      const slot = consumer.slot(i)
      let sum = 0
      for (let k = 0; k < RECORD_WORDS - 1; k++) sum = (sum + words[slot + k]) | 0
      if (words[slot] !== next + i || words[slot + RECORD_WORDS - 1] !== sum) {
        parentPort?.postMessage({ wrong: `record ${next + i}: number ${words[slot]}` })
        return
      }
    }
    consumer.release(there)
    next += there
    freed.ring()
  }
  parentPort?.postMessage({ done: next })
}

if (role === 'producer') produce()
else consume()
