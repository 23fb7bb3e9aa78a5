import { expect, test } from 'vitest'
import { driverCases, STREAM_SECONDS } from '../cases.js'
import { newLines } from './kernel-log.js'

test('lines are new by what they say, not by their numbers, and each once', () => {
  const known = ['eth0: reset 3 at 0xffffa0001234', 'plain']
  const lines = ['eth0: reset 44 at 0xffffb0001234', 'eth0: hang of queue 1', 'eth0: hang of queue 2', 'plain', '']
  expect(newLines(lines, known, [])).toEqual(['eth0: hang of queue 1'])
})

test('what igbvf may say besides is allowed to the letter: another number behind it is new', () => {
  const igbvf = driverCases(STREAM_SECONDS).find(({ driver }) => driver === 'igbvf')
  const allowed = (igbvf?.mayAlsoLog ?? []).map(({ text }) => text)
  const fine = [
    'igbvf 0000:00:12.0: Vlan id 0 is not added',
    'igbvf 0000:00:12.0: Vlan id 0',
    ' is not added',
    'igb 0000:00:02.0: Spoof event(s) detected on VF 0',
  ]
  expect(newLines(fine, [], allowed)).toEqual([])
  const others = ['igbvf 0000:00:12.0: Vlan id 7 is not added', 'igb 0000:00:02.0: Spoof event(s) detected on VF 1']
  expect(newLines([...fine, ...others], [], allowed)).toEqual(others)
  expect(newLines(fine, [], []).length).toBe(fine.length)
})
