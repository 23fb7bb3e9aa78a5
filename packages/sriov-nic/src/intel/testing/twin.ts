import type { BenchChip, ChipBench } from './chip-bench.js'
import type { Side } from './side.js'

/** Makes a fresh bench the twin of another: its chip restored from the other's state through JSON or from `state`, memory and far end alike. */
export function makeTwin(
  to: ChipBench<BenchChip>,
  from: ChipBench<BenchChip>,
  state: unknown = JSON.parse(JSON.stringify(from.chip.save())),
): void {
  if (from.known.length > to.known.length) to.enableVfs(from.known.length)
  to.chip.restore(state)
  to.far.credit = from.far.credit
  to.far.up = from.far.up
  for (const [i, side] of sides(to).entries()) {
    const other = sides(from)[i]
    side.put(0, other.memory)
    for (const one of [side, other]) for (const list of [one.messages, one.times]) list.length = 0
  }
  for (const bench of [to, from]) {
    bench.far.frames.length = 0
    bench.far.times.length = 0
    bench.epochNs = bench.scheduler.nowNs()
  }
}

/** What two benches that ought to be alike have done otherwise, or nothing. */
export function difference(a: ChipBench<BenchChip>, b: ChipBench<BenchChip>): string {
  if (a.far.frames.length !== b.far.frames.length || a.far.frames.some((frame, i) => !same(frame, b.far.frames[i])))
    return 'frames on the wire'
  if (!sameTimes(a, a.far.times, b, b.far.times)) return 'times of frames on the wire'
  const others = sides(b)
  for (const [i, side] of sides(a).entries()) {
    if (side.messages.join() !== others[i].messages.join()) return `messages of ${side.space.name}`
    if (!sameTimes(a, side.times, b, others[i].times)) return `times of the messages of ${side.space.name}`
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

/** Since the benches became twins. */
function sameTimes(a: ChipBench<BenchChip>, one: number[], b: ChipBench<BenchChip>, other: number[]): boolean {
  return one.length === other.length && one.every((at, i) => at - a.epochNs === other[i] - b.epochNs)
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
