import { WasmConsumer, WasmProducer } from '@npa/ring-datapath'
import { MODULE } from './loops-module.js'
import { Place } from './plan.js'
import type { PairPlan } from './plan.js'
import type { Side } from './side.js'

/** Loops in WebAssembly that import the ring's functions: no JavaScript between two batches. */
export function inWebAssembly({ memory, batch, bytes }: PairPlan, role: 0 | 1): Side {
  const end = role === 0 ? new WasmProducer(memory, Place.there) : new WasmConsumer(memory, Place.there)
  const { slot, advance } = end.exports
  const look = end.exports[role === 0 ? 'reserve' : 'peek']
  const imports = { memory, look, slot, advance, begin: end.begin, end: end.end, bytes, idle: Place.idle }
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(MODULE), { ring: imports })
  const consume = exports['consume'] as (records: number, batch: number) => number
  const produce = exports['produce'] as (records: number, batch: number) => void
  if (role === 1) return (records) => consume(records, batch)
  return (records) => {
    produce(records, batch)
    return 0
  }
}
