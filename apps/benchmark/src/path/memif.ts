import { CProgram, libraryFlags } from '../measure/c-program.js'
import { median } from '../measure/rounds.js'
import type { Row } from '../report/row.js'

export const MEMIF_CASE = 'process to process, no stack'

const BYTES = 1500
const BATCH = 32

/**
 * DPDK's memif between two processes that poll, one copy in and one out, one way, no stack: what shared memory carries at best. Undefined
 * where libdpdk or a compiler is missing.
 */
export function memifRow(rounds: number, seconds: number): Row | undefined {
  const flags = libraryFlags('libdpdk')
  const program = flags === undefined ? undefined : CProgram.compile('memif', flags)
  if (program === undefined) return undefined
  const said = Array.from({ length: rounds }, () => program.numbers([seconds, BYTES, BATCH]))
  const frames = median(said.map(([perSecond]) => perSecond))
  const cpuMs = median(said.map(([, perMillion]) => perMillion))
  return {
    case: MEMIF_CASE,
    variant: 'DPDK memif',
    batch: BATCH,
    bytes: BYTES,
    opsPerSecond: Math.round(frames),
    gbitPerSecond: (frames * BYTES * 8) / 1e9,
    ratios: {},
    spreads: {},
    cpuMsPerGbit: { guest: (cpuMs * 1e9) / (1e6 * BYTES * 8), host: 0, nic: 0 },
  }
}
