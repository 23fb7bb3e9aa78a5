import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { installedChromium, openPage } from './testing/browser/chromium.js'
import type { OpenPage } from './testing/browser/chromium.js'
import type { page as Page } from './testing/browser/page.js'
import { bundled } from './testing/bundle.js'

const executable = installedChromium()
if (executable === undefined)
  console.warn('NOT RUN: the rings in a browser: no chromium here; on Debian: apt install chromium')

/** What stands in the page under this name. */
declare const page: typeof Page

describe.skipIf(executable === undefined)('in Chromium, on a cross-origin isolated page', () => {
  let open: OpenPage

  beforeAll(async () => {
    const [suite, stress, page] = await Promise.all(
      ['suite', 'stress', 'page'].map((name) => bundled(`browser/${name}.ts`, 'browser')),
    )
    open = await openPage(executable ?? '', { 'suite.js': suite, 'stress.js': stress, 'page.js': page })
  }, 180_000)

  afterAll(() => open.close())

  test('memory can be shared', async () => {
    expect(await open.page.evaluate(() => page.isolated())).toBe(true)
  })

  test('every test of the package that needs no Node passes in a worker', async () => {
    const outcomes = await open.page.evaluate(() => page.suite())
    expect(outcomes.length).toBeGreaterThan(100)
    expect(outcomes.filter(({ error }) => error !== undefined)).toEqual([])
  }, 300_000)

  test('two workers exchange numbered records', async () => {
    const said = await open.page.evaluate((records) => page.threads(records), 200_000)
    expect(said).toEqual([{ done: 200_000 }, { done: 200_000 }])
  }, 300_000)

  test('the page itself must not block, and is told so', async () => {
    expect(await open.page.evaluate(() => page.blocking())).toBe('TypeError')
  })

  test.each([true, false])(
    'the page itself reads what a worker writes, with Atomics.waitAsync: %s',
    async (waitAsync) => {
      const said = await open.page.evaluate(([records, there]) => page.main(records, there), [
        20_000,
        waitAsync,
      ] as const)
      expect(said).toEqual([{ done: 20_000 }, { done: 20_000 }])
    },
    300_000,
  )
})
