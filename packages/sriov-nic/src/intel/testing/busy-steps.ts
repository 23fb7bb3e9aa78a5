import fc from 'fast-check'
import type { AllPlaces, AllStep } from './all-functions.js'

/** Recipes that a busy life begins with, at most, and its steps. */
const RECIPES = 4

/**
 * What is done to a chip that works: drivers that are set up, by several of a chip's recipes, and traffic that comes faster than it is done
 * with. At any moment most of what a chip can remember is there: packets that grow, messages half cut, limits that hold queues up, interrupts
 * that wait.
 */
export function busyLife(places: AllPlaces, steps: number): fc.Arbitrary<AllStep[]> {
  const recipes = fc.array(fc.nat(places.recipes.length - 1), { minLength: 1, maxLength: RECIPES })
  const revived = recipes.map((all): AllStep => ({ kind: 'revive', recipes: all }))
  const work = fc.array(busyStep(places), { minLength: steps, maxLength: steps, size: 'max' })
  return fc.tuple(revived, work).map(([first, rest]) => [first, ...rest])
}

function busyStep(places: AllPlaces): fc.Arbitrary<AllStep> {
  const recipe = fc.nat(places.recipes.length - 1)
  const side = fc.nat(3)
  const to = fc.constantFrom(0, 1, 2, 3, 9, 9, -1)
  const send = fc.record({ kind: fc.constant('send' as const), side, to, bytes: fc.integer({ min: 14, max: 1514 }) })
  const message = fc.record({
    kind: fc.constant('message' as const),
    side,
    to,
    payload: fc.integer({ min: 1000, max: 30_000 }),
    mss: fc.constantFrom(100, 536, 1460),
    context: fc.constantFrom(true, true, false),
    tag: fc.constantFrom(false, false, true),
  })
  const post = fc.record({ kind: fc.constant('post' as const), side, count: fc.integer({ min: 1, max: 8 }) })
  const segment = fc.record({
    kind: fc.constant('segment' as const),
    to: fc.constantFrom(0, 0, 1, 2),
    flow: fc.nat(1),
    at: fc.nat(3),
    push: fc.constantFrom(false, false, false, true),
  })
  const wire = fc.record({
    kind: fc.constant('wire' as const),
    pool: fc.nat(5),
    bytes: fc.integer({ min: 60, max: 1514 }),
    tci: fc.integer({ min: -1, max: 3 }),
  })
  const run = fc.record({
    kind: fc.constant('run' as const),
    ns: fc.constantFrom(0, 100, 400, 600, 2000, 20_000, 100_000),
  })
  const credit = fc.record({ kind: fc.constant('credit' as const), credit: fc.constantFrom(0, 0, 2, 5, 40) })
  // The function mask of MSI-X, on and off.
  const mask = fc.record({
    kind: fc.constant('config' as const),
    side,
    offset: fc.constant(0x72),
    value: fc.constantFrom(0x8000, 0x8000, 0x8000, 0xc000),
  })
  const handle = written(places.handles).map(([offset, value]) => ({ kind: 'pf' as const, offset, value }))
  const vfHandle = fc
    .tuple(fc.nat(2), written(places.vfHandles))
    .map(([vf, [offset, value]]) => ({ kind: 'vf' as const, vf, offset, value }))
  const peek = fc.constantFrom(...places.peeks).map((offset) => ({ kind: 'peek' as const, offset }))
  return fc.oneof(
    { weight: 12, arbitrary: send },
    { weight: 5, arbitrary: message },
    { weight: 6, arbitrary: post },
    { weight: 12, arbitrary: segment },
    { weight: 2, arbitrary: wire },
    { weight: 8, arbitrary: run },
    { weight: 2, arbitrary: credit },
    { weight: 4, arbitrary: handle },
    { weight: 2, arbitrary: vfHandle },
    { weight: 2, arbitrary: mask },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('recipe' as const), recipe }) },
    { weight: 3, arbitrary: peek },
  )
}

function written(all: AllPlaces['handles']): fc.Arbitrary<readonly [offset: number, value: number]> {
  return fc.constantFrom(...all.flatMap(([offset, values]) => values.map((value) => [offset, value] as const)))
}
