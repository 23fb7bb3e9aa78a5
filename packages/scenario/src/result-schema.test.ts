import { expect, test } from 'vitest'
import { runResultSchema } from './result-schema.js'
import type { RunResult } from './result.js'

const good: RunResult = {
  version: 0,
  seed: 1,
  clock: 'virtual',
  phases: [
    {
      name: 'stream',
      mode: 'passthrough',
      tx: { frames: 10, bytes: 1000 },
      rx: { frames: 9, bytes: 900 },
      lost: 1,
      duplicated: 0,
      reordered: 0,
      vmExits: 3,
      interrupts: 2,
      cpuCopies: 1,
      dmaBytes: 2000,
      guestCyclesPerFrame: 12.5,
      hostCyclesPerFrame: 0,
      goodputMbps: 9000,
    },
  ],
  switches: [
    { vm: 'vm-a', from: 'emulated', to: 'passthrough', forced: false, blackoutNs: 10, framesHeld: 0, framesDropped: 0 },
  ],
  payloads: [{ from: 'vm-a', to: 'vm-b', bytes: 700, hash: 0x89abcdef }],
  drops: { 'host-a.nic.MPC': 1 },
  leaks: 0,
  verdict: 'pass',
  findings: [],
}

test('a report passes', () => {
  expect(runResultSchema.parse(good)).toEqual(good)
})

test.each<[string, object]>([
  ['another version', { ...good, version: 1 }],
  ['a key too many', { ...good, date: 'today' }],
  ['a key too many in a phase', { ...good, phases: [{ ...good.phases[0], ms: 1 }] }],
  ['a phase without its losses', { ...good, phases: [{ ...good.phases[0], lost: undefined }] }],
  ['half a frame', { ...good, phases: [{ ...good.phases[0], lost: 0.5 }] }],
  ['fewer than no drops', { ...good, drops: { x: -1 } }],
  ['a mode that does not exist', { ...good, switches: [{ ...good.switches[0], to: 'bonding' }] }],
  ['a hash of more than a word', { ...good, payloads: [{ ...good.payloads[0], hash: 2 ** 32 }] }],
  ['a verdict that fails for no reason', { ...good, verdict: 'fail' }],
  ['a verdict that passes in spite of a finding', { ...good, findings: ['2 frames were lost'] }],
])('%s is no report', (_, bad) => {
  expect(runResultSchema.safeParse(bad).success).toBe(false)
})
