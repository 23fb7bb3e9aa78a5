import { describe, expect, test } from 'vitest'
import { storm } from './testing/storm.js'

const SEEDS = [1, 2, 3]
const SWITCHES = 350
const CHUNK = 70

/** A chunk is a run of its own; `storm(seed, K, 1)` repeats switch K alone. */
const chunks = SEEDS.flatMap((seed) =>
  Array.from({ length: SWITCHES / CHUNK }, (_, i): [number, number] => [seed, i * CHUNK]),
)

describe('mode switches at random instants of running streams', () => {
  let into = 0
  let out = 0
  let forced = 0

  test.each(chunks)('seed %i, from %i: nothing lost, doubled or reordered that is not counted', (seed, first) => {
    const { findings, switches, lost, dropped } = storm(seed, first, CHUNK)
    expect({ seed, first, findings }).toEqual({ seed, first, findings: [] })
    expect(lost).toBe(dropped)
    into += switches.into
    out += switches.total - switches.into
    forced += switches.forced
  })

  test('they went both ways, and by force', () => {
    expect(into).toBeGreaterThan(250)
    expect(out).toBeGreaterThan(250)
    expect(forced).toBeGreaterThan(50)
  })

  test('one switch of a storm can be repeated alone', () => {
    expect(storm(1, 77, 1)).toEqual(storm(1, 77, 1))
  })
})
