import type { Report, Row } from './row.js'

/** The report as a table for docs/interop.md: a line for each check, a column for each device and kernel, details of what did not pass. */
export function markdown({ versions, rows }: Report): string {
  const columns = unique(rows.map((row) => column(row)))
  const lines = [`| driver | check | ${columns.join(' | ')} |`, `|---|---|${columns.map(() => '---|').join('')}`]
  for (const key of unique(rows.map((row) => `${row.driver} | ${row.check}`))) {
    const cells = columns.map((name) =>
      rows.find((row) => `${row.driver} | ${row.check}` === key && column(row) === name),
    )
    lines.push(`| ${key} | ${cells.map((row) => shown(row)).join(' | ')} |`)
  }
  const notes = rows.filter((row) => row.result !== 'pass')
  const reasons = notes.map((row) => `- ${row.driver}, ${row.check}, ${column(row)}: **${row.result}**: ${row.detail}`)
  const ran = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return [...lines, '', `Ran with ${ran.join('; ')}.`, '', ...reasons, ''].join('\n')
}

function column(row: Row): string {
  return `${row.device}, ${row.kernel}`
}

function shown(row: Row | undefined): string {
  if (row === undefined) return ''
  return row.result === 'pass' ? 'pass' : `**${row.result}**`
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)]
}
