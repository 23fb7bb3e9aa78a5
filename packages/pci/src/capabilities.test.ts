import { describe, expect, test } from 'vitest'
import { ConfigSpace, advancedErrors, findExtended, powerManagement } from './index.js'
import { sampleDevice } from './testing/sample-device.js'

describe('power management', () => {
  test('D0 and D3hot can be entered, D1 and D2 are not there', () => {
    const config = new ConfigSpace(256)
    powerManagement(config, 0x40)
    const enter = (state: number): number => {
      config.configWrite(0x44, 2, state)
      return config.configRead(0x44, 2)
    }
    expect([enter(1), enter(3), enter(2), enter(0), enter(2)]).toEqual([8, 0xb, 0xb, 8, 8])
  })
})

describe('PCI Express', () => {
  test('stands where drivers with fixed offsets look', () => {
    const { fn } = sampleDevice()
    expect(fn.configRead(0xaa, 2) & 0x20).toBe(0)
    expect(fn.configRead(0xb2, 2)).toBe(0x82)
    expect(fn.configRead(0x72, 2)).toBe(63)
    expect(fn.configRead(0xa4, 4) & 0x10000000).toBe(0x10000000)
  })

  test('payload size outlives a function reset, read request size does not', () => {
    const { fn } = sampleDevice()
    fn.configWrite(0xa8, 2, 0x5020)
    fn.configWrite(0xa8, 2, fn.configRead(0xa8, 2) | 0x8000)
    expect(fn.configRead(0xa8, 2)).toBe(0x2830)
    fn.reset('bus')
    expect(fn.configRead(0xa8, 2)).toBe(0x2810)
  })

  test('a VF has no device control but the reset trigger', () => {
    const { fn, resets } = sampleDevice().vfs[0]
    fn.configWrite(0xa8, 2, 0x7fff)
    expect(fn.configRead(0xa8, 2)).toBe(0)
    fn.configWrite(0xa8, 2, 0x8000)
    expect(resets).toEqual(['function'])
    expect(fn.configRead(0xa8, 2)).toBe(0)
  })
})

test('the extended capabilities stand where the real parts have them', () => {
  const { fn } = sampleDevice()
  expect([0x1, 0x3, 0xe, 0x10].map((id) => findExtended(fn, id))).toEqual([0x100, 0x140, 0x150, 0x160])
  expect([fn.configRead(0x144, 4), fn.configRead(0x148, 4)]).toEqual([0x33221100, 0x77665544])
})

test('error masks are sticky, error statuses are cleared by a one', () => {
  const config = new ConfigSpace(4096)
  advancedErrors(config, 0x100)
  config.configWrite(0x108, 4, 0xffffffff)
  config.reset('bus')
  expect(config.configRead(0x108, 4)).toBe(0x007ff030)
  config.set(0x104, 4, 0x00104000)
  config.configWrite(0x104, 4, 0x00004000)
  expect(config.configRead(0x104, 4)).toBe(0x00100000)
  config.reset('power')
  expect(config.configRead(0x108, 4)).toBe(0)
})
