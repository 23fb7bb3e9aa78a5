import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigSpace, findCapability, findExtended } from './index.js'

const access = fc.record({
  offset: fc.oneof(fc.integer({ min: -8, max: 272 }), fc.constantFrom(4092, 4096, 1e9)),
  size: fc.constantFrom<1 | 2 | 4>(1, 2, 4),
  value: fc.integer({ min: 0, max: 0xffffffff }),
})

describe('ConfigSpace', () => {
  test('random writes change what the masks allow, byte by byte, and nothing throws', () => {
    const masks = fc.array(fc.tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 255 })), {
      minLength: 256,
      maxLength: 256,
    })
    fc.assert(
      fc.property(masks, fc.array(access, { maxLength: 60 }), (masks, accesses) => {
        const config = new ConfigSpace(256)
        const model = new Uint8Array(256)
        masks.forEach(([writable, clearable], at) => {
          config.init(at, 1, at)
          model[at] = at
          config.writable(at, 1, writable & ~clearable)
          config.clearable(at, 1, clearable)
        })
        for (const { offset, size, value } of accesses) {
          config.configWrite(offset, size, value)
          const legal = offset >= 0 && offset % size === 0 && offset + size <= 256
          if (!legal) {
            expect(config.configRead(offset, size)).toBe(2 ** (8 * size) - 1)
            continue
          }
          for (let i = 0; i < size; i++) {
            const byte = (value >>> (8 * i)) & 0xff
            const [writable, clearable] = masks[offset + i]
            const plain = writable & ~clearable
            model[offset + i] = ((model[offset + i] & ~plain) | (byte & plain)) & ~(byte & clearable)
          }
        }
        for (let at = 0; at < 256; at += 4) {
          const word = new DataView(model.buffer).getUint32(at, true)
          expect(config.configRead(at, 4)).toBe(word)
          expect(config.configRead(at + 2, 2)).toBe(word >>> 16)
          expect(config.configRead(at + 1, 1)).toBe((word >>> 8) & 0xff)
        }
      }),
      { numRuns: 60 },
    )
  })

  test('a hook sees the register after the write, and its value before, whatever part was written', () => {
    const config = new ConfigSpace(256)
    const seen: number[][] = []
    config.writable(0x42, 2, 0xffff)
    config.onWrite(0x42, 2, (before) => seen.push([before, config.get(0x42, 2)]))
    config.configWrite(0x43, 1, 0xab)
    config.configWrite(0x40, 4, 0x12340000)
    config.configWrite(0x40, 2, 0xffff)
    config.configWrite(0x44, 4, 1)
    expect(seen).toEqual([
      [0, 0xab00],
      [0xab00, 0x1234],
    ])
  })

  test('capabilities are found in the order they were added, at the places their author chose', () => {
    const config = new ConfigSpace(4096)
    expect(findCapability(config, 0x11)).toBe(0)
    expect(findExtended(config, 1)).toBe(0)
    config.capability(0x01, 0x50, 8)
    config.capability(0x11, 0x70, 12)
    config.capability(0x10, 0x40, 12)
    config.extended(0x0001, 1, 0x100, 0x48)
    config.extended(0x0010, 1, 0x160, 0x40)
    expect([findCapability(config, 0x01), findCapability(config, 0x11), findCapability(config, 0x10)]).toEqual([
      0x50, 0x70, 0x40,
    ])
    expect(config.configRead(0x34, 1)).toBe(0x50)
    expect(config.configRead(0x41, 1)).toBe(0)
    expect(config.configRead(0x06, 2)).toBe(0x10)
    expect([findExtended(config, 1), findExtended(config, 0x10), findExtended(config, 3)]).toEqual([0x100, 0x160, 0])
    expect(config.configRead(0x100, 4)).toBe(0x16010001)
  })

  test('a capability on a taken, unaligned or missing place is refused', () => {
    const config = new ConfigSpace(4096)
    config.capability(0x01, 0x40, 8)
    expect(() => config.capability(0x11, 0x44, 12)).toThrow(RangeError)
    expect(() => config.capability(0x11, 0x52, 12)).toThrow(RangeError)
    expect(() => config.capability(0x11, 0xf8, 12)).toThrow(RangeError)
    expect(() => config.extended(0x0010, 1, 0x160, 0x40)).toThrow(/0x100/)
  })

  test('a chain that loops ends the search', () => {
    const config = new ConfigSpace(4096)
    config.capability(0x01, 0x40, 8)
    config.init(0x41, 1, 0x40)
    config.extended(0x0001, 1, 0x100, 8)
    config.init(0x100, 4, 0x10010001)
    expect(findCapability(config, 0x11)).toBe(0)
    expect(findExtended(config, 0x10)).toBe(0)
  })

  test('sticky bits survive all but power, held ones a function reset only', () => {
    const config = new ConfigSpace(256)
    config.init(0x40, 4, 0x11111111)
    config.writable(0x40, 4, -1)
    config.survives(0x40, 1, 0xff, 'sticky')
    config.survives(0x41, 1, 0xff, 'held')
    const after = (kind: 'power' | 'bus' | 'function'): number => {
      config.configWrite(0x40, 4, 0xffffffff)
      config.reset(kind)
      return config.configRead(0x40, 4)
    }
    expect(after('function')).toBe(0x1111ffff)
    expect(after('bus')).toBe(0x111111ff)
    expect(after('power')).toBe(0x11111111)
  })
})
