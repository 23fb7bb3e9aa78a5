import fs from 'node:fs'
import { Error as ErrorsOnly, logger, parse, View } from 'vega'
import { compile } from 'vega-lite'
import type { TopLevelSpec } from 'vega-lite'
import type { Report, Row } from './row.js'

/** A bar of the chart. */
interface Bar {
  readonly case: string
  readonly other: string
  readonly ratio: number
  readonly must?: number
  readonly stretch?: number
}

/** A bar for each ratio. A row that is there for a goal only repeats a ratio: it adds the goal to the bar. */
function bars(rows: readonly Row[]): Bar[] {
  const found = new Map<string, Bar>()
  for (const { case: name, variant, batch, bytes, ratios, must, stretch } of rows) {
    for (const [i, [other, ratio]] of Object.entries(ratios).entries()) {
      const bar = { case: `${name}, batch ${batch}, ${bytes} bytes: ${variant}`, other: `to ${other}`, ratio }
      const key = `${bar.case} ${bar.other}`
      found.set(key, { ...(found.get(key) ?? bar), ...(i === 0 ? { must, stretch } : {}) })
    }
  }
  return [...found.values()]
}

/** Bars by what they compare with; ticks where a goal is. A Vega-Lite specification with its data. */
function chart({ suite, node, rows }: Report): TopLevelSpec {
  const values = bars(rows)
  const y = { field: 'case', type: 'nominal', title: null, sort: null, axis: { labelLimit: 400 } } as const
  const tick = (field: 'must' | 'stretch', color: string) =>
    ({ mark: { type: 'tick', color, thickness: 2 }, encoding: { y, x: { field, type: 'quantitative' } } }) as const
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    title: `npa-bench ${suite}, Node ${node}: ratios; black: must, orange: stretch`,
    data: { values },
    facet: { row: { field: 'other', type: 'nominal', title: null } },
    resolve: { scale: { y: 'independent' } },
    spec: {
      width: 500,
      layer: [
        { mark: { type: 'bar', color: '#7aa6c2' }, encoding: { y, x: { field: 'ratio', type: 'quantitative' } } },
        tick('must', 'black'),
        tick('stretch', '#d9822b'),
      ],
    },
  }
}

/** Writes the chart as SVG, and beside it, with `.json` appended, its specification. */
export async function plot(report: Report, file: string): Promise<void> {
  const spec = chart(report)
  fs.writeFileSync(`${file}.json`, `${JSON.stringify(spec, undefined, 2)}\n`)
  // It warns of panels that have the same field, which is what is wanted here.
  const compiled = compile(spec, { logger: logger(ErrorsOnly) })
  fs.writeFileSync(file, await new View(parse(compiled.spec), { renderer: 'none' }).toSVG())
}
