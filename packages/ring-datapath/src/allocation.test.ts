import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundled } from './testing/bundle.js'

const N = 320_000
const folder = mkdtempSync(join(tmpdir(), 'npa-allocation-'))
const program = join(folder, 'packets.cjs')

beforeAll(async () => writeFileSync(program, await bundled('packets.ts', 'node')))
afterAll(() => rmSync(folder, { recursive: true }))

/** Collections, by V8's own count, while so many packets go through every ring, copy and pool of this package. */
function collections(packets: number): number {
  const said = execFileSync(process.execPath, ['--trace-gc', program, String(packets)], { encoding: 'utf8' })
  return said.split('\n').filter((line) => / ms: (Scavenge|Mark-Compact|Mark-sweep|Minor)/i.test(line)).length
}

test('ten times the packets cause no garbage collection more', () => {
  expect(collections(10 * N)).toBe(collections(N))
}, 300_000)

test('and a collection would be counted', () => {
  const wasteful = join(folder, 'wasteful.cjs')
  // Kept where anybody can see it: what stays in a function, Node 24 does not allocate at all.
  writeFileSync(wasteful, 'for (let i = 0; i < 1e6; i++) globalThis.kept = new Array(100)')
  const said = execFileSync(process.execPath, ['--trace-gc', wasteful], { encoding: 'utf8' })
  expect(said).toMatch(/ ms: Scavenge/)
})
