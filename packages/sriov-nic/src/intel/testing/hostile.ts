import fc from 'fast-check'
import { frameOf, macOf } from './frames.js'
import type { BenchChip, ChipBench } from './chip-bench.js'
import { MEMORY } from './side.js'
import type { Side } from './side.js'

/** One thing that a driver, a guest or the network does. */
export type Step =
  | { kind: 'vf'; vf: number; offset: number; value: number }
  | { kind: 'pf'; offset: number; value: number }
  | { kind: 'memory'; side: number; offset: number; words: number[] }
  | { kind: 'wire'; pool: number; bytes: number; tci: number }
  | { kind: 'config'; side: number; offset: number; value: number }
  | { kind: 'credit'; credit: number }
  | { kind: 'run'; ns: number }

const word = fc.oneof(
  fc.constantFrom(0, 1, 0xffffffff, 0x80000000, 1 << 25, 1 << 26, 0x00100000, 0x00110000, 0x02000402),
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.integer({ min: 0, max: 64 }),
)

/** Descriptors that are nearly right. */
const descriptor = fc
  .record({
    offset: fc.integer({ min: 0, max: MEMORY + 4096 }),
    high: fc.constantFrom(1, 1, 1, 0, 0x1fffff),
    type: fc.constantFrom(0x20300000, 0x20300000, 0x20200000, 0x00000000, 0x20500000),
    bits: fc.integer({ min: 0, max: 0xff }),
    length: fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 0xffff })),
    info: fc.integer({ min: 0, max: 0x3fff }),
  })
  .map(({ offset, high, type, bits, length, info }) => [
    0x100000 + offset,
    high,
    (type | (bits << 24) | length) >>> 0,
    ((length << 14) | info) >>> 0,
  ])

/** Steps for a chip; the offsets are registers of a virtual function and of the PF that matter most, and how far each space goes. */
export function hostileSteps(vf: readonly number[], pf: readonly number[]): fc.Arbitrary<Step> {
  const vfOffset = fc.oneof(fc.constantFrom(...vf), fc.integer({ min: 0, max: 0x3fff }))
  const pfOffset = fc.oneof(fc.constantFrom(...pf), fc.integer({ min: 0, max: 0x1ffff }))
  return fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant('vf' as const), vf: fc.nat(2), offset: vfOffset, value: word }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('pf' as const), offset: pfOffset, value: word }) },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('memory' as const),
        side: fc.nat(3),
        offset: fc.constantFrom(0x1000, 0x1010, 0x1040, 0x10f0, 0x2000, 0x2010, 0x2100),
        words: fc.array(descriptor, { minLength: 1, maxLength: 6 }).map((all) => all.flat()),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('wire' as const),
        pool: fc.integer({ min: 0, max: 5 }),
        bytes: fc.integer({ min: 0, max: 9500 }),
        tci: fc.integer({ min: -1, max: 3 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('config' as const),
        side: fc.nat(3),
        offset: fc.constantFrom(0x04, 0x44, 0x72, 0xa8, 0x168, 0x170),
        value: fc.constantFrom(0, 1, 2, 3, 6, 0x8000, 0xffff),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('credit' as const), credit: fc.nat(20) }) },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('run' as const), ns: fc.constantFrom(0, 100, 600, 20000) }) },
  )
}

function side(p: ChipBench<BenchChip>, index: number): Side {
  return index < p.vfs.length ? p.vfs[index] : p.pf
}

/** Does one step; functions that appear through it are added to `all`. */
export function playHostile(p: ChipBench<BenchChip>, all: Side[], one: Step): void {
  switch (one.kind) {
    case 'vf':
      side(p, one.vf).write(one.offset, one.value)
      side(p, one.vf).read(one.offset)
      break
    case 'pf':
      p.pf.write(one.offset, one.value)
      p.pf.read(one.offset)
      break
    case 'memory':
      side(p, one.side).putWords(one.offset, one.words)
      break
    case 'wire': {
      const frame = frameOf(
        one.pool === 5 ? new Uint8Array(6).fill(0xff) : macOf(one.pool),
        macOf(9),
        Math.max(one.bytes, 14),
      )
      if (one.tci >= 0 && frame.length > 18) frame.set([0x81, 0, 0, one.tci], 12)
      p.far.put(frame.subarray(0, one.bytes))
      break
    }
    case 'config':
      side(p, one.side).fn.configWrite(one.offset, 2, one.value)
      for (const vf of p.vfs) if (!all.includes(vf)) all.push(vf)
      break
    case 'credit':
      p.far.open(one.credit)
      break
    default:
      p.run(one.ns)
  }
}
