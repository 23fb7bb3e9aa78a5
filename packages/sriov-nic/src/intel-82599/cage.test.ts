import { VirtualScheduler } from '@npa/core'
import { Arena } from '@npa/memory'
import { enableFunction } from '@npa/pci'
import { describe, expect, test } from 'vitest'
import { createIntel82599 } from './index.js'
import type { Intel82599, Media } from './index.js'
import { PF_MAC } from '../intel/testing/frames.js'

const I2CCTL = 0x28
const ESDP = 0x20
const CLOCK = 2
const DATA = 8

function card(media?: Media): {
  chip: Intel82599
  read: (at: number) => number
  write: (at: number, v: number) => void
} {
  const chip = createIntel82599({
    arena: new Arena(4 << 20),
    scheduler: new VirtualScheduler(),
    name: 'nic',
    mac: PF_MAC,
    ...(media && { media }),
  })
  enableFunction(chip.pf)
  const read = (at: number): number => chip.pf.barRead(0, at, 4)
  const write = (at: number, value: number): void => chip.pf.barWrite(0, at, 4, value)
  return { chip, read, write }
}

/** Bytes of the module from a place on, over I2CCTL as a driver bangs it; undefined when nobody acknowledges. */
function module({ read, write }: ReturnType<typeof card>, from: number, count: number): number[] | undefined {
  const bit = (data: boolean): boolean => {
    const out = data ? DATA : 0
    write(I2CCTL, out)
    write(I2CCTL, out | CLOCK)
    const seen = (read(I2CCTL) & 5) === 5
    write(I2CCTL, out)
    return seen
  }
  const put = (byte: number): boolean => {
    for (let i = 7; i >= 0; i--) bit(((byte >>> i) & 1) === 1)
    return !bit(true)
  }
  const start = (): void => {
    for (const lines of [DATA, DATA | CLOCK, CLOCK, 0]) write(I2CCTL, lines)
  }
  start()
  if (!put(0xa0) || !put(from)) return undefined
  start()
  if (!put(0xa1)) return undefined
  const bytes = Array.from({ length: count }, (_, n) => {
    let byte = 0
    for (let i = 0; i < 8; i++) byte = (byte << 1) | (bit(true) ? 1 : 0)
    bit(n === count - 1)
    return byte
  })
  for (const lines of [0, CLOCK, CLOCK | DATA]) write(I2CCTL, lines)
  return bytes
}

describe('the SFP+ cage', () => {
  test('the module says what it is, with right checksums', () => {
    const bytes = module(card(), 0, 256) ?? []
    // Identifier, 10GBASE-SR, no gigabit code, no cable.
    expect([bytes[0], bytes[3], bytes[6], bytes[8]]).toEqual([3, 0x10, 0, 0])
    expect(String.fromCharCode(...bytes.slice(20, 36))).toBe('NPA             ')
    const sum = (from: number, to: number): number => bytes.slice(from, to).reduce((all, byte) => all + byte, 0) & 0xff
    expect([bytes[63], bytes[95]]).toEqual([sum(0, 63), sum(64, 95)])
  })

  test('a reset in the middle of a byte lets the bus go', () => {
    const sfp = card()
    for (const lines of [DATA | CLOCK, CLOCK, 0, DATA, DATA | CLOCK, DATA]) sfp.write(I2CCTL, lines)
    sfp.write(0, 1 << 26)
    expect(sfp.read(I2CCTL)).toBe(0xf)
    expect(module(sfp, 0, 1)).toEqual([3])
  })

  test('pin 2 says that it is occupied; pin 3 turns the laser off, which the far end sees, until a reset', () => {
    const { chip, read, write } = card()
    expect([read(ESDP), chip.wire.up]).toEqual([0x804, true])
    write(ESDP, 0x808)
    expect([read(ESDP), chip.wire.up, read(0x42a4)]).toEqual([0x80c, false, 0x09000000])
    write(ESDP, 0x800)
    expect(chip.wire.up).toBe(true)
    write(ESDP, 0x808)
    write(0, 1 << 26)
    expect([read(ESDP), chip.wire.up]).toEqual([0x804, true])
  })

  test('device id, link mode and serial interface are those of the media, after every reset', () => {
    for (const [media, device, autoc, autoc2] of [
      ['sfp', 0x10fb, 0x6000, 0x20000],
      ['cx4', 0x10f9, 0x2100, 0],
    ] as const) {
      const { chip, read, write } = card(media)
      expect(chip.pf.configRead(2, 2)).toBe(device)
      write(0x42a0, 0xffffffff)
      write(0x42a8, 0xffffffff)
      write(0, 1 << 3)
      expect([read(0x42a0), read(0x42a8)]).toEqual([autoc, autoc2])
    }
  })

  test('a CX4 board has no module', () => {
    const cx4 = card('cx4')
    expect([module(cx4, 0, 1), cx4.read(ESDP)]).toEqual([undefined, 0])
  })

  test('EEPROM: what to do for each kind of module, and a production firmware', () => {
    const { read, write } = card()
    const word = (at: number): number => {
      write(0x10014, (at << 2) | 1)
      return read(0x10014) >>> 16
    }
    const list = word(0x2b)
    const entries = [0, 1, 2, 3].map((n) => [word(list + 1 + 2 * n), word(word(list + 2 + 2 * n) + 1)])
    expect(entries).toEqual([3, 4, 5, 6].map((kind) => [kind, 0xffff]))
    expect(word(list + 9)).toBe(0xffff)
    expect(word(word(word(0x0f) + 4) + 7)).toBeGreaterThan(5)
  })
})
