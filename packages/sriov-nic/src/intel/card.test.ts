import { VirtualScheduler } from '@npa/core'
import { Arena } from '@npa/memory'
import { enableFunction, Extended, findExtended, RootComplex, SriovCap } from '@npa/pci'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { REGISTERS as REGISTERS_82576 } from '../intel-82576/chip.js'
import { createIntel82576, createIntel82576Card } from '../intel-82576/index.js'
import { BareProgram as Bare82576 } from '../intel-82576/testing/bare-program.js'
import { REGISTERS as REGISTERS_82599 } from '../intel-82599/chip.js'
import { createIntel82599, createIntel82599Card } from '../intel-82599/index.js'
import { BareProgram as Bare82599 } from '../intel-82599/testing/bare-program.js'
import type { RegisterSpec } from '../engine/register-file.js'
import type { ChipBench, BenchChip } from './testing/chip-bench.js'
import { frameOf, macOf, PF_MAC } from './testing/frames.js'
import { hostileSteps, playHostile } from './testing/hostile.js'
import type { Step } from './testing/hostile.js'
import type { RxRing, TxRing } from './testing/ring.js'
import { difference, makeTwin, stateDifference } from './testing/twin.js'

/** PMCSR: where the functions have their power state. */
const POWER = 0x44

/** What both bare programs have. */
interface Bare extends ChipBench<BenchChip> {
  vfRings(vf: number): { tx: TxRing; rx: RxRing }
  pfRings(): { tx: TxRing; rx: RxRing }
  givePool(pool: number, mac: Uint8Array): void
}

interface Model {
  readonly name: string
  readonly registers: readonly RegisterSpec[]
  readonly create: (mac: Uint8Array, ports: number) => readonly BenchChip[]
  /** Two ports of a card, each with a program. */
  readonly card: () => [Bare, Bare]
  readonly swsm: number
  readonly resources: number
  readonly factps: number
  readonly ral: number
  readonly eerd: number
  /** Registers that hostile steps like best: of virtual functions, of the PF. */
  readonly vf: readonly number[]
  readonly pf: readonly number[]
}

function parts(): { arena: Arena; scheduler: VirtualScheduler; name: string } {
  return { arena: new Arena(12 << 20), scheduler: new VirtualScheduler(), name: 'nic' }
}

const MODELS: readonly Model[] = [
  {
    name: '82599',
    registers: REGISTERS_82599.filter(({ offset }) => offset < 0x20000),
    create: (mac, ports) => createIntel82599Card({ ...parts(), mac }, ports),
    card: () => {
      const shared = parts()
      const [a, b] = createIntel82599Card({ ...shared, mac: PF_MAC }, 2)
      return [new Bare82599(3, {}, { ...shared, chip: a }), new Bare82599(3, {}, { ...shared, chip: b })]
    },
    swsm: 0x10140,
    resources: 0x10160,
    factps: 0x10150,
    ral: 0xa200,
    eerd: 0x10014,
    vf: [0x1018, 0x2018, 0x1028, 0x2028, 0x2018, 0x1014, 0x2038, 0x2fc, 0],
    pf: [0, 0x18, 0x51b0, 0x11050, 0x8220, 0x8110, 0x51e0, 0x3000, 0x4a80, 0x5080, 0x6018, 0x6198, 0x1018, 0x4240],
  },
  {
    name: '82576',
    registers: REGISTERS_82576.filter(({ offset }) => offset < 0x20000),
    create: (mac, ports) => createIntel82576Card({ ...parts(), mac }, ports),
    card: () => {
      const shared = parts()
      const [a, b] = createIntel82576Card({ ...shared, mac: PF_MAC }, 2)
      return [new Bare82576(3, {}, { ...shared, chip: a }), new Bare82576(3, {}, { ...shared, chip: b })]
    },
    swsm: 0x5b50,
    resources: 0x5b5c,
    factps: 0x5b30,
    ral: 0x5400,
    eerd: 0x14,
    vf: [0x2818, 0x3818, 0x2828, 0x3828, 0x280c, 0x3838, 0xc40, 0x1520, 0x1580, 0],
    pf: [0, 0x18, 0x20, 0x100, 0x400, 0x3500, 0x581c, 0x5818, 0xc8c, 0xc90, 0x2404, 0xc018, 0xe018, 0xe0d8],
  },
]

const SOFTWARE_RESET = 1 << 26
const WORDS = 0x40

/** The neighbour's work of one turn, and what came of it. */
class Neighbour {
  readonly bare: Bare
  readonly vfs: readonly { tx: TxRing; rx: RxRing }[]
  readonly seen: unknown[] = []
  #turn = 0

  constructor(bare: Bare) {
    this.bare = bare
    this.vfs = [0, 1].map((vf) => bare.vfRings(vf))
    for (const [vf, side] of bare.vfs.slice(0, 2).entries()) side.interrupts(3, vf * 16)
    for (const { rx } of this.vfs) rx.post(16)
    bare.run()
  }

