import { restoreState, saveState, StateError } from '@npa/core'
import { Arena } from '@npa/memory'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { enableFunction, ExpressCap, RootComplex } from './index.js'
import { sampleDevice } from './testing/sample-device.js'

const PF = 0x10
const SRIOV = 0x160

function host() {
  const device = sampleDevice()
  const rc = new RootComplex(new Arena(1 << 20))
  rc.plug(PF, device.fn)
  return { ...device, rc }
}

type Host = ReturnType<typeof host>

const save = ({ fn }: Host): unknown => JSON.parse(JSON.stringify(saveState((io) => fn.walkState(io))))

function restore(to: Host, data: unknown): void {
  restoreState(data, (io) => to.fn.walkState(io))
  to.fn.restored()
  to.rc.restored(PF)
}

function refusal(to: Host, data: unknown): string {
  try {
    restore(to, data)
  } catch (error) {
    if (error instanceof StateError) return `${error.reason} ${error.path}`
    throw error
  }
  return 'taken'
}

/** A function by index: the PF, or one of its VFs when it is there. */
const ridOf = ({ rc }: Host, index: number): number => [PF, ...rc.vfs(PF)][index] ?? PF

type Step =
  | { kind: 'config'; fn: number; offset: number; value: number }
  | { kind: 'table'; fn: number; word: number; value: number }
  | { kind: 'raise'; fn: number; vector: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('config' as const),
    fn: fc.nat(3),
    offset: fc.constantFrom(0x04, 0x0c, 0x44, 0x72, 0x72, 0xa0 + ExpressCap.deviceControl, 0x108, 0x168, 0x170, 0x180),
    value: fc.constantFrom(0, 1, 2, 3, 6, 9, 0x80, 0x8000, 0xc000, 0xffff),
  }),
  fc.record({ kind: fc.constant('table' as const), fn: fc.nat(3), word: fc.nat(11), value: fc.constantFrom(0, 1, -1) }),
  fc.record({ kind: fc.constant('raise' as const), fn: fc.nat(3), vector: fc.nat(3) }),
)

/** Does a step; what can be seen of it. */
function play(on: Host, one: Step): unknown {
  const rid = ridOf(on, one.fn)
  const fn = rid === PF ? on : on.vfs[on.rc.vfs(PF).indexOf(rid)]
  if (one.kind === 'config') on.rc.configWrite(rid, one.offset, 2, one.value)
  else if (one.kind === 'raise') fn.fn.raise(one.vector)
  else on.rc.mmio(rid, rid === PF ? 4 : 3).write32(one.word * 4, one.value)
  const bar = on.rc.mmio(rid, rid === PF ? 4 : 3)
  const config = Array.from({ length: 120 }, (_, at) => on.rc.configRead(rid, at * 4, 4))
  const counts = [fn.fn.msix?.sent, fn.fn.msix?.lost, fn.fn.dma.open]
  return [on.rc.rids(), config, [0, 4, 12, 16, 0x2000].map((at) => bar.read32(at)), counts]
}

describe('the state of a function', () => {
  test('restored elsewhere it goes on the same, virtual functions and pending interrupts included', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.array(step, { maxLength: 30 }),
        fc.array(step),
        (a, b, other) => {
          const from = host()
          for (const one of a) play(from, one)
          const to = host()
          for (const one of other) play(to, one)
          const data = save(from)
          restore(to, data)
          expect(save(to)).toEqual(data)
          for (const one of b) expect(play(to, one)).toEqual(play(from, one))
          expect(save(to)).toEqual(save(from))
        },
      ),
    )
  })

  test('the bus learns which virtual functions there are, followers of the MSI-X table look again', () => {
    const from = host()
    enableFunction(from.rc.config(PF))
    from.rc.configWrite(PF, SRIOV + 0x10, 2, 3)
    from.rc.configWrite(PF, SRIOV + 8, 2, 9)
    const to = host()
    const changed: number[] = []
    to.fn.msix?.onChange((vector) => changed.push(vector))
    restore(to, save(from))
    expect(to.rc.vfs(PF)).toEqual(from.rc.vfs(PF))
    to.rc.mmio(to.rc.vfs(PF)[2], 0).write32(8, 77)
    expect(to.vfs[2].registers.words.get(8)).toBe(77)
    expect(changed.length).toBe(64)
    expect(to.resets).toEqual([])
  })

  test.each([
    ['a read-only bit is other', 'inconsistent config.changed', { config: { changed: [0, 1] } }],
    ['more virtual functions than there can be', 'inconsistent config.numVfs', { config: { changed: [0x170, 9] } }],
    ['two page sizes', 'inconsistent config.systemPageSize', { config: { changed: [0x180, 2] } }],
    ['BARs inside a page', 'inconsistent config.vfBars', { config: { changed: [0x180, 0x11, 0x185, 0x40] } }],
    ['an interrupt is pending though MSI-X is off', 'inconsistent msix.pending', { msix: { pending: [0, 1] } }],
    ['an odd address', 'inconsistent msix.table', { msix: { table: [0, 2] } }],
  ])('%s: refused', (_what, expected, changes) => {
    const to = host()
    const data = save(to) as Record<string, Record<string, unknown>>
    const before = save(to)
    for (const [part, fields] of Object.entries(changes)) Object.assign(data[part], fields)
    expect(refusal(to, data)).toBe(expected)
    expect(save(to)).toEqual(before)
  })

  test('a vector that a virtual function does not have is pending: refused', () => {
    const to = host()
    const data = save(to) as { vfs: { msix: { pending: number[] } }[] }
    data.vfs[7].msix.pending = [0, 8]
    expect(refusal(to, data)).toBe('inconsistent vfs.7.msix.pending')
  })
})
