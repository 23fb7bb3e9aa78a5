import { expect, test } from 'vitest'
import { markdown } from './markdown.js'
import type { Row } from './row.js'

test('a table for a driver, a column for a kernel and device, what did not pass below', () => {
  const row: Row = { driver: 'd', device: 'qemu', kernel: '7', check: 'ping', result: 'pass', detail: 'well' }
  const rows: Row[] = [row, { ...row, device: 'ours', result: 'fail', detail: 'lost' }, { ...row, check: 'link' }]
  rows.push({ ...row, driver: 'e' })
  expect(markdown({ versions: { qemu: '11' }, rows })).toBe(`| d | 7, qemu | 7, ours |
|---|---|---|
| ping | pass | **fail** |
| link | pass |  |

| e | 7, qemu |
|---|---|
| ping | pass |

Ran with qemu 11.

- d of 7 on ours, ping: **fail**: lost
`)
})