  turn(): void {
    const { bare, vfs } = this
    const seed = this.#turn++
    vfs[0].tx.send(frameOf(macOf(1), macOf(0), 100 + seed, seed))
    vfs[1].tx.send(frameOf(macOf(77), macOf(1), 60 + seed, seed))
    bare.far.put(frameOf(macOf(0), macOf(77), 200 + seed, seed))
    bare.run()
    for (const { rx } of vfs) {
      const got = rx.take()
      this.seen.push(got)
      rx.post(got.length)
    }
    this.seen.push(
      bare.far.frames.splice(0),
      [...bare.vfs, bare.pf].map((side) => side.messages.splice(0)),
    )
  }

  /** All that has come of it: frames, descriptors, messages, books, and the first of every kind of register. */
  result(registers: readonly number[]): unknown {
    const { bare } = this
    const intact = [bare.pf, ...bare.vfs].every((side) => side.intact)
    return [this.seen, bare.chip.counters.snapshot(), registers.map((at) => bare.pf.read(at)), intact, bare.missing]
  }
}

describe.each(MODELS)('a card of two ports, $name', (model) => {
  test('are functions 0 and 1, each with its own address, in one EEPROM', () => {
    const [a, b] = model.card()
    const own = [a, b].map(({ pf }) => ({
      header: pf.fn.configRead(0x0e, 1),
      pin: pf.fn.configRead(0x3d, 1),
      next: pf.fn.configRead(findExtended(pf.fn, Extended.ari) + 5, 1),
      link: pf.fn.configRead(findExtended(pf.fn, Extended.sriov) + SriovCap.functionLink, 1),
      lan: (pf.read(8) >>> 2) & 3,
      factps: pf.read(model.factps),
    }))
    const both = { header: 0x80, factps: 0x186 }
    expect(own).toEqual([
      { ...both, pin: 1, next: 1, link: 0, lan: 0 },
      { ...both, pin: 2, next: 0, link: 1, lan: 1 },
    ])
    const serials = [a, b].map(({ pf }) => [4, 8].map((at) => pf.fn.configRead(findExtended(pf.fn, 3) + at, 4)))
    expect(serials[0]).toEqual(serials[1])
    // The bare programs have overwritten RAL: a reset loads it.
    for (const { pf } of [a, b]) pf.write(0, SOFTWARE_RESET)
    expect([a, b].map(({ pf }) => (pf.read(model.ral + 4) >>> 8) & 0xff)).toEqual([PF_MAC[5], PF_MAC[5] ^ 1])
    const words = [a, b].map(({ pf }) =>
      Array.from({ length: WORDS }, (_, word) => {
        pf.write(model.eerd, (word << 2) | 1)
        return pf.read(model.eerd) >>> 16
      }),
    )
    expect(words[0]).toEqual(words[1])
  })

  test('virtual functions of one stand between those of the other on the bus', () => {
    const arena = new Arena(16 << 20)
    const root = new RootComplex(arena)
    const ports = model.create(PF_MAC, 2)
    for (const [port, { pf }] of ports.entries()) {
      root.plug(0x100 + port, pf)
      const config = root.config(0x100 + port)
      enableFunction(config)
      const at = findExtended(config, Extended.sriov)
      config.configWrite(at + SriovCap.numVfs, 2, 3)
      config.configWrite(at + SriovCap.control, 2, SriovCap.vfEnable | SriovCap.vfMemory)
    }
    expect([root.vfs(0x100), root.vfs(0x101)]).toEqual([
      [0x180, 0x182, 0x184],
      [0x181, 0x183, 0x185],
    ])
  })

  test('one lock for both ports, which no reset of a function takes away', () => {
    const [a, b] = model.card()
    expect([a.pf.read(model.swsm) & 1, b.pf.read(model.swsm) & 1]).toEqual([0, 1])
    a.pf.write(model.resources, 5)
    a.pf.write(0, SOFTWARE_RESET)
    a.chip.pf.reset('function')
    expect([b.pf.read(model.swsm) & 1, b.pf.read(model.resources)]).toEqual([1, 5])
    a.pf.write(model.swsm, 0)
    enableFunction(a.chip.pf)
    a.pf.write(model.swsm, 0)
    expect([b.pf.read(model.swsm) & 1, a.pf.read(model.swsm) & 1]).toEqual([0, 1])
    b.chip.pf.reset('bus')
    expect([a.pf.read(model.swsm) & 1, a.pf.read(model.resources)]).toEqual([0, 0])
  })

  test('nothing crosses but over the wires', () => {
    const [a, b] = model.card()
    const from = a.vfRings(0)
    const to = b.vfRings(1)
    const same = a.vfRings(1)
    for (const { rx } of [to, same]) rx.post(8)
    a.run()
    // Both ports have a pool with this address; the one on the other port is behind a cable.
    const frame = frameOf(macOf(1), macOf(0), 120)
    const strange = frameOf(macOf(50), macOf(0), 90)
    b.givePool(1, macOf(50))
    from.tx.send(frame)
    from.tx.send(strange)
    a.run()
    expect([same.rx.take().length, to.rx.take().length, a.far.frames, b.far.frames]).toEqual([1, 0, [strange], []])
    a.chip.wire.connect(b.chip.wire)
    b.chip.wire.connect(a.chip.wire)
    from.tx.send(strange)
    a.run()
    expect(to.rx.take().map(({ bytes }) => bytes)).toEqual([strange])
    expect([a.missing, b.missing]).toEqual([0, 0])
  })

  test('whatever happens on one port, the other does what it does beside a quiet one', () => {
    const steps = hostileSteps(model.vf, model.pf)
    const notItsOwn = [model.swsm, model.resources, ...TIMES]
    const registers = model.registers.map(({ offset }) => offset).filter((at) => !notItsOwn.includes(at))
    const play = (turns: readonly (readonly Step[])[], hostile: boolean): unknown => {
      const [a, b] = model.card()
      const all = [a.pf, ...a.vfs]
      a.pfRings()
      for (const vf of [0, 1, 2]) a.vfRings(vf).rx.post(6)
      const neighbour = new Neighbour(b)
      for (const turn of turns) {
        if (hostile) for (const one of turn) if (one.kind !== 'run') playHostile(a, all, one)
        neighbour.turn()
      }
      expect([a.missing, all.every((side) => side.intact)]).toEqual([0, true])
      return neighbour.result(registers)
    }
    fc.assert(
      fc.property(fc.array(fc.array(steps, { maxLength: 12 }), { minLength: 1, maxLength: 6 }), (turns) => {
        expect(play(turns, true)).toEqual(play(turns, false))
      }),
      { numRuns: 40 },
    )
  })

  test('saved port by port at one instant, and restored so in another card, both go on the same, locks included', () => {
    const step = fc.tuple(fc.nat(1), hostileSteps(model.vf, [...model.pf, model.swsm, model.resources]))
    const steps = fc.array(step, { minLength: 20, maxLength: 80 })
    const play = (card: [Bare, Bare], all: readonly [number, Step][]): void => {
      for (const [port, one] of all) playHostile(card[port], [], one)
    }
    fc.assert(
      fc.property(steps, steps, steps, (before, other, after) => {
        const [first, second] = [model.card(), model.card()]
        for (const card of [first, second])
          for (const port of card) for (const vf of [0, 1, 2]) port.vfRings(vf).rx.post(6)
        play(first, before)
        play(second, other)
        // A hostile step can have put it to sleep.
        first[1].pf.fn.configWrite(POWER, 2, 0)
        enableFunction(first[1].pf.fn)
        first[1].pf.write(model.resources, 5)
        first[1].pf.write(model.swsm, 2)
        for (const port of [0, 1]) makeTwin(second[port], first[port])
        for (const [{ pf }] of [first, second]) expect([pf.read(model.resources), pf.read(model.swsm)]).toEqual([5, 2])
        for (const all of [after, after.map(([port, one]): [number, Step] => [1 - port, one])]) {
          play(first, all)
          play(second, all)
          for (const port of [0, 1]) {
            expect(difference(second[port], first[port])).toBe('')
            expect(stateDifference(second[port].chip, first[port].chip)).toBe('')
          }
        }
      }),
      { numRuns: 15 },
    )
  })

  test('a reset of one port loses nothing of the other', () => {
    const [a, b] = model.card()
    const { tx, rx } = b.vfRings(0)
    rx.post(8)
    b.run()
    tx.frame(frameOf(macOf(77), macOf(0), 100))
    b.far.put(frameOf(macOf(0), macOf(77), 80))
    tx.ring()
    a.pf.write(0, SOFTWARE_RESET)
    a.chip.pf.reset('function')
    b.run()
    expect([b.far.frames.length, rx.take().length, b.counter('drop.reset'), b.missing]).toEqual([1, 1, 0, 0])
    expect(b.pf.fn.configRead(0x160 + SriovCap.numVfs, 2)).toBe(3)
  })
})

