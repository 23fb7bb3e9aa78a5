import { styleText } from 'node:util'
import Table from 'cli-table3'
import type { Row } from './row.js'

const COLOURS = { no: 'red', must: 'green', stretch: 'green' } as const

const ROLES = ['guest', 'host', 'nic'] as const

/** Rows as a table for people. */
export function table(rows: readonly Row[], colours: boolean): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row.ratios)))]
  const roles = rows.some(({ cpuMsPerGbit }) => cpuMsPerGbit !== undefined) ? ROLES : []
  const shown = new Table({
    head: [
      'case',
      'variant',
      'batch',
      'bytes',
      ...names.map((name) => `to ${name}`),
      'goal',
      'M a second',
      'Gbit/s',
      ...roles.map((role) => `${role} ms/Gbit`),
    ],
    style: { head: [], border: [], compact: true },
    colAligns: [
      'left',
      'left',
      'right',
      'right',
      ...names.map(() => 'right' as const),
      'left',
      ...['M a second', 'Gbit/s', ...roles].map(() => 'right' as const),
    ],
  })
  for (const row of rows) {
    shown.push([
      row.case,
      row.variant,
      row.batch,
      row.bytes,
      ...names.map((name) => ratioText(row, name)),
      goal(row, colours),
      (row.opsPerSecond / 1e6).toFixed(2),
      row.gbitPerSecond.toFixed(2),
      ...roles.map((role) => row.cpuMsPerGbit?.[role].toFixed(1) ?? ''),
    ])
  }
  return shown.toString()
}

function ratioText({ ratios }: Row, name: string): string {
  return Object.hasOwn(ratios, name) ? ratios[name].toFixed(3) : ''
}

function goal({ must, stretch, reached }: Row, colours: boolean): string {
  if (must === undefined || reached === undefined) return ''
  const wanted = stretch === undefined ? `${must}` : `${must} / ${stretch}`
  const said = { no: 'missed', must: 'reached', stretch: 'stretch reached' }[reached]
  return `${wanted}: ${colours ? styleText(COLOURS[reached], said) : said}`
}
