import type { PhaseResult } from '@npa/scenario'
import { count } from './numbers.js'
import { table } from './table.js'

type Mode = PhaseResult['mode']

/**
 * What was published of NPA in 2010: netperf TCP_STREAM, 16 KiB messages, 64 KiB sockets, one VM, in Mbit/s per GHz. Sending and
 * receiving were measured apart; the time that a bit takes at both ends together is the sum of both, as here.
 */
const PUBLISHED: Readonly<Record<Mode, number>> = {
  emulated: 1 / (1 / 3085.5 + 1 / 1379.6),
  passthrough: 1 / (1 / 4397.2 + 1 / 2349.7),
}

interface Sum {
  guest: number
  host: number
  frames: number
  bits: number
}

/**
 * Processor time by what carried the frames, over the phases that streamed from their beginning to their end in one mode; undefined
 * when there is none.
 */
export function costTable(phases: readonly PhaseResult[]): string | undefined {
  const sums = new Map<Mode, Sum>()
  phases.forEach((phase, i) => {
    const before = i === 0 ? 'emulated' : phases[i - 1].mode
    if (phase.goodputMbps === 0 || phase.mode !== before) return
    const sum = sums.get(phase.mode) ?? { guest: 0, host: 0, frames: 0, bits: 0 }
    sum.frames += phase.tx.frames
    sum.guest += phase.guestCyclesPerFrame * phase.tx.frames
    sum.host += phase.hostCyclesPerFrame * phase.tx.frames
    sum.bits += phase.tx.bytes * 8
    sums.set(phase.mode, sum)
  })
  if (sums.size === 0) return undefined
  const rows = [...sums].map(([mode, sum]) => [
    `  ${mode}`,
    count(sum.guest / sum.frames),
    count(sum.host / sum.frames),
    count(rate(sum)),
    count(PUBLISHED[mode]),
  ])
  const emulated = sums.get('emulated')
  const passthrough = sums.get('passthrough')
  if (emulated !== undefined && passthrough !== undefined) {
    const ratio = (value: number): string => `x ${value.toFixed(2)}`
    const published = ratio(PUBLISHED.passthrough / PUBLISHED.emulated)
    rows.push(['  passthrough against emulated', '', '', ratio(rate(passthrough) / rate(emulated)), published])
  }
  const heads = [
    '\n  frames are',
    'guest cyc.\nper frame',
    'host cyc.\nper frame',
    'Mbit/s\nper GHz',
    'published,\n2010',
  ]
  return `${table(heads, rows, 1)}\n${NOTE}`
}

const NOTE =
  '  Guests and hosts of both ends; bits of whole frames. Published: payload of netperf, one VM, Nehalem, sending and receiving together.'

/** Mbit/s that one GHz carries: bits by cycles. Bits are those of whole frames, headers and acknowledgements too. */
function rate({ bits, guest, host }: Sum): number {
  return (1000 * bits) / (guest + host)
}
