import { StateError } from '@npa/core'
import fc from 'fast-check'
import { playAll } from './all-functions.js'
import type { AllPlaces, AllProgram, AllStep } from './all-functions.js'
import { busyLife } from './busy-steps.js'
import { forget, savedFields } from './saved-fields.js'
import { difference, makeTwin } from './twin.js'

/** Steps of a life, and the first of them after which a state is taken over. */
const LIFE = 70
const EARLIEST = 10

/** A while in which a chip that nobody asks for anything comes to rest, ns. */
const QUIET_NS = 400_000

/** Parts with a field for each register. */
const WHOLE = ['registers', 'pf/config', 'pf/vfs/*/config']

/** What a state must say to be one of the chip: never taken over. */
const IDENTITY = ['device', 'version', 'port', 'ports', 'vfs', 'mac', 'media', 'embeddedSwitch', 'dmaLatencyNs']

/** After a while with nothing but time everything that waits is let through and looked at. */
function rest(p: AllProgram, places: AllPlaces): AllStep[] {
  const peeks = places.peeks.map((offset): AllStep => ({ kind: 'peek', offset }))
  const unmask = [...p.vfs.keys(), p.vfs.length].map((side): AllStep => ({
    kind: 'config',
    side,
    offset: 0x72,
    value: 0x8000,
  }))
  const handles = places.handles.flatMap(([offset, values]) =>
    values.map((value): AllStep => ({ kind: 'pf', offset, value })),
  )
  return [{ kind: 'run', ns: QUIET_NS }, ...unmask, ...peeks, ...handles, ...peeks]
}

/** What the model counts of a function for those who look at the model: no register shows it. */
export const BOOKS: readonly string[] = ['pf', 'pf/vfs/*'].flatMap((fn) =>
  ['dma/refused', 'msix/sent', 'msix/lost'].map((name) => `${fn}/${name}`),
)

/** Goes on: after every other moment at rest first. What was read. */
function goOn(p: AllProgram, places: AllPlaces, steps: readonly AllStep[], quiet: boolean): string {
  const all = [p.pf, ...p.vfs]
  const read = [...(quiet ? rest(p, places) : []), ...steps].map((one) => playAll(p, places, all, one))
  p.far.open(Infinity)
  p.run()
  return read.join()
}

/**
 * Were a field of a chip's state not saved, the comparisons of the random tests would tell: in busy lives every field is in turn made what it
 * is in a chip that has not saved it, and what comes after is compared, the field itself apart. `unseen` are fields that can be forgotten without
 * a difference, or that these lives do not meet.
 */
export function noticesWhatIsForgotten(
  create: () => AllProgram,
  places: AllPlaces,
  unseen: readonly string[],
  lives: number,
): void {
  const known = new Set<string>()
  const noticed = new Set<string>([...IDENTITY, ...unseen])
  const moments = fc.integer({ min: EARLIEST, max: LIFE })
  const samples = fc.sample(fc.tuple(busyLife(places, LIFE), moments), { numRuns: lives, seed: 1 })
  for (const [n, [steps, moment]] of samples.entries()) {
    const p = create()
    const fresh = p.chip.save()
    const all = [p.pf, ...p.vfs]
    for (const one of steps.slice(0, moment)) playAll(p, places, all, one)
    const saved = JSON.stringify(p.chip.save())
    const after = steps.slice(moment)
    const reference = create()
    makeTwin(reference, p)
    const read = goOn(reference, places, after, n % 2 === 0)
    for (const field of savedFields(JSON.parse(saved), WHOLE)) {
      known.add(field)
      if (noticed.has(field)) continue
      const state: unknown = JSON.parse(saved)
      if (!forget(state, field, fresh)) continue
      const twin = create()
      try {
        makeTwin(twin, p, state)
      } catch (error) {
        if (!(error instanceof StateError)) throw error
        noticed.add(field)
        continue
      }
      const same = goOn(twin, places, after, n % 2 === 0) === read && difference(twin, reference) === ''
      if (!same || otherFields(twin, field, fresh) !== otherFields(reference, field, fresh)) noticed.add(field)
    }
  }
  // A list without items stands for its items' fields.
  const items = new Set([...known].filter((field) => field.includes('/*')).map((field) => field.replace(/\/\*.*/, '')))
  const missed = [...known].filter((field) => !noticed.has(field) && !items.has(field))
  if (missed.length > 0) throw new Error(`nothing notices that these are forgotten: ${missed.join(' ')}`)
}

function otherFields(p: AllProgram, field: string, fresh: unknown): string {
  const state = p.chip.save()
  forget(state, field, fresh)
  return JSON.stringify(state)
}
