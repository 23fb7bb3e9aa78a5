import { expect, test } from 'vitest'
import { newLines } from './kernel-log.js'

test('lines are new by what they say, not by their numbers, and each once', () => {
  const known = ['eth0: reset 3 at 0xffffa0001234', 'plain']
  const lines = ['eth0: reset 44 at 0xffffb0001234', 'eth0: hang of queue 1', 'eth0: hang of queue 2', 'plain', '']
  expect(newLines(lines, known)).toEqual(['eth0: hang of queue 1'])
})
