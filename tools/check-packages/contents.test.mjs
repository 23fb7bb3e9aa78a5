import { expect, test } from 'vitest'
import { complaints } from './contents.mjs'

const files = ['README.md', 'LICENSE', 'package.json', 'dist/main.js', 'dist/main.d.ts'].map(
  (name) => `package/${name}`,
)
const manifest = { name: 'one', bin: { one: './dist/main.js' }, dependencies: { two: '1.0.0' } }

/** What is said of a tarball with these files, this manifest and these words at the top of its program. */
function judged(names, about = manifest, program = '#!/usr/bin/env node\n') {
  const text = (file) => (file.endsWith('package.json') ? JSON.stringify(about) : program)
  return complaints(names, text, (stem) => stem === 'main')
}

test('a package as it should be', () => {
  expect(judged(files)).toEqual([])
})

test.each([
  ['without a licence', files.filter((name) => !name.endsWith('LICENSE')), /LICENSE is missing/],
  ['with what the compiler keeps for itself', [...files, 'package/dist/.tsbuildinfo'], /tsbuildinfo is nobody's/],
  ['with what was built of a source that is gone', [...files, 'package/dist/old.js'], /old\.js has no source/],
  ['with a test', [...files, 'package/dist/main.test.js'], /is for tests/],
  ['without its program', files.filter((name) => !name.endsWith('main.js')), /one: .*main\.js is missing/],
])('%s', (_, names, expected) => {
  const [first, ...more] = judged(names)
  expect(first).toMatch(expected)
  expect(more).toEqual([])
})

test('a manifest that only this repository understands, a program that no shell does', () => {
  expect(judged(files, { ...manifest, dependencies: { two: 'workspace:*' } })[0]).toContain('workspace:')
  expect(judged(files, manifest, 'import')[0]).toContain('does not begin with #!')
})
