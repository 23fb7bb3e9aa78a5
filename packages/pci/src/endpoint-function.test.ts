import fc from 'fast-check'
import { AddressSpace, Arena, IommuPort } from '@npa/memory'
import { describe, expect, test } from 'vitest'
import { enableFunction, enableMsix, functionBar, functionLevelReset } from './index.js'
import type { PciFunction } from './index.js'
import { sampleDevice } from './testing/sample-device.js'

function plugged(): ReturnType<typeof sampleDevice> & {
  arena: Arena
  sent: number[]
  vfLists: (readonly PciFunction[])[]
} {
  const arena = new Arena(65536)
  const space = new AddressSpace('bus')
  space.map(0x10000, 8192, 0)
  const port = new IommuPort(arena)
  port.assign(space)
  const sent: number[] = []
  const vfLists: (readonly PciFunction[])[] = []
  const device = sampleDevice()
  const msi = { message: (_lo: number, _hi: number, data: number) => void sent.push(data) }
  device.fn.attach(port, msi, (vfs) => vfLists.push(vfs))
  return { ...device, arena, sent, vfLists }
}

const message = { addressLo: 0xfee00000, addressHi: 0, data: 0x41 }

describe('EndpointFunction', () => {
  test('without Bus Master Enable no byte moves and no interrupt leaves; with it both do', () => {
    const { fn, sent, arena } = plugged()
    enableMsix(fn, (bar) => functionBar(fn, bar), [message])
    arena.u8[9000] = 7
    expect(fn.dma.write(9000, 1, 0x10000, 0)).toBe(false)
    expect(fn.dma.read(0x10000, 0, 1, 9000)).toBe(false)
    expect(fn.dma.view(0x10000, 0, 64, true)).toBeUndefined()
    fn.raise(0)
    expect([fn.dma.refused, sent.length]).toEqual([2, 0])
    const epoch = fn.dma.epoch
    enableFunction(fn)
    expect(sent).toEqual([0x41])
    expect(fn.dma.epoch).not.toBe(epoch)
    expect(fn.dma.write(9000, 1, 0x10000, 0)).toBe(true)
    expect(arena.u8[0]).toBe(7)
    expect(fn.dma.view(0x10000, 0, 64, true)?.epoch).toBe(fn.dma.epoch)
  })

  test('in D3hot the function is silent and its registers are gone; back in D0 all is as before', () => {
    const { fn, sent, registers } = plugged()
    enableFunction(fn)
    enableMsix(fn, (bar) => functionBar(fn, bar), [message])
    fn.barWrite(0, 8, 4, 5)
    fn.configWrite(0x44, 2, 3)
    fn.raise(0)
    fn.barWrite(0, 8, 4, 6)
    expect(fn.barRead(0, 8, 4)).toBe(0xffffffff)
    expect([fn.dma.open, sent.length, registers.words.get(8)]).toEqual([false, 0, 5])
    fn.configWrite(0x44, 2, 0)
    expect([fn.dma.open, sent.length, fn.barRead(0, 8, 4)]).toEqual([true, 1, 5])
  })

  test('loads of any width read one register; narrow, unaligned and distant accesses do nothing', () => {
    const { fn, registers } = plugged()
    fn.barWrite(2, 0x10, 4, 0x81828384)
    expect([fn.barRead(2, 0x10, 4), fn.barRead(2, 0x12, 2), fn.barRead(2, 0x11, 1)]).toEqual([0x81828384, 0x8182, 0x83])
    expect(registers.reads).toBe(3)
    fn.barWrite(2, 0x10, 1, 0)
    fn.barWrite(2, 0x10, 2, 0)
    fn.barWrite(2, 0x11, 4, 0)
    fn.barWrite(2, 0x1000, 4, 1)
    fn.barWrite(1, 0, 4, 1)
    fn.barWrite(9, 0, 4, 1)
    expect([...registers.words]).toEqual([[0x10, 0x81828384]])
    expect([fn.barRead(2, 0x1000, 4), fn.barRead(2, 0xfff, 2), fn.barRead(1, 0, 1), fn.barRead(2, -4, 4)]).toEqual([
      0xffffffff, 0xffff, 0xff, 0xffffffff,
    ])
    expect(registers.reads).toBe(3)
  })

  test('the MSI-X table lies over the registers of its BAR', () => {
    const { fn, registers } = plugged()
    fn.barWrite(4, 0x18, 4, 0x12345678)
    expect(registers.words.size).toBe(0)
    expect(fn.barRead(4, 0x18, 4)).toBe(0x12345678)
    expect(fn.barRead(4, 0x1a, 2)).toBe(0x1234)
    fn.barWrite(4, 64 * 16, 4, 9)
    expect(registers.words.get(64 * 16)).toBe(9)
  })

  test('a function-level reset clears command, BARs, MSI-X and VFs, then resets the device, once', () => {
    const { fn, resets, vfs, vfLists, sent } = plugged()
    enableFunction(fn)
    enableMsix(fn, (bar) => functionBar(fn, bar), [message])
    fn.configWrite(0x10, 4, 0xe0000000)
    fn.configWrite(0x170, 2, 2)
    fn.configWrite(0x168, 2, 9)
    expect(functionLevelReset(fn)).toBe(true)
    expect(resets).toEqual(['function'])
    expect(vfLists.map((list) => list.length)).toEqual([2, 0])
    expect(vfs[0].resets).toEqual(['power'])
    expect([fn.configRead(4, 2), fn.configRead(0x10, 4), fn.configRead(0x72, 2), fn.configRead(0x168, 2)]).toEqual([
      0, 0xc, 63, 0,
    ])
    expect([fn.configRead(0xa8, 2) & 0x8000, fn.dma.open, fn.msix?.masked(0)]).toEqual([0, false, true])
    fn.raise(0)
    expect(sent).toEqual([])
  })

  test('VF Enable makes the first VFs appear, each a function of its own', () => {
    const { fn, vfs, vfLists } = plugged()
    fn.configWrite(0x170, 2, 3)
    fn.configWrite(0x168, 2, 1)
    expect(vfLists).toEqual([[vfs[0].fn, vfs[1].fn, vfs[2].fn]])
    functionLevelReset(vfs[1].fn)
    expect([vfs[0].resets, vfs[1].resets, fn.configRead(0x168, 2)]).toEqual([[], ['function'], 1])
  })

  test('VFs that disappear are reset, and no others', () => {
    const { fn, vfs, vfLists } = plugged()
    fn.configWrite(0x170, 2, 2)
    fn.configWrite(0x168, 2, 1)
    fn.configWrite(0x168, 2, 0)
    expect(vfs.slice(0, 4).map((vf) => vf.resets)).toEqual([['power'], ['power'], [], []])
    expect(vfLists.map((list) => list.length)).toEqual([2, 0])
  })

  test('no access of a guest throws', () => {
    const size = fc.constantFrom<1 | 2 | 4>(1, 2, 4)
    const offset = fc.oneof(
      fc.integer({ min: 0, max: 0x1ff }),
      fc.integer({ min: -5, max: 5000 }),
      fc.constantFrom(0x3ffc, 0x20000, 2 ** 31),
    )
    const value = fc.oneof(fc.constantFrom(0, 0xffffffff), fc.integer({ min: 0, max: 0xffffffff }))
    const op = fc.record({ bar: fc.integer({ min: -1, max: 7 }), config: fc.boolean(), offset, size, value })
    fc.assert(
      fc.property(fc.array(op, { maxLength: 100 }), (ops) => {
        const { fn } = plugged()
        for (const { bar, config, offset, size, value } of ops) {
          if (config) fn.configWrite(offset, size, value)
          else fn.barWrite(bar, offset, size, value)
          const read = config ? fn.configRead(offset, size) : fn.barRead(bar, offset, size)
          expect(Number.isInteger(read) && read >= 0 && read < 2 ** (8 * size)).toBe(true)
          fn.raise(offset & 63)
        }
        expect(fn.configRead(0, 4)).toBe(0x10f98086)
        expect(fn.configRead(0x34, 1)).toBe(0x40)
      }),
    )
  })
})
