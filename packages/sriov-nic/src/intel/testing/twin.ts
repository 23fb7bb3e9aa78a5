import type { BenchChip, ChipBench } from './chip-bench.js'
import type { Side } from './side.js'

/** Makes a fresh bench the twin of another: its chip restored from the other's state through JSON, memory and far end alike. */
export function makeTwin(to: ChipBench<BenchChip>, from: ChipBench<BenchChip>): void {
  if (from.known.length > to.known.length) to.enableVfs(from.known.length)
  to.chip.restore(JSON.parse(JSON.stringify(from.chip.save())))
  to.far.credit = from.far.credit
  to.far.up = from.far.up
  for (const [i, side] of sides(to).entries()) {
    const other = sides(from)[i]
    side.put(0, other.memory)
    other.messages.length = 0
    side.messages.length = 0
  }
  to.far.frames.length = 0
  from.far.frames.length = 0
}

/** What two benches that ought to be alike have done otherwise, or nothing. */
export function difference(a: ChipBench<BenchChip>, b: ChipBench<BenchChip>): string {
  if (a.far.frames.length !== b.far.frames.length || a.far.frames.some((frame, i) => !same(frame, b.far.frames[i])))
    return 'frames on the wire'
  const others = sides(b)
  for (const [i, side] of sides(a).entries()) {
    if (side.messages.join() !== others[i].messages.join()) return `messages of ${side.space.name}`
    if (!same(side.memory, others[i].memory)) return `memory of ${side.space.name}`
  }
  return ''
}

/** Where the states of two chips that ought to be alike differ, or nothing. */
export function stateDifference(a: BenchChip, b: BenchChip): string {
  const one = JSON.stringify(a.save())
  const other = JSON.stringify(b.save())
  if (one === other) return ''
  let at = 0
  while (one[at] === other[at]) at++
  return `states: ${one.slice(Math.max(at - 200, 0), at + 40)} / ${other.slice(Math.max(at - 40, 0), at + 40)}`
}

function sides(bench: ChipBench<BenchChip>): Side[] {
  return [bench.pf, ...bench.known]
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
