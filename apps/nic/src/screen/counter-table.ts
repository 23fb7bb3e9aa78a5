import Table from 'cli-table3'
import type { Snapshot } from '../card/served-nic.js'

const HEAD = [
  'function',
  'state',
  'rx',
  'tx',
  'reads',
  'writes',
  'interrupts',
  'DMA in',
  'DMA out',
  'refused',
  'resets',
]
/** No lines but spaces. */
const BARE = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '' },
  ...{ 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' },
}

/**
 * The counters as a table: a row for each function that somebody has, and a line for each cable. Virtual functions that are there for nobody are
 * one row together.
 */
export function counterTable({ functions, ports }: Snapshot): string {
  const table = new Table({
    head: HEAD,
    chars: BARE,
    colAligns: ['left', 'left', ...HEAD.slice(2).map(() => 'right' as const)],
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  })
  const shown = functions.filter(({ attached, exists, reads }) => exists || (attached && reads > 0))
  for (const one of shown) {
    const state = !one.exists ? 'off' : one.attached ? 'attached' : 'waiting'
    const counts = [one.rx, one.tx, one.reads, one.writes, one.interrupts].map((count) => number(count))
    const bytes = [one.dmaRead, one.dmaWritten].map((count) => megabytes(count))
    table.push([one.name, state, ...counts, ...bytes, number(one.dmaRefused), number(one.resets)])
  }
  const lines = [table.toString()]
  const hidden = functions.length - shown.length
  if (hidden > 0) lines.push(`${hidden} virtual ${hidden === 1 ? 'function is' : 'functions are'} not enabled`)
  for (const [n, port] of ports.entries()) {
    const name = ports.length === 1 ? 'wire' : `wire of port ${n}`
    lines.push(
      `${name}: ${port.link ? 'up' : 'down'}, ${number(port.out)} frames out, ${number(port.in)} in${losses(port.losses)}`,
    )
  }
  return lines.join('\n')
}

function losses(all: Readonly<Record<string, number>>): string {
  const named = Object.entries(all).map(([name, count]) => `${name.replace(/^drop\./, '')} ${number(count)}`)
  return named.length === 0 ? '' : `; lost in the card: ${named.join(', ')}`
}

function number(count: number): string {
  return count.toLocaleString('en-US')
}

function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}
