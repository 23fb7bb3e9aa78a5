import { expect, test } from 'vitest'
import { parseSchedule } from './fault-schema.js'

const GOOD = `version: 1
seed: 9
faults:
  - { fault: link-down, at: 5 s, for: 2 s }
  - fault: interrupt-lost
    function: vf0
    after: { interrupts: 100 }
    share: 0.5
  - { fault: function-reset, between: [1 s, 2 s], repeat: 3, every: 10 ms }
`

test('times become nanoseconds, what is left out has its default', () => {
  expect(parseSchedule(GOOD, 'f.yaml')).toMatchObject({
    seed: 9,
    faults: [
      { fault: 'link-down', at: 5e9, for: 2e9 },
      { fault: 'interrupt-lost', function: 'vf0', after: { interrupts: 100 }, share: 0.5 },
      { fault: 'function-reset', between: [1e9, 2e9], repeat: 3, every: 10e6, how: 'register' },
    ],
  })
})

test.each([
  [
    'a kind that there is not',
    'link-down',
    'link-up',
    'f.yaml:4:7: faults[0].fault: no such fault: there are link-down, ',
  ],
  ['a time without a unit', 'at: 5 s', 'at: 5', 'f.yaml:4:25: faults[0].at: expected a time'],
  [
    'a misspelt key',
    'share: 0.5',
    'chance: 0.5',
    'f.yaml:8:5: faults[1].chance: no such key here: there are fault, function, ',
  ],
  ['a share of two', '0.5', '2', 'f.yaml:8:5: faults[1].share: '],
  ['a function that cannot be', 'vf0', 'vf', 'f.yaml:6:5: faults[1].function: expected a function: pf, vf0'],
  [
    'times the wrong way round',
    '[1 s, 2 s]',
    '[2 s, 1 s]',
    'f.yaml:9:30: faults[2].between: expected the earlier time first',
  ],
  [
    'two beginnings',
    'at: 5 s',
    'at: 5 s, after: { reads: 1 }',
    'f.yaml:4:34: faults[0].after: it begins by at already',
  ],
  ['repeat without every', ', every: 10 ms', '', 'f.yaml:9:5: faults[2]: repeat and every go together'],
  [
    'something else to count',
    'interrupts: 100',
    'frames: 100',
    'f.yaml:7:14: faults[1].after.frames: no such key here: there are reads, ',
  ],
  ['another version', 'version: 1', 'version: 2', 'f.yaml:1:1: version: '],
])('%s: file, line and column', (_, part, by, expected) => {
  const text = GOOD.replace(part, by)
  expect(text).not.toBe(GOOD)
  let message = ''
  try {
    parseSchedule(text, 'f.yaml')
  } catch (error) {
    message = (error as Error).message
  }
  expect(message.slice(0, expected.length)).toBe(expected)
})
