import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigSpace, SriovCap, Sriov } from './index.js'

const AT = 0x100
const BARS = [
  { index: 0, bytes: 0x4000, width: 64 as const, prefetchable: true },
  { index: 3, bytes: 0x1000, width: 32 as const, prefetchable: false },
]

function sample(): { config: ConfigSpace; sriov: Sriov; changes: number[] } {
  const config = new ConfigSpace(4096)
  const sriov = new Sriov(config, {
    offset: AT,
    totalVfs: 8,
    firstVfOffset: 0x80,
    vfStride: 2,
    vfDevice: 0x10ed,
    bars: BARS,
  })
  const changes: number[] = []
  sriov.onChange((count) => changes.push(count))
  return { config, sriov, changes }
}

describe('Sriov', () => {
  test('says how many VFs there can be, who they are and where', () => {
    const { config } = sample()
    expect(config.configRead(AT + 0x0c, 4)).toBe(0x00080008)
    expect(config.configRead(AT + 0x14, 4)).toBe(0x00020080)
    expect(config.configRead(AT + 0x1a, 2)).toBe(0x10ed)
    expect(config.configRead(AT + 0x1c, 4)).toBe(0x553)
    expect(config.configRead(AT + 0x20, 4)).toBe(1)
  })

  test('VFs come and go with VF Enable, and only then', () => {
    const { config, sriov, changes } = sample()
    config.configWrite(AT + SriovCap.numVfs, 2, 3)
    expect(sriov.count).toBe(0)
    config.configWrite(AT + SriovCap.control, 2, SriovCap.vfEnable)
    config.configWrite(AT + SriovCap.control, 2, SriovCap.vfEnable | SriovCap.vfMemory)
    expect(sriov.count).toBe(3)
    config.configWrite(AT + SriovCap.control, 2, 0)
    expect(changes).toEqual([3, 0])
  })

  test('the number of VFs and the page size are fixed while VF Enable is set, even with no VFs', () => {
    const { config } = sample()
    const set = (): number[] => {
      config.configWrite(AT + SriovCap.numVfs, 2, 5)
      config.configWrite(AT + SriovCap.systemPageSize, 4, 0x10)
      return [config.configRead(AT + SriovCap.numVfs, 2), config.configRead(AT + SriovCap.systemPageSize, 4)]
    }
    config.configWrite(AT + SriovCap.control, 2, SriovCap.vfEnable)
    expect(set()).toEqual([0, 1])
    config.configWrite(AT + SriovCap.control, 2, 0)
    expect(set()).toEqual([5, 0x10])
  })

  test('a VF BAR answers the size of one VF, and of a page if that is more', () => {
    const { config } = sample()
    const probe = (): number[] =>
      [0, 1, 2, 3].map((bar) => {
        config.configWrite(AT + 0x24 + 4 * bar, 4, 0xffffffff)
        return config.configRead(AT + 0x24 + 4 * bar, 4)
      })
    expect(probe()).toEqual([0xffffc00c, 0xffffffff, 0, 0xfffff000])
    config.configWrite(AT + SriovCap.systemPageSize, 4, 0x10)
    expect(probe()).toEqual([0xffff000c, 0xffffffff, 0, 0xffff0000])
    config.configWrite(AT + SriovCap.systemPageSize, 4, 0x500)
    expect(config.configRead(AT + SriovCap.systemPageSize, 4)).toBe(0x100)
    config.configWrite(AT + SriovCap.systemPageSize, 4, 0)
    expect(config.configRead(AT + SriovCap.systemPageSize, 4)).toBe(1)
  })

  test('any writes keep the number of VFs bounded, and fixed while they are enabled', () => {
    const write = fc.record({
      offset: fc.integer({ min: 4, max: 0x3f }),
      size: fc.constantFrom<1 | 2 | 4>(1, 2, 4),
      value: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 0xffffffff })),
    })
    fc.assert(
      fc.property(fc.array(write, { maxLength: 60 }), (writes) => {
        const { config, sriov, changes } = sample()
        for (const { offset, size, value } of writes) {
          const enabled = sriov.count > 0
          const before = config.get(AT + SriovCap.numVfs, 2)
          config.configWrite(AT + offset, size, value)
          const after = config.get(AT + SriovCap.numVfs, 2)
          if (enabled) expect(after).toBe(before)
          expect(after).toBeLessThanOrEqual(8)
          const on = (config.get(AT + SriovCap.control, 2) & 1) !== 0
          expect(sriov.count).toBe(on ? after : 0)
          expect(config.get(AT + SriovCap.totalVfs, 2)).toBe(8)
          expect(config.get(AT + SriovCap.systemPageSize, 4) & ~0x553).toBe(0)
        }
        expect(changes.at(-1) ?? 0).toBe(sriov.count)
      }),
    )
  })

  test('after a reset there are no VFs and their number can be set again', () => {
    const { config, sriov, changes } = sample()
    config.configWrite(AT + SriovCap.systemPageSize, 4, 0x10)
    config.configWrite(AT + SriovCap.numVfs, 2, 8)
    config.configWrite(AT + SriovCap.control, 2, 9)
    config.reset('function')
    sriov.reset()
    expect(changes).toEqual([8, 0])
    config.configWrite(AT + SriovCap.numVfs, 2, 2)
    expect(config.configRead(AT + SriovCap.numVfs, 2)).toBe(2)
    config.configWrite(AT + SriovCap.bar0, 4, 0xffffffff)
    expect(config.configRead(AT + SriovCap.bar0, 4)).toBe(0xffffc00c)
  })
})
