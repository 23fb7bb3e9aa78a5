import Table from 'cli-table3'

const SIDES = ['top', 'bottom', 'left', 'right'].flatMap((side) => [
  side,
  `${side}-mid`,
  `${side}-left`,
  `${side}-right`,
])
const NO_LINES = Object.fromEntries([...SIDES, 'mid', 'mid-mid'].map((name) => [name, '']))

/** Columns of text without lines around them, the first `left` of them left-aligned. Heads may have several lines. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], left: number): string {
  const lines = new Table({
    head: [...head],
    chars: { ...NO_LINES, middle: '  ' },
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
    colAligns: head.map((_, i) => (i < left ? 'left' : 'right')),
  })
  lines.push(...rows.map((row) => [...row]))
  return lines.toString().replace(/ +$/gm, '')
}
