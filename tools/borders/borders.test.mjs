import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { checkBorders } from './check.mjs'

const fixture = (name) => fileURLToPath(new URL(`./fixture/${name}`, import.meta.url))
const table = {
  'packages/bottom': { imports: [] },
  'packages/top': { imports: [] },
  'packages/top/src/plugin': { imports: ['@npa/bottom', 'koffi'] },
  'packages/top/src/pf': { imports: [] },
}

test('a tree that keeps its borders passes', () => {
  expect(checkBorders(fixture('clean'), table)).toEqual([])
})

test('every kind of crossing is named with file, line, module and rule', () => {
  expect(checkBorders(fixture('crossing'), table)).toEqual([
    "packages/bottom/src/index.ts:1: imports 'node:fs', but packages/bottom may import nothing",
    "packages/bottom/src/index.ts:3: imports '@npa/top/plugin', but packages/bottom may import nothing",
    "packages/bottom/src/index.ts:4: imports 'yaml', but packages/bottom may import nothing",
    'packages/bottom/src/index.ts:5: uses Date.now, but clock, timers and randomness are handed in to packages/bottom',
    'packages/bottom/src/index.ts:5: uses Math.random, but clock, timers and randomness are handed in to packages/bottom',
    'packages/bottom/src/index.ts:7: uses setTimeout, but clock, timers and randomness are handed in to packages/bottom',
    "packages/bottom/package.json: lacks '@npa/top' in dependencies, imported at packages/bottom/src/index.ts:3",
    "packages/bottom/package.json: lacks 'yaml' in dependencies, imported at packages/bottom/src/index.ts:4",
    "packages/top/src/plugin/index.ts:2: imports '../../../bottom/src/index.js', which leaves packages/top: use the package's name",
    "packages/top/src/plugin/index.ts:3: imports '../pf/index.js', but packages/top/src/plugin and packages/top/src/pf are apart: of its package it may import nothing",
    "packages/top/package.json: 'zod' in dependencies is not imported",
  ])
})

test('a package without a row is refused', () => {
  const bottomOnly = { 'packages/bottom': table['packages/bottom'] }
  expect(checkBorders(fixture('clean'), bottomOnly)).toEqual(['packages/top: has no row in tools/borders/table.mjs'])
})
