import fs from 'node:fs'
import { expect, test, vi } from 'vitest'
import { describeWithQemu } from './testing/with-qemu.js'

/** The file as a user of the package writes it. */
const example = fs
  .readFileSync(new URL('testing/example.ts', import.meta.url), 'utf8')
  .replace("'../index.js'", "'@npa/qtest'")

test('the README shows the example', () => {
  const readme = fs.readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``)
})

describeWithQemu('the example', () => {
  test('runs', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
    await import('./testing/example.js')
    expect(log).toHaveBeenCalledWith('QEMU sent 60 bytes')
    log.mockRestore()
  })
})
