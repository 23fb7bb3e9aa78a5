import { expect, test } from 'vitest'
import { checkReport } from './report.mjs'

const phase = (name, mode) => ({
  name,
  mode,
  tx: { frames: 12_000, bytes: 1 },
  rx: { frames: 12_000, bytes: 1 },
  lost: 0,
  duplicated: 0,
  reordered: 0,
})
const good = {
  version: 0,
  clock: 'virtual',
  phases: [phase('stream', 'emulated'), phase('fast stream', 'passthrough')],
  switches: [
    { from: 'emulated', to: 'passthrough', framesDropped: 0 },
    { from: 'passthrough', to: 'emulated', framesDropped: 0 },
  ],
  leaks: 0,
  verdict: 'pass',
}
const failures = (report) =>
  checkReport(report)
    .filter(({ ok }) => !ok)
    .map(({ name }) => name)

test('a good report passes every check', () => {
  expect(failures(good)).toEqual([])
})

test.each([
  [{ version: 1 }, 'version is 0'],
  [{ clock: 'real' }, 'the clock is virtual'],
  [{ verdict: 'fail' }, 'the verdict is pass'],
  [{ leaks: 1 }, 'nothing leaked'],
  [{ phases: good.phases.slice(1) }, 'both modes carried phases'],
  [
    { phases: [good.phases[0], { ...good.phases[1], lost: 1 }] },
    'phase fast stream: nothing lost, doubled or reordered',
  ],
  [{ phases: [good.phases[0], { ...good.phases[1], tx: { frames: 1 } }] }, 'streams of 20,000 frames in each mode'],
  [{ switches: good.switches.slice(1) }, 'a switch from emulated to passthrough'],
  [{ switches: good.switches.map((s) => ({ ...s, framesDropped: 1 })) }, 'switches dropped nothing'],
])('%j fails: %s', (change, name) => {
  expect(failures({ ...good, ...change })).toContain(name)
})
