import { CProgram, libraryFlags } from '../measure/c-program.js'
import { inTurns, mapped, median, ratios, spread } from '../measure/rounds.js'
import type { Contestant, Speeds } from '../measure/rounds.js'
import { judged } from '../report/row.js'
import type { Goal, Row } from '../report/row.js'
import type { CaseOptions, Suite } from '../report/suite.js'
import { goalsOf } from './goals.js'
import { COPY_BATCH, copyings, FRAMES_A_ROUND, perSecond } from './copies.js'
import { DEVICE_ROUND, DeviceLoop } from './device.js'
import { Pair } from './pair.js'
import type { Pairing } from './plan.js'

/** One line of contestants that take turns. */
interface Case {
  readonly title: string
  readonly name: string
  readonly batch: number
  readonly bytes: number
  /** Ours: a row each. */
  readonly own: readonly Contestant[]
  /** What they are compared with. */
  readonly others: readonly Contestant[]
  /** Of threads: whether each has a processor of its own. */
  readonly pinned?: boolean
  readonly close?: () => Promise<void>
}

/** Rings, hand-overs, copies and a device's loop, beside C, DPDK and `ringbuf.js`. */
export const ringSuite: Suite = { titles: cases(undefined).map(({ title }) => title), measure }

async function measure(wanted: string, { rounds, seconds, note }: CaseOptions): Promise<Row[]> {
  const c = compiled(note)
  const rows: Row[] = []
  for (const { open } of cases(c).filter(({ title }) => title === wanted)) {
    const one = await open()
    if (one.pinned === false) note('the two threads have no processors of their own here: take their figures as rough')
    const speeds = await inTurns([...one.own, ...one.others], rounds, seconds)
    await one.close?.()
    rows.push(...one.own.flatMap(({ name }) => rowsOf(one, name, speeds)))
  }
  return rows
}

/** The C program, with DPDK's ring where it is installed. */
interface C {
  readonly program: CProgram
  readonly dpdk: boolean
}

function compiled(note: (what: string) => void): C | undefined {
  const dpdk = libraryFlags('libdpdk')
  const flags = dpdk === undefined ? [] : ['-std=gnu11', '-DUSE_DPDK', ...dpdk]
  const program = CProgram.compile('ring', ['-pthread', ...flags])
  if (program === undefined) note('no C compiler here (cc, gcc, clang): no ratios to C')
  else if (dpdk === undefined) note('no DPDK here (libdpdk-dev): no ratios to rte_ring')
  return program && { program, dpdk: dpdk !== undefined }
}

type Start = Omit<Case, 'own' | 'others'>

interface Titled {
  readonly title: string
  readonly open: () => Promise<Case>
}

function cases(c: C | undefined): Titled[] {
  const found: Titled[] = []
  const add = (name: string, batch: number, bytes: number, open: (start: Start) => Case | Promise<Case>): void => {
    const title = `${name}, batch ${batch}, ${bytes} bytes`
    found.push({ title, open: async () => open({ title, name, batch, bytes }) })
  }
  for (const bytes of [16, 64])
    for (const batch of [1, 8, 32])
      add('ring', batch, bytes, (start) =>
        threads(
          start,
          ['JavaScript', 'JavaScript, copied', 'WebAssembly'],
          ['ringbuf.js'],
          inC(c, [
            ['c seq_cst', 'seq_cst'],
            ['c release', 'release'],
            ...(c?.dpdk === true ? [['rte_ring', 'rte_ring'] as const] : []),
          ]),
        ),
      )
  add('latency', 1, 16, (start) => threads(start, ['spin'], [], inC(c, [['c', 'spin']])))
  add('wake-up', 1, 16, (start) => threads(start, ['wake'], ['MessagePort'], inC(c, [['c', 'wake']])))
  for (const bytes of [64, 256, 1500, 4096, 9000, 16384])
    add('copy', COPY_BATCH, bytes, (start) => ({
      ...start,
      own: copyings(bytes).map(({ variant, round }) => single(variant, round, FRAMES_A_ROUND)),
      others: inC(c, [
        ['c', 'memcpy'],
        ['c with checksum', 'copysum'],
      ])(start),
    }))
  for (const bytes of [64, 1500, 16384])
    add('device loop', 32, bytes, (start) => ({
      ...start,
      own: [
        single('JavaScript', new DeviceLoop(bytes).javascript, DEVICE_ROUND),
        single('WebAssembly', new DeviceLoop(bytes).webAssembly, DEVICE_ROUND),
      ],
      others: inC(c, [['c', 'device']])(start),
    }))
  return found
}

type InC = (start: { readonly batch: number; readonly bytes: number }) => Contestant[]

/** Contestants in C: the name of each, and what the program calls it. */
function inC(c: C | undefined, names: readonly (readonly [name: string, argument: string])[]): InC {
  return ({ batch, bytes }) =>
    c === undefined
      ? []
      : names.map(([name, argument]) => ({ name, run: (time) => c.program.run([argument, batch, bytes, time]) }))
}

async function threads(start: Start, own: readonly Pairing[], others: readonly Pairing[], inC: InC): Promise<Case> {
  const pairs: Pair[] = []
  const contestants = async (pairings: readonly Pairing[]): Promise<Contestant[]> => {
    const found: Contestant[] = []
    for (const name of pairings) {
      const pair = await Pair.open(name, start.batch, start.bytes)
      pairs.push(pair)
      found.push({ name, run: (time) => pair.turn(time) })
    }
    return found
  }
  const [ours, theirs] = [await contestants(own), await contestants(others)]
  return {
    ...start,
    own: ours,
    others: [...inC(start), ...theirs],
    pinned: pairs.every(({ pinned }) => pinned),
    close: async () => {
      for (const pair of pairs) await pair.close()
    },
  }
}

function single(name: string, round: () => void, operations: number): Contestant {
  return { name, run: (time) => perSecond(round, operations, time) }
}

/** A row with all ratios, judged by the goal about the first; and one for each goal about another. */
function rowsOf({ name, batch, bytes, others }: Case, variant: string, speeds: Speeds): Row[] {
  const opsPerSecond = median(speeds.get(variant) ?? [])
  const row = {
    case: name,
    variant,
    batch,
    bytes,
    opsPerSecond: Math.round(opsPerSecond),
    gbitPerSecond: (opsPerSecond * bytes * 8) / 1e9,
  }
  const rounds = Object.fromEntries(others.map((other) => [other.name, ratios(speeds, variant, other.name)]))
  const medians = mapped(rounds, median)
  const spreads = mapped(rounds, spread)
  const goals = goalsOf(row)
  const first = Object.keys(medians).at(0)
  const further = Object.entries(goals).filter(([other]) => other !== first && other in medians)
  return [
    { ...row, ratios: medians, spreads, ...reached(medians, goals, first) },
    ...further.map(([other]) => ({
      ...row,
      ratios: { [other]: medians[other] },
      spreads: { [other]: spreads[other] },
      ...reached(medians, goals, other),
    })),
  ]
}

function reached(
  ratios: Readonly<Record<string, number>>,
  goals: Readonly<Record<string, Goal>>,
  other: string | undefined,
): ReturnType<typeof judged> {
  return other !== undefined && other in goals ? judged(ratios[other], goals[other]) : {}
}
