import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigSpace, endpointHeader } from './index.js'
import { sampleDevice } from './testing/sample-device.js'

const who = {
  vendor: 0x15ad,
  device: 0x07b0,
  revision: 1,
  classCode: 0x020000,
  subsystemVendor: 0x15ad,
  subsystem: 0x07b0,
}

describe('the endpoint header', () => {
  test('says who the function is', () => {
    const config = new ConfigSpace(256)
    endpointHeader(config, who, [], 1)
    expect(config.configRead(0, 4)).toBe(0x07b015ad)
    expect(config.configRead(8, 4)).toBe(0x02000001)
    expect(config.configRead(0x2c, 4)).toBe(0x07b015ad)
    expect(config.configRead(0x3d, 1)).toBe(1)
    expect(config.configRead(0x0e, 1)).toBe(0)
  })

  test('only the bits of the command register that the function has can be set', () => {
    const config = new ConfigSpace(256)
    endpointHeader(config, who, [], 1)
    config.configWrite(4, 2, 0xffff)
    expect(config.configRead(4, 2)).toBe(0x0546)
    config.configWrite(0, 4, 0)
    expect(config.configRead(0, 4)).toBe(0x07b015ad)
  })

  test('a BAR answers its size to the probe and then keeps an address of that alignment', () => {
    const bar = fc.record({
      log: fc.integer({ min: 4, max: 31 }),
      wide: fc.boolean(),
      prefetchable: fc.boolean(),
      address: fc.integer({ min: 0, max: 0xffffffff }),
    })
    fc.assert(
      fc.property(bar, ({ log, wide, prefetchable, address }) => {
        const config = new ConfigSpace(256)
        const bytes = 2 ** log
        endpointHeader(config, who, [{ index: 2, bytes, width: wide ? 64 : 32, prefetchable }], 0)
        const flags = (wide ? 4 : 0) | (prefetchable ? 8 : 0)
        config.configWrite(0x18, 4, 0xffffffff)
        config.configWrite(0x1c, 4, 0xffffffff)
        expect(config.configRead(0x18, 4)).toBe((-bytes | flags) >>> 0)
        expect(config.configRead(0x1c, 4)).toBe(wide ? 0xffffffff : 0)
        config.configWrite(0x18, 4, address)
        config.configWrite(0x1c, 4, 0x12)
        expect(config.configRead(0x18, 4)).toBe(((address & -bytes) | flags) >>> 0)
        expect(config.configRead(0x1c, 4)).toBe(wide ? 0x12 : 0)
        config.configWrite(0x10, 4, 0xffffffff)
        expect(config.configRead(0x10, 4)).toBe(0)
      }),
    )
  })

  test.each([
    { index: 5, bytes: 4096, width: 64 as const, prefetchable: false },
    { index: 0, bytes: 3000, width: 32 as const, prefetchable: false },
    { index: 0, bytes: 8, width: 32 as const, prefetchable: false },
  ])('a BAR that cannot be is refused: $index $bytes $width', (bar) => {
    expect(() => endpointHeader(new ConfigSpace(256), who, [bar], 0)).toThrow(RangeError)
  })
})

test('a virtual function has no ids, no BARs and only Bus Master Enable', () => {
  const { fn } = sampleDevice().vfs[0]
  expect(fn.configRead(0, 4)).toBe(0xffffffff)
  fn.configWrite(4, 2, 0xffff)
  expect(fn.configRead(4, 2)).toBe(4)
  for (let at = 0x10; at < 0x28; at += 4) {
    fn.configWrite(at, 4, 0xffffffff)
    expect(fn.configRead(at, 4)).toBe(0)
  }
  expect(fn.configRead(8, 4)).toBe(0x02000001)
})
