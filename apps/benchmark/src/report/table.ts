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
      (row.opsPerSecond / 1e6).toPrecision(3),
      row.gbitPerSecond.toFixed(2),
      ...roles.map((role) => row.cpuMsPerGbit?.[role].toFixed(1) ?? ''),
    ])
  }
  return shown.toString()
}

/** A line that says which ratio the rounds agree least about, and how far apart they are; nothing where there are no ratios. */
export function steadiness(rows: readonly Row[]): string {
  const all = rows.flatMap(({ case: name, variant, batch, bytes, spreads }) =>
    Object.entries(spreads).map(([other, [lowest, highest]]) => ({
      what: `${name}, batch ${batch}, ${bytes} bytes: ${variant} to ${other}`,
      lowest,
      highest,
    })),
  )
  if (all.length === 0) return ''
  const { what, lowest, highest } = all.reduce((a, b) => (b.highest / b.lowest > a.highest / a.lowest ? b : a))
  return `Ratios are medians of rounds. The rounds agree least about ${what}, ${lowest.toFixed(3)} to ${highest.toFixed(3)}.\n`
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