/** Free-running timers. */
const TIMES = [0x48, 0x1048]

test('a card has one or two ports', () => {
  for (const ports of [0, 3, 1.5]) {
    expect(() => createIntel82599Card({ ...parts(), mac: PF_MAC }, ports)).toThrow(RangeError)
    expect(() => createIntel82576Card({ ...parts(), mac: PF_MAC }, ports)).toThrow(RangeError)
  }
  for (const chip of [createIntel82599({ ...parts(), mac: PF_MAC }), createIntel82576({ ...parts(), mac: PF_MAC })]) {
    expect([chip.pf.configRead(0x0e, 1), chip.pf.configRead(0x155, 1)]).toEqual([0, 0])
  }
})

test.each([
  { mac: Uint8Array.of(1, 0, 0, 0, 0, 1) },
  { mac: Uint8Array.of(2, 0, 0) },
  { numVfsMax: 0 },
  { numVfsMax: 65 },
  { timing: { dmaLatencyNs: 0.5 } },
  { timing: { dmaLatencyNs: -1 } },
  { timing: { dmaLatencyNs: Infinity } },
])('%j is no card', (wrong) => {
  for (const create of [createIntel82599, createIntel82576])
    expect(() => create({ ...parts(), mac: PF_MAC, ...wrong })).toThrow(RangeError)
})
