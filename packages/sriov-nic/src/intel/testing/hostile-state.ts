import { StateError } from '@npa/core'
import fc from 'fast-check'
import { playAll } from './all-functions.js'
import type { AllPlaces, AllProgram, AllStep } from './all-functions.js'
import { busyLife } from './busy-steps.js'

/** Steps of a life before its state is taken, and of traffic after each change that is taken over. */
const LIFE = 50
const AFTER = 8

/** Most places of one kind that are changed: items of a list, elements of a column, and registers are much alike. */
const ALIKE = 2

/** Each place gets one in so many of the values, the next place others. */
const SHARE = 3

const LONG = 'a'.repeat(100_000)
const MANY: readonly unknown[] = new Array<number>(200_000).fill(0)

/** What stands in a place of a state instead. */
function hostileFor(now: unknown): readonly unknown[] {
  const wrong: readonly unknown[] = [null, [], undefined]
  if (typeof now === 'number')
    return [...wrong, NaN, -1, 0.5, 2 ** 32, 2 ** 53, 0, now + 1, now - 1, now ^ 0x10, String(now)]
  if (typeof now === 'string') return [...wrong, 1, '', LONG, now.slice(2), `${now}00`, now.toUpperCase(), '__proto__']
  if (typeof now === 'boolean') return [null, 1, 'true', !now]
  if (now === null) return [-1, 0, NaN, 1e300, 'x', undefined]
  if (Array.isArray(now)) return [null, {}, 'x', MANY, [NaN], [null], now.slice(1), [...(now as unknown[]), now.at(-1)]]
  return [null, [], 1, { ...now, extra: 1 }, { ...now, constructor: 1 }, JSON.parse('{"__proto__": {}}')]
}

interface Place {
  readonly keys: readonly string[]
}

/** The places of a state of whose kind not `ALIKE` are counted yet. */
function placesOf(state: object, met: Map<string, number>): Place[] {
  const all: Place[] = []
  const walk = (at: object, keys: readonly string[], kind: string): void => {
    for (const [key, value] of Object.entries(at)) {
      if (kind === '/registers' && Array.isArray(value) && value.length === 0) continue
      const of = Array.isArray(at) || kind === '/registers' ? `${kind}/*` : `${kind}/${key}`
      const count = met.get(of) ?? 0
      if (count < ALIKE) {
        met.set(of, count + 1)
        all.push({ keys: [...keys, key] })
      }
      if (typeof value === 'object' && value !== null) walk(value as object, [...keys, key], of)
    }
  }
  walk(state, [], '')
  return all
}

/** A copy of a state with another value in a place; `undefined` takes it away. */
function changed(state: unknown, { keys }: Place, value: unknown): unknown {
  const copy: unknown = structuredClone(state)
  let holder = copy as Record<string, unknown>
  for (const key of keys.slice(0, -1)) holder = holder[key] as Record<string, unknown>
  const last = keys[keys.length - 1]
  if (value !== undefined) holder[last] = value
  else if (Array.isArray(holder)) holder.splice(Number(last), 1)
  else Reflect.deleteProperty(holder, last)
  return copy
}

function valueAt(state: unknown, { keys }: Place): unknown {
  return keys.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], state)
}

function fail(place: Place, value: unknown, what: string, cause?: unknown): never {
  throw new Error(`${place.keys.join('/')} = ${JSON.stringify([value]).slice(0, 60)}: ${what}`, { cause })
}

/** What a chip shows of itself: its state and all its counters, those that are zero among them. */
function shown({ chip }: AllProgram): string {
  return JSON.stringify([chip.save(), chip.counters.snapshot()])
}

/**
 * Something else stands in one place of a saved state, in a share of the places and of the values above: it is refused with one error, and the
 * chip is as it was; or it is taken over, and the chip stands the traffic that follows: nothing throws, no byte outside the functions' memory
 * moves, every copy is accounted for.
 */
export function standsHostileStates(create: () => AllProgram, places: AllPlaces, lives: number): { taken: number } {
  const met = new Map<string, number>()
  let taken = 0
  const samples = fc.sample(fc.tuple(busyLife(places, LIFE), busyLife(places, AFTER)), { numRuns: lives, seed: 3 })
  for (const [steps, [, ...after]] of samples) {
    const p = create()
    const all = [p.pf, ...p.vfs]
    for (const one of steps) playAll(p, places, all, one)
    const saved: unknown = JSON.parse(JSON.stringify(p.chip.save()))
    let before = shown(p)
    for (const [n, place] of placesOf(saved as object, met).entries()) {
      for (const [i, value] of hostileFor(valueAt(saved, place)).entries()) {
        if ((n + i) % SHARE !== 0) continue
        if (isRefused(p, changed(saved, place, value), before, place, value)) continue
        taken++
        stands(p, places, after, place, value)
        p.chip.restore(saved)
        before = shown(p)
      }
    }
  }
  return { taken }
}

function isRefused(p: AllProgram, state: unknown, before: string, place: Place, value: unknown): boolean {
  try {
    p.chip.restore(state)
    return false
  } catch (error) {
    if (!(error instanceof StateError)) fail(place, value, 'another error than that of a refused state', error)
    if (shown(p) !== before) fail(place, value, 'refused, and yet the chip has changed')
    return true
  }
}

function stands(p: AllProgram, places: AllPlaces, after: readonly AllStep[], place: Place, value: unknown): void {
  const all = [p.pf, ...p.known]
  try {
    for (const one of after) playAll(p, places, [...all], one)
    p.far.open(Infinity)
    p.run()
    // What came of it is a state like any other.
    p.chip.restore(p.chip.save())
  } catch (error) {
    fail(place, value, 'taken over, and then', error)
  }
  if (p.missing !== 0) fail(place, value, `${p.missing} copies are missing`)
  if (!all.every((side) => side.intact)) fail(place, value, 'memory that is not theirs was touched')
}
