import type { Goal, Row } from '../report/row.js'

type Goals = Readonly<Record<string, Goal>>

const goal = (must: number, stretch: number): Goal => ({ must, stretch })

/** Batches of 32 records of 16 bytes. */
const BATCHED: Partial<Record<string, Goals>> = {
  JavaScript: { 'c seq_cst': goal(0.4, 0.55), rte_ring: goal(0.55, 0.8), 'ringbuf.js': goal(3, 4) },
  WebAssembly: { 'c seq_cst': goal(0.75, 0.9), rte_ring: goal(1, 1.3) },
}

/** Records of 16 bytes, one at a time. */
const SINGLE: Partial<Record<string, Goals>> = {
  JavaScript: { 'c seq_cst': goal(0.7, 1) },
  WebAssembly: { 'c seq_cst': goal(0.7, 1) },
}

const DEVICE: Partial<Record<number, Partial<Record<string, Goals>>>> = {
  64: { JavaScript: { c: goal(0.25, 0.4) }, WebAssembly: { c: goal(0.5, 0.9) } },
  1500: { JavaScript: { c: goal(0.75, 0.9) }, WebAssembly: { c: goal(0.75, 0.9) } },
  16384: { JavaScript: { c: goal(0.9, 1) }, WebAssembly: { c: goal(0.9, 1) } },
}

/** What a row's ratios should reach, by what they compare with; nothing where there is no goal. */
export function goalsOf({
  case: name,
  variant,
  batch,
  bytes,
}: Pick<Row, 'case' | 'variant' | 'batch' | 'bytes'>): Goals {
  if (name === 'device loop') return DEVICE[bytes]?.[variant] ?? {}
  if (name !== 'ring' || bytes !== 16) return {}
  if (batch === 32) return BATCHED[variant] ?? {}
  return batch === 1 ? (SINGLE[variant] ?? {}) : {}
}
