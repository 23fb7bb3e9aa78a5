import { scenarioSchema } from '@npa/scenario'
import type { RealPhaseResult, Scenario } from '@npa/scenario'
import { runReal } from '@npa/threads'
import { mapped, median, spread } from '../measure/rounds.js'
import type { Row } from '../report/row.js'
import type { CaseOptions, Suite } from '../report/suite.js'
import { MEMIF_CASE, memifRow } from './memif.js'

const MODES = ['emulated', 'passthrough'] as const
type Mode = (typeof MODES)[number]

/** Frames of one turn for a second of wanted length: about what two processors carry. */
const FRAMES_PER_SECOND = 30_000

/** Bytes of a stream's full frame: an MTU of 1500 and the Ethernet header. */
const FRAME_BYTES = 1514

/** A stream of TCP that fills frames, both ways between two guests on two hosts, in turns emulated and in passthrough. */
function scenario(rounds: number, frames: number): Scenario {
  const between = ['vm-a', 'vm-b']
  const stream = { between, frames }
  const host = (letter: string, n: number): unknown => ({
    name: `host-${letter}`,
    nic: { model: 'intel-82599', vfs: 1 },
    vms: [{ name: `vm-${letter}`, mac: `00:50:56:00:00:0${letter}`, ip: `10.1.0.${n}`, memory: '32 MiB' }],
  })
  const turns = Array.from({ length: rounds }, (_, round) =>
    MODES.flatMap((mode) => [
      {
        name: `to-${mode}-${round}`,
        mode,
        ...(round + MODES.indexOf(mode) > 0 && { switch: { vms: between, to: mode } }),
      },
      { name: `${mode}-${round}`, mode, stream },
    ]),
  )
  return scenarioSchema.parse({
    version: 0,
    clock: 'real',
    memory: '160 MiB',
    hosts: [host('a', 1), host('b', 2)],
    links: [{ between: ['host-a', 'host-b'], rate: '10 Gb/s', delay: '1 us' }],
    phases: [{ name: 'boot', mode: 'emulated' }, { name: 'warm-up', mode: 'emulated', stream }, ...turns.flat()],
  })
}

const STREAM_CASE = 'guest to guest, TCP'

/**
 * Guest to guest in real time: every guest, host and NIC in a thread of its own. Processor time is the threads'; ratios are of processor
 * time that guests and hosts need for a gigabit, emulated to passthrough, round by round. DPDK's memif stands beside it, where it is installed.
 */
export const pathSuite: Suite = { titles: [STREAM_CASE, MEMIF_CASE], measure }

async function measure(title: string, options: CaseOptions): Promise<Row[]> {
  if (title === STREAM_CASE) return streamRows(options)
  const memif = memifRow(options.rounds, options.seconds)
  if (memif === undefined) options.note('there is no libdpdk, or no compiler: no memif')
  return memif === undefined ? [] : [memif]
}

async function streamRows({ rounds, seconds, note }: CaseOptions): Promise<Row[]> {
  const result = await runReal({
    scenario: scenario(rounds, Math.ceil(FRAMES_PER_SECOND * seconds)),
    progress: { phase: note, frames: () => undefined },
  })
  if (result.verdict !== 'pass') throw new Error(`that would be no measurement: ${result.findings.join('; ')}`)
  const of = (mode: Mode): RealPhaseResult[] =>
    Array.from({ length: rounds }, (_, round) => result.phases.filter(({ name }) => name === `${mode}-${round}`)).flat()
  const software = ({ cpuMsPerGbit }: RealPhaseResult): number => cpuMsPerGbit.guest + cpuMsPerGbit.host
  const emulated = of('emulated')
  const gain = of('passthrough').map((phase, round) => software(emulated[round]) / software(phase))
  const speed = of('passthrough').map((phase, round) => framesPerSecond(phase) / framesPerSecond(emulated[round]))
  return MODES.map((mode) =>
    row(mode, of(mode), mode === 'emulated' ? {} : { 'emulated, CPU': gain, 'emulated, frames': speed }),
  )
}

function row(mode: Mode, phases: readonly RealPhaseResult[], ratios: Readonly<Record<string, readonly number[]>>): Row {
  const middle = (of: (phase: RealPhaseResult) => number): number => median(phases.map(of))
  return {
    case: STREAM_CASE,
    variant: mode,
    batch: 1,
    bytes: FRAME_BYTES,
    opsPerSecond: Math.round(middle(framesPerSecond)),
    gbitPerSecond: middle(({ rx, wallMs }) => (rx.bytes * 8) / 1e6 / wallMs),
    ratios: mapped(ratios, median),
    spreads: mapped(ratios, spread),
    cpuMsPerGbit: {
      guest: middle(({ cpuMsPerGbit }) => cpuMsPerGbit.guest),
      host: middle(({ cpuMsPerGbit }) => cpuMsPerGbit.host),
      nic: middle(({ cpuMsPerGbit }) => cpuMsPerGbit.nic),
    },
  }
}

function framesPerSecond({ rx, wallMs }: RealPhaseResult): number {
  return (rx.frames * 1000) / wallMs
}
