import { describe, expect, test } from 'vitest'
import { TrafficLoop } from './traffic.js'

describe('TrafficLoop', () => {
  test.each([
    { vfs: 2, active: 2, to: 'vf', bytes: 64 },
    { vfs: 63, active: 3, to: 'vf', bytes: 1500 },
    { vfs: 63, active: 63, to: 'vf', bytes: 60 },
    { vfs: 2, active: 2, to: 'vf', bytes: 9000 },
    { vfs: 1, active: 1, to: 'wire', bytes: 1500 },
    { vfs: 2, active: 2, to: 'vf', bytes: 16384, mss: 1460 },
    { vfs: 1, active: 1, to: 'wire', bytes: 16384, mss: 1460 },
  ] as const)('every frame arrives: %j', (traffic) => {
    const loop = new TrafficLoop(traffic)
    for (let i = 0; i < 20; i++) loop.round()
    expect(loop.arrived).toBe(20 * ('mss' in traffic ? 4 * 12 : 32) * traffic.active)
    expect(loop.run(0.001)).toBeGreaterThan(0)
  })
})
