import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigSpace, Msix } from './index.js'

const VECTORS = 70

function sample(): { config: ConfigSpace; msix: Msix; sent: number[] } {
  const config = new ConfigSpace(256)
  const msix = new Msix(config, {
    offset: 0x70,
    vectors: VECTORS,
    tableBar: 3,
    tableOffset: 0x1000,
    pbaBar: 3,
    pbaOffset: 0x3000,
  })
  const sent: number[] = []
  msix.connect({ message: (_lo, _hi, data) => sent.push(data) })
  for (let v = 0; v < VECTORS; v++) msix.write32(3, 0x1000 + v * 16 + 8, v)
  return { config, msix, sent }
}

const mask = (msix: Msix, v: number, on: boolean): void => msix.write32(3, 0x1000 + v * 16 + 12, on ? 1 : 0)

describe('Msix', () => {
  test('the capability says where table and pending bits are', () => {
    const { config } = sample()
    expect(config.configRead(0x70, 1)).toBe(0x11)
    config.configWrite(0x72, 2, 0xffff)
    expect(config.configRead(0x72, 2)).toBe(0xc000 | (VECTORS - 1))
    expect(config.configRead(0x74, 4)).toBe(0x1003)
    expect(config.configRead(0x78, 4)).toBe(0x3003)
  })

  test('a message carries the entry', () => {
    const { config, msix } = sample()
    const sent: number[][] = []
    msix.connect({ message: (lo, hi, data) => sent.push([lo, hi, data]) })
    msix.busMaster(true)
    config.configWrite(0x72, 2, 0x8000)
    msix.write32(3, 0x1000 + 32, 0xfee00013)
    msix.write32(3, 0x1000 + 36, 0xffffffff)
    msix.write32(3, 0x1000 + 40, 0x80000001)
    mask(msix, 2, false)
    msix.raise(2)
    expect(sent).toEqual([[0xfee00010, 0xffffffff, 0x80000001]])
    expect(msix.read32(3, 0x1000 + 32)).toBe(0xfee00010)
    expect(msix.read32(3, 0x1000 + 44)).toBe(0)
  })

  test('every change of an entry or of the function mask reaches the one who routes', () => {
    const { config, msix } = sample()
    const changed: number[] = []
    msix.onChange((vector) => changed.push(vector))
    mask(msix, 5, false)
    expect(changed).toEqual([5])
    config.configWrite(0x72, 2, 0x8000)
    expect(changed.length).toBe(1 + VECTORS)
    config.configWrite(0x72, 2, 0x8000)
    expect(changed.length).toBe(1 + VECTORS)
    msix.reset()
    expect(changed.length).toBe(1 + 2 * VECTORS)
  })

  test('an interrupt raised while MSI-X is off is lost and counted; a vector that is not there is nothing', () => {
    const { config, msix, sent } = sample()
    msix.busMaster(true)
    mask(msix, 0, false)
    msix.raise(0)
    msix.raise(VECTORS)
    msix.raise(-1)
    config.configWrite(0x72, 2, 0x8000)
    expect(sent).toEqual([])
    expect(msix.lost).toBe(1)
  })

  test('turning MSI-X off forgets what was pending', () => {
    const { config, msix, sent } = sample()
    msix.busMaster(true)
    config.configWrite(0x72, 2, 0x8000)
    msix.raise(3)
    config.configWrite(0x72, 2, 0)
    config.configWrite(0x72, 2, 0x8000)
    mask(msix, 3, false)
    expect([sent, msix.pending(3)]).toEqual([[], false])
  })

  test('reset masks every vector, forgets what was pending and turns MSI-X off', () => {
    const { config, msix, sent } = sample()
    config.configWrite(0x72, 2, 0x8000)
    msix.raise(3)
    config.reset('function')
    msix.reset()
    msix.busMaster(true)
    config.configWrite(0x72, 2, 0x8000)
    mask(msix, 3, false)
    expect(sent).toEqual([])
    expect(msix.masked(4)).toBe(true)
    expect(msix.word(4, 2)).toBe(0)
  })

  test('whatever masks and gates do, each interrupt is sent once it may be, and shown as pending until then', () => {
    const vector = fc.constantFrom(0, 1, 31, 32, 63, 64, 69)
    const op = fc.oneof(
      fc.record({ kind: fc.constant('raise' as const), vector, on: fc.constant(true) }),
      fc.record({ kind: fc.constant('mask' as const), vector, on: fc.boolean() }),
      fc.record({ kind: fc.constant('functionMask' as const), vector: fc.constant(0), on: fc.boolean() }),
      fc.record({ kind: fc.constant('busMaster' as const), vector: fc.constant(0), on: fc.boolean() }),
    )
    fc.assert(
      fc.property(fc.array(op, { maxLength: 80 }), (ops) => {
        const { config, msix, sent } = sample()
        config.configWrite(0x72, 2, 0x8000)
        const masked = new Set<number>(Array.from({ length: VECTORS }, (_, v) => v))
        const pending = new Set<number>()
        const expected: number[] = []
        let functionMask = false
        let master = false
        const settle = (): void => {
          for (const v of [...pending].sort((a, b) => a - b)) {
            if (functionMask || !master || masked.has(v)) continue
            pending.delete(v)
            expected.push(v)
          }
        }
        for (const { kind, vector, on } of ops) {
          if (kind === 'raise') {
            msix.raise(vector)
            pending.add(vector)
          } else if (kind === 'mask') {
            mask(msix, vector, on)
            if (on) masked.add(vector)
            else masked.delete(vector)
          } else if (kind === 'functionMask') {
            functionMask = on
            config.configWrite(0x72, 2, on ? 0xc000 : 0x8000)
          } else {
            master = on
            msix.busMaster(on)
          }
          settle()
          expect(sent).toEqual(expected)
          for (const v of [0, 1, 31, 32, 63, 64, 69]) {
            const word = msix.read32(3, 0x3000 + 4 * (v >> 5))
            expect((word >>> (v & 31)) & 1).toBe(pending.has(v) ? 1 : 0)
          }
        }
        expect(msix.sent).toBe(expected.length)
      }),
    )
  })

  test('the pending bits are read-only and end with the last vector’s quadword', () => {
    const { config, msix } = sample()
    config.configWrite(0x72, 2, 0x8000)
    msix.raise(69)
    msix.write32(3, 0x3008, 0)
    expect(msix.read32(3, 0x3008)).toBe(1 << 5)
    expect([msix.owns(3, 0x300c), msix.owns(3, 0x3010), msix.owns(2, 0x3000)]).toEqual([true, false, false])
    expect([msix.owns(3, 0xffc), msix.owns(3, 0x1000), msix.owns(3, 0x1000 + VECTORS * 16)]).toEqual([
      false,
      true,
      false,
    ])
    msix.withdraw(69)
    expect(msix.pending(69)).toBe(false)
  })

  test.each([
    [0, 0, 0x1000],
    [2049, 0, 0x10000],
    [3, 4, 0x1000],
  ])('a layout that cannot be is refused: %i vectors at %i', (vectors, tableOffset, pbaOffset) => {
    expect(
      () => new Msix(new ConfigSpace(256), { offset: 0x40, vectors, tableBar: 0, tableOffset, pbaBar: 0, pbaOffset }),
    ).toThrow(RangeError)
  })
})
