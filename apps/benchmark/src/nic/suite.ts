import { CProgram } from '../measure/c-program.js'
import { inTurns, median, ratios, spread } from '../measure/rounds.js'
import type { Contestant, Speeds } from '../measure/rounds.js'
import { judged } from '../report/row.js'
import type { Row } from '../report/row.js'
import type { CaseOptions, Suite } from '../report/suite.js'
import { batchOf, bytesPerFrame, TrafficLoop } from './traffic.js'
import type { Traffic } from './traffic.js'

/** One line of the suite. */
interface Case extends Traffic {
  readonly must?: number
  readonly stretch?: number
}

/** Ratios to C that are wanted at 1500 and 64 bytes from one VF to another. */
const GOALS: Readonly<Record<number, { must: number; stretch?: number }>> = {
  64: { must: 0.03 },
  1500: { must: 0.15, stretch: 0.3 },
}

/** TCP payload of a segment, with time stamps in none of them. */
const MSS = 1460

const cases: readonly Case[] = [
  ...[64, 1500, 9000].map((bytes): Case => ({ vfs: 2, active: 2, to: 'vf', bytes, ...GOALS[bytes] })),
  ...[64, 1500, 9000].map((bytes): Case => ({ vfs: 1, active: 1, to: 'wire', bytes })),
  ...[8, 32, 63].map((active): Case => ({ vfs: active, active, to: 'vf', bytes: 1500 })),
  { vfs: 63, active: 2, to: 'vf', bytes: 1500 },
  { vfs: 2, active: 2, to: 'vf', bytes: 16384, mss: MSS },
  { vfs: 1, active: 1, to: 'wire', bytes: 16384, mss: MSS },
]

/** Frames through the card, both ends' drivers included, beside the same steps in C. */
export const nicSuite: Suite = { titles: cases.map(title), measure }

async function measure(wanted: string, { rounds, seconds, note }: CaseOptions): Promise<Row[]> {
  const c = CProgram.compile('nic')
  if (c === undefined) note('no C compiler here (cc, gcc, clang): no ratios')
  const rows: Row[] = []
  for (const one of cases.filter((one) => title(one) === wanted))
    rows.push(measured(one, await contest(one, c, rounds, seconds)))
  return rows
}

function contest(one: Case, c: CProgram | undefined, rounds: number, seconds: number): Promise<Speeds> {
  const loop = new TrafficLoop(one)
  const contestants: Contestant[] = [{ name: 'npa', run: (time) => loop.run(time) }]
  if (c !== undefined) {
    const run = (time: number): number => c.run([one.active, one.to, one.bytes, one.mss ?? 0, time])
    contestants.push({ name: 'c', run })
  }
  return inTurns(contestants, rounds, seconds)
}

function measured(one: Case, speeds: Speeds): Row {
  const framesPerSecond = median(speeds.get('npa') ?? [])
  const row = {
    case: one.to === 'wire' ? 'VF to wire' : 'VF to VF',
    variant: variant(one),
    batch: batchOf(one),
    bytes: one.bytes,
    opsPerSecond: Math.round(framesPerSecond),
    gbitPerSecond: (framesPerSecond * bytesPerFrame(one) * 8) / 1e9,
  }
  if (!speeds.has('c')) return { ...row, ratios: {}, spreads: {} }
  const rounds = ratios(speeds, 'npa', 'c')
  const toC = median(rounds)
  return { ...row, ratios: { c: toC }, spreads: { c: spread(rounds) }, ...judged(toC, one) }
}

function variant({ vfs, active, mss }: Case): string {
  const functions = vfs === active ? `${active} VFs` : `${active} of ${vfs} VFs`
  return mss === undefined ? functions : `${functions}, TSO`
}

function title(one: Case): string {
  return `${one.to === 'wire' ? 'VF to wire' : 'VF to VF'}, ${variant(one)}, ${one.bytes} bytes`
}
