import { expect, test } from 'vitest'
import { markdown } from './markdown.js'
import type { Row } from './row.js'

test('a line for a check, a column for a device and kernel, what did not pass below', () => {
  const row: Row = { driver: 'd', device: 'qemu', kernel: '7', check: 'ping', result: 'pass', detail: 'well' }
  const rows: Row[] = [row, { ...row, device: 'ours', result: 'fail', detail: 'lost' }, { ...row, check: 'link' }]
  expect(markdown({ versions: { qemu: '11' }, rows })).toBe(`| driver | check | qemu, 7 | ours, 7 |
|---|---|---|---|
| d | ping | pass | **fail** |
| d | link | pass |  |

Ran with qemu 11.

- d, ping, ours, 7: **fail**: lost
`)
})
