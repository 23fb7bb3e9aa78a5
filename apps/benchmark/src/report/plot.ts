import fs from 'node:fs'
import { parse, View } from 'vega'
import { compile } from 'vega-lite'
import type { TopLevelSpec } from 'vega-lite'
import type { Report } from './row.js'

/** A bar for each ratio of each row, by what it compares with; ticks where a goal is. A Vega-Lite specification with its data. */
function chart({ suite, node, rows }: Report): TopLevelSpec {
  const values = rows.flatMap(({ case: name, variant, batch, bytes, ratios, must, stretch }) =>
    Object.entries(ratios).map(([other, ratio], i) => ({
      case: `${name}, batch ${batch}, ${bytes} bytes: ${variant}`,
      other: `to ${other}`,
      ratio,
      ...(i === 0 ? { must, stretch } : {}),
    })),
  )
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
  fs.writeFileSync(file, await new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG())
}
