import type { Report, Row } from './row.js'

/** The report as docs/interop.md shows it: a table for each driver, a column for each kernel and device, and why a check did not pass. */
export function markdown({ versions, rows }: Report): string {
  const ran = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const drivers = unique(rows.map((row) => row.driver))
  const tables = drivers.map((driver) => table(rows.filter((row) => row.driver === driver)))
  const reasons = rows
    .filter((row) => row.result !== 'pass')
    .map((row) => `- ${title(row)}: **${row.result}**: ${row.detail}`)
  return [...tables, `Ran with ${ran.join('; ')}.\n`, ...reasons, ''].join('\n')
}

function table(rows: readonly Row[]): string {
  const columns = unique(rows.map((row) => column(row)))
  const lines = [`| ${rows[0].driver} | ${columns.join(' | ')} |`, `|---|${columns.map(() => '---|').join('')}`]
  for (const check of unique(rows.map((row) => row.check))) {
    const cells = columns.map((name) => rows.find((row) => row.check === check && column(row) === name))
    lines.push(`| ${check} | ${cells.map((row) => shown(row)).join(' | ')} |`)
  }
  return `${lines.join('\n')}\n`
}

function column(row: Row): string {
  return `${row.kernel}, ${row.device}`
}

function title(row: Row): string {
  return `${row.driver} of ${row.kernel} on ${row.device}, ${row.check}`
}

function shown(row: Row | undefined): string {
  if (row === undefined) return ''
  return row.result === 'pass' ? 'pass' : `**${row.result}**`
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)]
}
