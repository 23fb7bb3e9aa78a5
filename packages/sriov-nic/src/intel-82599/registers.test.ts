import { describe, expect, test } from 'vitest'
import type { Media } from './media.js'
import { BareProgram } from './testing/bare-program.js'

const RESET = 1 << 26
const LINKS = 0x42a4
const VFLINKS = 0x10
const RTTDQSEL = 0x4904
const RTTDT1C = 0x4908
const QUEUES = 128

describe('LINKS', () => {
  /** Without a link, with one, and with one that was never lost between two reads. */
  const WIRED: readonly (readonly [Media, down: number, up: number, stayed: number])[] = [
    ['sfp', 0x09000000, 0x79001010, 0x79001090],
    ['cx4', 0x04400000, 0x7443ef00, 0x7443ef80],
  ]

  test.each(WIRED)('says how a port with %s is wired, and what it hears', (media, down, up, stayed) => {
    const p = new BareProgram(0, { media })
    expect([p.pf.read(LINKS), p.pf.read(LINKS)]).toEqual([up, stayed])
    p.chip.setLink(false)
    expect([p.pf.read(LINKS), p.pf.read(LINKS)]).toEqual([down, down])
    p.chip.setLink(true)
    expect([p.pf.read(LINKS), p.pf.read(LINKS)]).toEqual([up, stayed])
  })

  test('tells once of a link that was lost and came back, also after the state went elsewhere', () => {
    const p = new BareProgram()
    p.pf.read(LINKS)
    expect(p.pf.read(LINKS) & 0x80).toBe(0x80)
    p.chip.setLink(false)
    p.chip.setLink(true)
    const saved = p.chip.save()
    expect([p.pf.read(LINKS) & 0x80, p.pf.read(LINKS) & 0x80]).toEqual([0, 0x80])
    p.chip.restore(saved)
    expect([p.pf.read(LINKS) & 0x80, p.pf.read(LINKS) & 0x80]).toEqual([0, 0x80])
    p.pf.write(0, RESET)
    expect([p.pf.read(LINKS) & 0x80, p.pf.read(LINKS) & 0x80]).toEqual([0, 0x80])
  })

  test('is read by a virtual function without taking that from the PF', () => {
    const p = new BareProgram()
    const [vf] = p.vfs
    expect([vf.read(VFLINKS), vf.read(VFLINKS), p.pf.read(LINKS)]).toEqual([0x79001090, 0x79001090, 0x79001010])
    vf.write(VFLINKS, 0)
    p.chip.setLink(false)
    expect(vf.read(VFLINKS)).toBe(0x09000000)
  })
})

describe('RTTDT1C', () => {
  test('is that of the queue in RTTDQSEL, of each its own', () => {
    const p = new BareProgram()
    for (let q = 0; q < QUEUES; q++) {
      p.pf.write(RTTDQSEL, q)
      p.pf.write(RTTDT1C, 0xffffc000 | (q * 100 + 1))
    }
    const read = (): number[] =>
      Array.from({ length: QUEUES }, (_, q) => {
        p.pf.write(RTTDQSEL, q)
        return p.pf.read(RTTDT1C)
      })
    const each = Array.from({ length: QUEUES }, (_, q) => q * 100 + 1)
    expect(read()).toEqual(each)
    const saved = p.chip.save()
    p.pf.write(0, RESET)
    expect(read()).toEqual(each.map(() => 0))
    p.chip.restore(saved)
    expect(read()).toEqual(each)
  })
})

describe('reserved bits', () => {
  /** Name, offset, bits that a write changes, bits that are always 1. */
  const BITS: readonly (readonly [string, number, number, number?])[] = [
    ['CTRL_EXT', 0x18, 0x10034000],
    ['GPIE', 0x898, 0xc000ffff],
    ['RTRPT4C', 0x2140, 0xc0ffffff],
    ['RTRUP2TC', 0x3020, 0x00ffffff],
    ['PAP', 0x4248, 0x000f0000, 0xffff],
    ['RTTDCS', 0x4900, 0x80c00053],
    ['RTTDQSEL', 0x4904, 0x7f],
    ['RTTDT1C', 0x4908, 0x3fff],
    ['RTTDT2C', 0x4910, 0xc0ffffff],
    ['RTTBCNRM', 0x4980, 0x7ff],
    ['RTTBCNRC', 0x4984, 0x80ffffff],
    ['PFVTCTL', 0x51b0, 0x60001f81],
    ['MRQC', 0x5818, 0x01ff000f],
    ['MRQC', 0xec80, 0x01ff000f],
    ['MTQC', 0x8120, 0xf],
    ['RTTUP2TC', 0xc800, 0x00ffffff],
    ['RTTPT2C', 0xcd3c, 0xc0ffffff],
    ['GCR_EXT', 0x11050, 0xc0000013],
  ]

  const all = BITS.map(([name, offset, bits, ones = 0]) => ({ name, offset, bits, ones }))
  test.each(all)('of $name: a write changes the others alone', ({ offset, bits, ones }) => {
    const { pf } = new BareProgram(0)
    pf.write(offset, 0xffffffff)
    expect(pf.read(offset)).toBe((bits | ones) >>> 0)
    pf.write(offset, 0)
    expect(pf.read(offset)).toBe(ones)
  })
})

