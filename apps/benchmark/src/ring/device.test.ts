import { describe, expect, test } from 'vitest'
import { copyings, FRAMES_A_ROUND } from './copies.js'
import { DEVICE_ROUND, DeviceLoop } from './device.js'
import { processors } from './pin.js'

describe('DeviceLoop', () => {
  test.each([64, 1500, 16384])('both languages copy every frame of %d bytes and refuse none', (length) => {
    for (const language of ['javascript', 'webAssembly'] as const) {
      const loop = new DeviceLoop(length)
      for (let i = 0; i < 3; i++) loop[language]()
      expect([loop.frames, loop.bytes, loop.refused]).toEqual([3 * DEVICE_ROUND, 3 * DEVICE_ROUND * length, 0])
    }
  })
})

test('every way to copy goes through as many frames in a round', () => {
  for (const { round } of copyings(9000)) for (let i = 0; i < 3; i++) round()
  expect(FRAMES_A_ROUND % 32).toBe(0)
})

test("processors are those of taskset's list", () => {
  expect(processors(' 0-2,5\n')).toEqual([0, 1, 2, 5])
})
