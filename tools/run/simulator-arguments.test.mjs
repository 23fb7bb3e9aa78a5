import { expect, test } from 'vitest'
import { simulatorArguments } from './simulator-arguments.mjs'

test.each([
  [[], ['scenarios/default.yaml']],
  [
    ['--seed', '7'],
    ['scenarios/default.yaml', '--seed', '7'],
  ],
  [['a.yaml'], ['a.yaml']],
  [
    ['a.yaml', '--seed', '7'],
    ['a.yaml', '--seed', '7'],
  ],
  [
    ['--clock', 'real', 'a.yaml'],
    ['--clock', 'real', 'a.yaml'],
  ],
])('npm start -- %j runs one scenario', (args, expected) => {
  expect(simulatorArguments(args)).toEqual(expected)
})
