import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { brokenLinks, documents, example, root } from './markdown.mjs'

const docs = documents()

test.each(docs)('links of $path lead somewhere', (doc) => {
  expect(brokenLinks(doc)).toEqual([])
})

test('a link to a file that is not there, or to a function that is not in it, is found', () => {
  const text =
    '[a](no-such.md) [`brokenLinks`](tools/docs/markdown.mjs) [`Nobody.mends`](tools/docs/markdown.mjs) [b](tools)'
  expect(brokenLinks({ path: 'x.md', text })).toEqual([
    'x.md: no-such.md does not exist',
    'x.md: tools/docs/markdown.mjs has no Nobody',
    'x.md: tools/docs/markdown.mjs has no mends',
  ])
})

/** Source file of every module of our packages, by the name that it is imported by. */
const sources = new Map(
  readdirSync(join(root, 'packages')).flatMap((folder) => {
    const { name, exports } = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'))
    return Object.entries(exports)
      .filter(([, conditions]) => conditions['npa-source'] !== undefined)
      .map(([path, conditions]) => [name + path.slice(1), join(root, 'packages', folder, conditions['npa-source'])])
  }),
)

describe('examples print what their README says', () => {
  const folder = mkdtempSync(join(tmpdir(), 'npa-examples-'))
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })
  // these need another program at the other end, or threads of the built package, and are run by tests of their own packages
  const elsewhere = ['packages/qtest/README.md', 'packages/vfio-user/README.md', 'packages/threads/README.md']
  const packages = docs.filter(({ path }) => path.startsWith('packages/') && !elsewhere.includes(path))

  test.each(packages)('$path', async ({ path, text }) => {
    const found = example(text)
    expect(found, `${path} has no example with its output`).toBeDefined()
    const code = found.code.replace(/from '(@npa\/[^']+)'/g, (_, name) => `from ${JSON.stringify(sources.get(name))}`)
    const file = join(folder, `${path.split('/')[1]}.ts`)
    writeFileSync(file, code)
    const printed = vi.spyOn(console, 'log').mockImplementation(() => undefined)
    await import(/* @vite-ignore */ file)
    const lines = printed.mock.calls.map((words) => words.join(' '))
    printed.mockRestore()
    expect(lines.join('\n')).toBe(found.output)
  })
})
