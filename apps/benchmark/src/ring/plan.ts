import type { MessagePort } from 'node:worker_threads'

/** Records of every ring. */
export const CAPACITY = 1024

/** What two threads do with each other. */
export type Pairing =
  'JavaScript' | 'JavaScript, copied' | 'WebAssembly' | 'ringbuf.js' | 'spin' | 'wake' | 'MessagePort'

/** What both threads of a pair are told. */
export interface PairPlan {
  readonly pairing: Pairing
  readonly batch: number
  /** Of a record, 16 or 64. */
  readonly bytes: number
  /** The rings' memory. */
  readonly memory: WebAssembly.Memory
  /** Where `ringbuf.js` has its ring. */
  readonly storage: SharedArrayBuffer
}

/** What one thread is told: role 0 writes and begins, role 1 reads. */
export interface ThreadPlan extends PairPlan {
  readonly role: 0 | 1
  readonly port: MessagePort
}

/** Where what is in the memory. */
export const Place = { meeting: 0, idle: 256, bells: 512, staging: 4096, there: 65536, back: 2 * 65536 + 4096 } as const

/** Pages of 64 KiB that the places take. */
export const PAGES = 4

/** Records of a slice: so few that most slices are over before other work gets the processor. The C program has the same. */
export function recordsOf({ pairing, batch }: PairPlan): number {
  if (pairing === 'wake' || pairing === 'MessagePort') return 100
  if (pairing === 'spin') return 1000
  return batch === 1 ? 4096 : 16384
}

/**
 * Records that the consumer in JavaScript takes at a time, at most: all there are, as in the reference's contest; one, where they are handed over
 * one by one.
 */
export function mostOf({ batch }: PairPlan): number {
  return batch === 1 ? 1 : CAPACITY
}

/** The sum that role 1 has to come to, modulo 2^32. */
export function sumOf(plan: PairPlan): number {
  const records = recordsOf(plan)
  const handOver = plan.pairing === 'spin' || plan.pairing === 'wake'
  let sum = 0
  for (let n = 0; n < (handOver ? records / 2 : records); n++) {
    sum = (sum + ((n << 11) ^ (n >>> 21)) + 64 + n) | 0
    for (let k = 4; k < plan.bytes / 4; k++) sum = (sum + n + k) | 0
  }
  return plan.pairing === 'MessagePort' ? 0 : sum
}
