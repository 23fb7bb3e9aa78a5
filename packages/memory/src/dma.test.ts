import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AddressSpace, Arena, IommuPort, PAGE } from './index.js'

const CHIP = 12 * PAGE
const BUS = 2 ** 32 - PAGE

/** Four bus pages around 4 GiB, scattered in the arena: the second is read-only, the fourth not there. */
function sample(): { arena: Arena; space: AddressSpace; port: IommuPort } {
  const arena = new Arena(65536)
  for (let i = 0; i < arena.bytes; i++) arena.u8[i] = i * 31 + (i >> 8)
  const space = new AddressSpace('guest')
  space.map(BUS, PAGE, 8 * PAGE)
  space.map(BUS + PAGE, PAGE, 2 * PAGE, false)
  space.map(BUS + 2 * PAGE, PAGE, 5 * PAGE)
  const port = new IommuPort(arena)
  port.assign(space)
  return { arena, space, port }
}

const words = (address: number): [number, number] => [address >>> 0, Math.floor(address / 2 ** 32)]

describe('IommuPort', () => {
  test('a transfer moves every byte, across pages, or none at all', () => {
    const pages = [8, 2, 5, -1]
    const transfer = fc.record({
      offset: fc.integer({ min: -10, max: 4 * PAGE }),
      bytes: fc.integer({ min: 0, max: 3 * PAGE }),
      write: fc.boolean(),
    })
    fc.assert(
      fc.property(transfer, ({ offset, bytes, write }) => {
        const { arena, port } = sample()
        const expected = arena.u8.slice()
        let legal = true
        for (let i = 0; i < bytes; i++) {
          const page = Math.floor((offset + i) / PAGE)
          const at = pages[page] as number | undefined
          if (at === undefined || at < 0 || (write && page === 1)) legal = false
        }
        for (let i = 0; legal && i < bytes; i++) {
          const bus = pages[Math.floor((offset + i) / PAGE)] * PAGE + ((offset + i) % PAGE)
          if (write) expected[bus] = arena.u8[CHIP + i]
          else expected[CHIP + i] = arena.u8[bus]
        }
        const [lo, hi] = words(BUS + offset)
        expect(write ? port.write(CHIP, bytes, lo, hi) : port.read(lo, hi, bytes, CHIP)).toBe(legal)
        expect(Buffer.compare(arena.u8, expected)).toBe(0)
        expect([port.faults, port.bytes]).toEqual(legal ? [0, bytes] : [1, 0])
      }),
    )
  })

  test('addresses up to the last of 64 bits are refused where nothing is mapped, not taken for empty transfers', () => {
    const { port } = sample()
    for (const hi of [0x1fffff, 0x200000, 0x7fffffff, 0xffffffff, -1]) {
      expect(port.read(0xfffffff0, hi, 64, CHIP)).toBe(false)
      expect(port.write(CHIP, 64, 0xfffffff0, hi)).toBe(false)
      expect(port.view(0xfffffff0, hi, 16, true)).toBeUndefined()
    }
    expect(port.bytes).toBe(0)
    expect(port.faults).toBe(10)
  })

  test('without an address space everything is refused', () => {
    const { port } = sample()
    port.assign(undefined)
    expect([port.read(BUS, 0, 4, CHIP), port.write(CHIP, 4, BUS, 0), port.faults]).toEqual([false, false, 2])
    expect(port.view(BUS, 0, 64, false)).toBeUndefined()
  })

  test('a view is the memory itself, when it is one aligned piece with the rights asked for', () => {
    const { port, arena } = sample()
    const view = port.view(BUS + 8, 0, 64, true)
    expect([view?.i32, view?.word0]).toEqual([arena.i32, (8 * PAGE + 8) / 4])
    expect(port.view(BUS + 2, 0, 64, true)).toBeUndefined()
    expect(port.view(BUS, 0, 2 * PAGE, false)).toBeUndefined()
    expect(port.view(0, 1, 64, true)).toBeUndefined()
    expect(port.view(0, 1, 64, false)?.word0).toBe((2 * PAGE) / 4)
  })

  test('the epoch moves with every change of the map and of the assignment', () => {
    const { port, space } = sample()
    const other = new AddressSpace('other')
    const seen = new Set<number>()
    const look = (): void => {
      expect(seen.has(port.epoch)).toBe(false)
      seen.add(port.epoch)
    }
    look()
    space.map(0, PAGE, 0)
    look()
    port.assign(other)
    look()
    port.assign(undefined)
    look()
    port.assign(space)
    look()
    space.unmap(0, PAGE)
    look()
  })

  test('whoever keeps a copy of the map hears of every change before it returns, until another space is assigned', () => {
    const { space, port } = sample()
    const heard: (number | undefined)[] = []
    port.follow((now) => heard.push(now?.ranges.length))
    space.unmap(BUS, PAGE)
    const other = new AddressSpace('other')
    port.assign(other)
    space.unmap(BUS + PAGE, PAGE)
    other.map(0, PAGE, PAGE)
    other.map(0, PAGE, 2 * PAGE)
    port.assign(undefined)
    other.unmap(0, PAGE)
    expect(heard).toEqual([3, 2, 0, 1, 1, undefined])
  })

  test('a write-back for drivers in other threads brings the same bytes, whatever it consists of', () => {
    const piece = fc.record({ at: fc.nat(64), to: fc.nat(64), bytes: fc.nat(1200) })
    fc.assert(
      fc.property(piece, ({ at, to, bytes }) => {
        const { arena, space } = sample()
        const port = new IommuPort(arena, true)
        port.assign(space)
        const expected = arena.u8.slice()
        expected.copyWithin(8 * PAGE + to, CHIP + at, CHIP + at + bytes)
        expect(port.write(CHIP + at, bytes, ...words(BUS + to))).toBe(true)
        expect(arena.u8.every((byte, i) => byte === expected[i])).toBe(true)
      }),
      { numRuns: 200 },
    )
  })
})