test('PBACL takes back messages that wait, each by its bit', () => {
  const p = new BareProgram()
  const control = (value: number): void => p.pf.fn.configWrite(0x72, 2, value)
  const pending = (): number[] => [p.pf.fn.barRead(4, 0x2000, 4), p.pf.fn.barRead(4, 0x2004, 4)]
  p.pf.interrupts(64, 0x100)
  control(0xc000)
  p.pf.write(0xaa0, 0xffffffff)
  p.pf.write(0xaa4, 0xffffffff)
  p.pf.write(0xa90, 0xb)
  p.pf.write(0xa94, 0x30)
  p.run()
  expect(pending()).toEqual([0xb, 0x30])
  p.pf.write(0x110c0, 1)
  p.pf.write(0x11068, 2)
  p.pf.write(0x110c4, 0x20)
  expect(pending()).toEqual([8, 0x10])
  control(0x8000)
  expect([p.pf.messages, p.pf.read(0x110c0)]).toEqual([[0x103, 0x124], 0])
})

describe('registers that drivers only look at', () => {
  test.each([
    ['RDRXCTL', 0x2f00, 0x00108808],
    ['HLREG0', 0x4240, 0x08012c0b],
    ['HLREG1', 0x4244, 1],
    ['PAP', 0x4248, 0xffff],
    ['RTTDCS', 0x4900, 0x00c00000],
    ['RTTPCS', 0xcd00, 0x89000000],
    ['EEMNGCTL', 0x10110, 0x800c0000],
  ])('%s has its value after a reset', (_name, offset, value) => {
    const { chip, pf } = new BareProgram(0)
    pf.write(0, RESET)
    expect(pf.read(offset)).toBe(value)
    expect(chip.counters.get(`register.unknown.read.0x${offset.toString(16)}`)).toBe(0)
  })

  test('TXDESCIC is always ready, and shows no context', () => {
    const { pf } = new BareProgram(0)
    for (const address of [0, 5, 0xffffffff]) {
      pf.write(0x82cc, address)
      expect(pf.read(0x82cc) >>> 31).toBe(1)
    }
    expect([0, 1, 2, 3].map((n) => pf.read(0x82b0 + 4 * n))).toEqual([0, 0, 0, 0])
  })

  test('counters of what is not there are 0: FCoE placement, Flow Director, MACsec, credits', () => {
    const { chip, pf } = new BareProgram(0)
    const range = (from: number, to: number): number[] =>
      Array.from({ length: (to - from) / 4 + 1 }, (_, n) => from + 4 * n)
    const places = [
      0x2424,
      0x490c,
      ...range(0x2160, 0x217c),
      ...range(0x4930, 0x494c),
      ...range(0x5900, 0x5900),
      ...range(0x5a00, 0x5a7c),
      ...range(0x8a3c, 0x8a4c),
      ...range(0x8f40, 0x8f80),
      ...range(0xcd40, 0xcd5c),
      ...range(0xee4c, 0xee5c),
    ]
    expect(places.filter((at) => pf.read(at) !== 0)).toEqual([])
    expect(Object.keys(chip.counters.snapshot()).filter((name) => name.startsWith('register.unknown'))).toEqual([])
  })

  test('fields and masks of perfect filters, addresses that wake, strict queues are storage', () => {
    const { pf } = new BareProgram(0)
    const places = [
      ...[0xee0c, 0xee10, 0xee14, 0xee18, 0xee1c, 0xee20, 0xee24],
      ...[0xee3c, 0xee40, 0xee44, 0xee48, 0xee70, 0xee74, 0xee78],
      ...[0x5838, 0x5840, 0x5848, 0x5850, 0x5858, 0x5880, 0x5884, 0x5888, 0x588c],
      ...[0x82e0, 0x82e4, 0x82e8, 0x82ec],
    ]
    for (const [i, at] of places.entries()) pf.write(at, 0x01010101 * (i + 1))
    expect(places.map((at) => pf.read(at))).toEqual(places.map((_, i) => 0x01010101 * (i + 1)))
  })
})
