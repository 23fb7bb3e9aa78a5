import { expect, test } from 'vitest'
import { inTurns, median, ratios, spread } from './rounds.js'

test('the median of odd and even numbers of values, in any order', () => {
  expect(median([9, 1, 5])).toBe(5)
  expect(median([10, 2, 4, 8])).toBe(6)
})

test('contestants take turns, and the first three rounds do not count', async () => {
  const turns: string[] = []
  const contestant = (name: string, first: number): { name: string; run: () => number } => {
    let speed = first
    return { name, run: () => (turns.push(name), speed++) }
  }
  const speeds = await inTurns([contestant('a', 1), contestant('b', 11)], 2, 1)
  expect(turns.join('')).toBe('ababababab')
  expect(speeds.get('a')).toEqual([4, 5])
  expect(speeds.get('b')).toEqual([14, 15])
})

test('ratios are of each round, so that a slow round of both is none', () => {
  const speeds = new Map([
    ['a', [10, 1, 10]],
    ['b', [20, 2, 40]],
  ])
  expect(ratios(speeds, 'a', 'b')).toEqual([0.5, 0.5, 0.25])
  expect(spread(ratios(speeds, 'a', 'b'))).toEqual([0.25, 0.5])
})
