import type { PtOp, PtStatus, VfInit, VfRing } from '@npa/plugin-api/host'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DESCRIPTOR_WORDS, RING_LAYOUT } from '@npa/vendor-intel-common/layout'
import type { IntelPf } from '@npa/vendor-intel-common/pf'
import * as R from './registers.js'
import { FakeChip } from './testing/fake-chip.js'

const properties = {
  mtu: 1500,
  txQueues: 1,
  rxQueues: 1,
  interrupts: 1,
  features: { rxChecksum: true, rxVlanStrip: true },
}
const MAC = Uint8Array.of(2, 0, 0, 0, 1, 1)
const OTHER = Uint8Array.of(2, 0, 0, 0, 1, 2)
const GROUP = Uint8Array.of(1, 0, 0x5e, 0, 0x12, 0x34)
const mode = { unicast: true, multicast: true, broadcast: true, allMulticast: false, promiscuous: false }

function ring(offset: number): VfRing {
  return { size: 64, bytes: 1024, interrupt: 0, lo: 0x20000000 + offset, hi: 3, offset }
}

function initWith(changes: Partial<VfInit> = {}): VfInit {
  const window = new Int32Array(0x2000 >> 2)
  return { tx: [ring(0x1000)], rx: [ring(0x1400)], interrupts: 1, mtu: 1500, window, sharedOffset: 0, ...changes }
}

class Bench {
  readonly chip = new FakeChip()
  readonly driver: IntelPf
  constructor(options: Parameters<FakeChip['running']>[0] = {}) {
    this.driver = this.chip.running(options)
  }
  op(op: PtOp): PtStatus {
    return this.chip.run(this.driver, op).status
  }
  /** A VF brought to where operations work. */
  enabled(init: VfInit = initWith()): this {
    expect(this.op({ op: 'acquire', properties })).toBe('ok')
    expect(this.op({ op: 'init', vf: 0, init })).toBe('ok')
    return this
  }
  active(init: VfInit = initWith()): this {
    this.enabled(init)
    expect(this.op({ op: 'activate', vf: 0 })).toBe('ok')
    this.chip.taken()
    return this
  }
}

describe('acquire and getInfo', () => {
  test('the first free VF, until there is none', () => {
    const bench = new Bench({ vfs: 2 })
    expect(bench.chip.run(bench.driver, { op: 'acquire', properties }).result).toEqual({ vf: 0 })
    expect(bench.chip.run(bench.driver, { op: 'acquire', properties }).result).toEqual({ vf: 1 })
    expect(bench.op({ op: 'acquire', properties })).toBe('noResources')
    bench.op({ op: 'release', vf: 0 })
    expect(bench.chip.run(bench.driver, { op: 'acquire', properties }).result).toEqual({ vf: 0 })
  })

  test.each([
    [{ mtu: 0 }, 'badParam'],
    [{ txQueues: 0 }, 'badParam'],
    [{ rxQueues: 1.5 }, 'badParam'],
    [{ mtu: 1501 }, 'notSupported'],
    [{ txQueues: 3 }, 'noResources'],
    [{ interrupts: 4 }, 'noResources'],
  ] as const)('%o is %s', (change, status) => {
    expect(new Bench().op({ op: 'acquire', properties: { ...properties, ...change } })).toBe(status)
  })

  test('information: the routing id in the SR-IOV way, the pages without the last one, the plugin and what it must know', () => {
    const bench = new Bench()
    bench.op({ op: 'acquire', properties })
    bench.op({ op: 'acquire', properties })
    expect(bench.chip.run(bench.driver, { op: 'getInfo', vf: 1 })).toEqual({
      status: 'ok',
      result: {
        info: {
          routingId: 0x100 + 0x80 + 2,
          registers: { bar: 0, offset: 0, bytes: 0x3000 },
          pluginName: 'intel-82599-vf',
          pluginData: [RING_LAYOUT, 80],
          sharedBytes: 0,
          privateBytes: 1024,
        },
      },
    })
    expect(bench.op({ op: 'getInfo', vf: 2 })).toBe('badParam')
  })
})

describe('init', () => {
  test('programs the queues through the aliases in the PF and leaves the pool closed with no filter', () => {
    const { chip } = new Bench().enabled()
    expect(chip.get(0x1000)).toBe(0x20001400)
    expect(chip.get(0x1004)).toBe(3)
    expect(chip.get(0x1008)).toBe(1024)
    expect(chip.get(0x1014)).toBe(0x12000002)
    expect(chip.get(0x1028)).toBe(0x42000000)
    expect(chip.get(0x6000)).toBe(0x20001000)
    expect(chip.get(0x6028)).toBe(0x02000120)
    expect(chip.get(0x12500)).toBe(0x8080)
    expect(chip.get(R.PVTEIAC(0))).toBe(7)
    expect(chip.get(R.PFVFRE_LO)).toBe(1 << 7)
    expect(chip.get(R.PFVFTE_LO)).toBe(1 << 7)
    expect(chip.get(R.PFVML2FLT(0))).toBe(0)
  })

  test('two queue pairs share the pool by RSS', () => {
    const bench = new Bench()
    bench.op({ op: 'acquire', properties: { ...properties, txQueues: 2, rxQueues: 2, interrupts: 2 } })
    const rings = [ring(0x1000), { ...ring(0x1400), interrupt: 1 }]
    expect(bench.op({ op: 'init', vf: 0, init: initWith({ tx: rings, rx: rings, interrupts: 2 }) })).toBe('ok')
    expect(bench.chip.get(R.PFPSRTYPE(0))).toBe(1 << 29)
    expect(bench.chip.get(0x12500)).toBe(0x81818080)
    expect(bench.chip.get(0x6040)).toBe(0x20001400)
  })

  test.each<[string, Partial<VfInit>]>([
    ['no queues', { tx: [] }],
    ['more queues than acquired', { rx: [ring(0x1000), ring(0x1400)] }],
    ['a size that RDLEN cannot have', { rx: [{ ...ring(0x1000), size: 60 }] }],
    ['a length below what the ring needs', { tx: [{ ...ring(0x1000), bytes: 1023 }] }],
    ['a base that is not aligned', { tx: [{ ...ring(0x1000), lo: 64 }] }],
    ['a ring outside the window', { tx: [ring(0x1c04)] }],
    ['a vector that it does not have', { rx: [{ ...ring(0x1000), interrupt: 1 }] }],
    ['more vectors than acquired', { interrupts: 2 }],
    ['a larger MTU than acquired', { mtu: 1501 }],
  ])('%s: badParam, the VF stays acquired and untouched', (_, change) => {
    const bench = new Bench()
    bench.op({ op: 'acquire', properties })
    const before = bench.chip.snapshot()
    expect(bench.op({ op: 'init', vf: 0, init: initWith(change) })).toBe('badParam')
    expect(bench.chip.snapshot()).toEqual(before)
    expect(bench.op({ op: 'getInfo', vf: 0 })).toBe('ok')
  })

  test('a queue that does not come on fails the operation and releases the VF', () => {
    const bench = new Bench()
    bench.chip.stuck.add(R.RXDCTL(0))
    bench.op({ op: 'acquire', properties })
    expect(bench.op({ op: 'init', vf: 0, init: initWith() })).toBe('failure')
    expect(bench.op({ op: 'getInfo', vf: 0 })).toBe('badParam')
    bench.chip.stuck.clear()
    expect(bench.chip.run(bench.driver, { op: 'acquire', properties }).result).toEqual({ vf: 0 })
  })
})

describe('states', () => {
  const ops: PtOp[] = [
    { op: 'activate', vf: 0 },
    { op: 'setMac', vf: 0, mac: MAC },
    { op: 'setMulticast', vf: 0, addresses: [GROUP] },
    { op: 'setRxMode', vf: 0, mode },
    { op: 'addVlanRange', vf: 0, first: 5, last: 5 },
    { op: 'delVlanRange', vf: 0, first: 5, last: 5 },
    { op: 'setAntispoof', vf: 0, enable: true },
  ]

  test.each(ops)('$op needs an enabled VF', (op) => {
    const bench = new Bench()
    expect(bench.op(op)).toBe('badParam')
    bench.op({ op: 'acquire', properties })
    expect(bench.op(op)).toBe('badParam')
    bench.op({ op: 'init', vf: 0, init: initWith() })
    if (op.op === 'delVlanRange') bench.op({ op: 'addVlanRange', vf: 0, first: 5, last: 5 })
    expect(bench.op(op)).toBe('ok')
  })

  test('a VF that is not there is a bad parameter of every operation', () => {
    const bench = new Bench()
    for (const op of ops) expect(bench.op({ ...op, vf: 7 } as PtOp)).toBe('badParam')
    for (const op of ['getInfo', 'quiesce', 'release'] as const) expect(bench.op({ op, vf: 99 })).toBe('badParam')
    expect(bench.op({ op: 'init', vf: -1, init: initWith() })).toBe('badParam')
  })

  test('quiesce and release of a VF that does not run are harmless; init twice is not', () => {
    const bench = new Bench()
    expect(bench.op({ op: 'quiesce', vf: 0 })).toBe('ok')
    expect(bench.op({ op: 'release', vf: 0 })).toBe('ok')
    bench.enabled()
    expect(bench.op({ op: 'init', vf: 0, init: initWith() })).toBe('badParam')
    expect(bench.op({ op: 'getInfo', vf: 0 })).toBe('badParam')
  })

  test('while an operation is under way the VF is busy, the others are not', () => {
    const bench = new Bench().active()
    bench.chip.set(R.RXMEMWRAP, 0)
    let ended = false
    bench.driver.start({ op: 'quiesce', vf: 0 }, () => (ended = true))
    expect(ended).toBe(false)
    expect(bench.op({ op: 'setMac', vf: 0, mac: MAC })).toBe('busy')
    expect(bench.op({ op: 'release', vf: 0 })).toBe('busy')
    expect(bench.op({ op: 'acquire', properties })).toBe('ok')
  })

  test('operations before the device runs wait for it', () => {
    const chip = new FakeChip()
    const driver = chip.driver()
    const answers: PtStatus[] = []
    driver.start({ op: 'acquire', properties }, (status) => answers.push(status))
    expect(answers).toEqual([])
    chip.scheduler.run(() => driver.running, 1e9)
    expect(answers).toEqual(['ok'])
  })
})

describe('addresses', () => {
  test('an address that the PF holds moves to the VF, and back, by exactly one register write each way', () => {
    const bench = new Bench().active()
    expect(bench.op({ op: 'pfAddMacFilter', mac: MAC })).toBe('ok')
    bench.chip.taken()
    expect(bench.op({ op: 'setMac', vf: 0, mac: MAC })).toBe('ok')
    expect(bench.chip.taken()).toEqual([{ offset: R.MPSAR_LO(1), value: 1 << 0 }])
    expect(bench.op({ op: 'pfAddMacFilter', mac: MAC })).toBe('ok')
    expect(bench.chip.taken()).toEqual([{ offset: R.MPSAR_LO(1), value: 1 << 7 }])
    expect(bench.op({ op: 'pfAddMacFilter', mac: MAC })).toBe('ok')
    expect(bench.chip.taken()).toEqual([])
  })

  test('one that nobody holds gets an entry, its pool before it is valid', () => {
    const bench = new Bench().active()
    expect(bench.op({ op: 'setMac', vf: 0, mac: MAC })).toBe('ok')
    expect(bench.chip.taken()).toEqual([
      { offset: R.MPSAR_LO(1), value: 1 },
      { offset: R.RAL(1), value: 0x00000002 },
      { offset: R.RAH(1), value: 0x80000101 },
    ])
    expect(bench.op({ op: 'setMac', vf: 0, mac: MAC })).toBe('ok')
    expect(bench.chip.taken()).toEqual([])
  })

  test('a VF has one filter: a new address gives the earlier one up', () => {
    const bench = new Bench().active()
    bench.op({ op: 'setMac', vf: 0, mac: MAC })
    bench.op({ op: 'setMac', vf: 0, mac: OTHER })
    expect(bench.chip.get(R.RAH(1))).toBe(0)
    expect(bench.chip.get(R.RAH(2))).toBe(0x80000201)
  })

  test('what another VF holds, the PF has for itself, or no NIC can have, is a bad parameter', () => {
    const bench = new Bench().active()
    bench.op({ op: 'acquire', properties })
    bench.op({ op: 'init', vf: 1, init: initWith() })
    bench.op({ op: 'setMac', vf: 1, mac: MAC })
    for (const mac of [MAC, Uint8Array.of(2, 0, 0, 0, 0, 0x99), new Uint8Array(6), GROUP, MAC.subarray(1)]) {
      expect(bench.op({ op: 'setMac', vf: 0, mac })).toBe('badParam')
    }
    expect(bench.op({ op: 'pfAddMacFilter', mac: GROUP })).toBe('badParam')
    expect(bench.op({ op: 'pfDelMacFilter', mac: GROUP })).toBe('badParam')
  })

  test('128 entries: the next address finds no resources, until one is given up', () => {
    const bench = new Bench().active()
    const mac = (n: number): Uint8Array => Uint8Array.of(2, 1, 0, 0, n >> 8, n & 0xff)
    for (let n = 0; n < 127; n++) expect(bench.op({ op: 'pfAddMacFilter', mac: mac(n) })).toBe('ok')
    expect(bench.op({ op: 'pfAddMacFilter', mac: mac(200) })).toBe('noResources')
    expect(bench.op({ op: 'setMac', vf: 0, mac: mac(200) })).toBe('noResources')
    expect(bench.op({ op: 'setMac', vf: 0, mac: mac(3) })).toBe('ok')
    expect(bench.op({ op: 'pfDelMacFilter', mac: mac(3) })).toBe('ok')
    expect(bench.chip.get(R.RAH(4))).not.toBe(0)
    expect(bench.op({ op: 'pfDelMacFilter', mac: mac(5) })).toBe('ok')
    expect(bench.op({ op: 'pfAddMacFilter', mac: mac(200) })).toBe('ok')
  })

  test('whatever moves between pools, an address is in at most one entry, and every valid entry has one pool', () => {
    const step = fc.record({ who: fc.constantFrom('vf0', 'vf1', 'pf', 'gone'), n: fc.nat(3) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const bench = new Bench().active()
        bench.op({ op: 'acquire', properties })
        bench.op({ op: 'init', vf: 1, init: initWith() })
        for (const { who, n } of steps) {
          const mac = Uint8Array.of(2, 2, 2, 2, 2, n)
          if (who === 'pf') bench.op({ op: 'pfAddMacFilter', mac })
          else if (who === 'gone') bench.op({ op: 'pfDelMacFilter', mac })
          else bench.op({ op: 'setMac', vf: who === 'vf0' ? 0 : 1, mac })
          const seen = new Set<string>()
          const pools: number[] = []
          for (let entry = 0; entry < 128; entry++) {
            if ((bench.chip.get(R.RAH(entry)) & R.RAH_VALID) === 0) continue
            seen.add(`${bench.chip.get(R.RAL(entry))}:${bench.chip.get(R.RAH(entry))}`)
            pools.push(bench.chip.get(R.MPSAR_LO(entry)))
          }
          expect(seen.size).toBe(pools.length)
          expect(pools.every((pool) => [1, 2, 128].includes(pool))).toBe(true)
          expect(pools.filter((pool) => pool < 128).length).toBeLessThanOrEqual(2)
        }
      }),
      { numRuns: 25 },
    )
  })
})

describe('VLANs', () => {
  test('a range: an entry for each id, PF and VF its members; untagged frames only while there is none', () => {
    const { chip, driver } = new Bench().active()
    expect(chip.get(R.PFVML2FLT(0))).toBe(R.Pfvml2flt.untagged)
    expect(chip.run(driver, { op: 'addVlanRange', vf: 0, first: 10, last: 12 }).status).toBe('ok')
    expect([0, 1, 2].map((n) => chip.get(R.PFVLVF(n)))).toEqual([0x8000000a, 0x8000000b, 0x8000000c])
    expect(chip.get(R.PFVLVFB_LO(1))).toBe((1 << 7) | 1)
    expect(chip.get(R.PFVML2FLT(0))).toBe(0)
    chip.run(driver, { op: 'delVlanRange', vf: 0, first: 10, last: 12 })
    expect([0, 1, 2].map((n) => chip.get(R.PFVLVF(n)))).toEqual([0, 0, 0])
    expect(chip.get(R.PFVML2FLT(0))).toBe(R.Pfvml2flt.untagged)
  })

  test('id 0 in a range keeps untagged frames beside the VLANs', () => {
    const bench = new Bench().active()
    bench.op({ op: 'addVlanRange', vf: 0, first: 0, last: 1 })
    expect(bench.chip.get(R.PFVLVF(0))).toBe(0x80000001)
    expect(bench.chip.get(R.PFVLVF(1))).toBe(0)
    expect(bench.chip.get(R.PFVML2FLT(0))).toBe(R.Pfvml2flt.untagged)
  })

  test('entries are shared between VFs and go with the last of them', () => {
    const bench = new Bench().active()
    bench.op({ op: 'acquire', properties })
    bench.op({ op: 'init', vf: 1, init: initWith() })
    bench.op({ op: 'addVlanRange', vf: 0, first: 5, last: 5 })
    bench.op({ op: 'addVlanRange', vf: 1, first: 5, last: 5 })
    expect(bench.chip.get(R.PFVLVFB_LO(0))).toBe((1 << 7) | 3)
    bench.op({ op: 'release', vf: 0 })
    expect(bench.chip.get(R.PFVLVFB_LO(0))).toBe((1 << 7) | 2)
    bench.op({ op: 'delVlanRange', vf: 1, first: 5, last: 5 })
    expect(bench.chip.get(R.PFVLVF(0))).toBe(0)
  })

  test('64 entries: a range that does not fit changes nothing', () => {
    const bench = new Bench().active()
    expect(bench.op({ op: 'addVlanRange', vf: 0, first: 1, last: 64 })).toBe('ok')
    const before = bench.chip.snapshot()
    expect(bench.op({ op: 'addVlanRange', vf: 0, first: 60, last: 65 })).toBe('noResources')
    expect(bench.chip.snapshot()).toEqual(before)
    expect(bench.op({ op: 'addVlanRange', vf: 0, first: 60, last: 64 })).toBe('ok')
  })

  test.each([
    [5, 4],
    [0, 4096],
    [-1, 3],
  ])('range %i to %i is a bad parameter', (first, last) => {
    const bench = new Bench().active()
    expect(bench.op({ op: 'addVlanRange', vf: 0, first, last })).toBe('badParam')
    expect(bench.op({ op: 'delVlanRange', vf: 0, first, last })).toBe('badParam')
  })

  test('taking out an id that is not there is a bad parameter before any change', () => {
    const bench = new Bench().active()
    bench.op({ op: 'addVlanRange', vf: 0, first: 1, last: 2 })
    const before = bench.chip.snapshot()
    expect(bench.op({ op: 'delVlanRange', vf: 0, first: 1, last: 3 })).toBe('badParam')
    expect(bench.chip.snapshot()).toEqual(before)
  })
})

describe('receive mode, multicast, anti-spoof', () => {
  test.each([
    [{}, 0x0b000000],
    [{ multicast: false }, 0x09000000],
    [{ broadcast: false }, 0x03000000],
    [{ allMulticast: true }, 0x1b000000],
  ])('mode with %o', (change, bits) => {
    const bench = new Bench().active()
    expect(bench.op({ op: 'setRxMode', vf: 0, mode: { ...mode, ...change } })).toBe('ok')
    expect(bench.chip.get(R.PFVML2FLT(0))).toBe(bits)
  })

  test('before activation a mode opens nothing', () => {
    const bench = new Bench().enabled()
    bench.op({ op: 'setRxMode', vf: 0, mode })
    expect(bench.chip.get(R.PFVML2FLT(0))).toBe(0)
    bench.op({ op: 'activate', vf: 0 })
    expect(bench.chip.get(R.PFVML2FLT(0))).toBe(0x0b000000)
  })

  test('promiscuous is not for a pool of this chip: nothing changes', () => {
    const bench = new Bench().active()
    expect(bench.op({ op: 'setRxMode', vf: 0, mode: { ...mode, promiscuous: true } })).toBe('notSupported')
    expect(bench.chip.taken()).toEqual([])
  })

  test('multicast bits are shared and go with their last user', () => {
    const bench = new Bench().active()
    bench.op({ op: 'acquire', properties })
    bench.op({ op: 'init', vf: 1, init: initWith() })
    // Bits 47:36 of 01:00:5e:00:12:34 are 0x341: word 26, bit 1.
    bench.op({ op: 'setMulticast', vf: 0, addresses: [GROUP] })
    bench.op({ op: 'setMulticast', vf: 1, addresses: [GROUP, GROUP] })
    expect(bench.chip.get(R.MTA(26))).toBe(2)
    bench.op({ op: 'setMulticast', vf: 0, addresses: [] })
    expect(bench.chip.get(R.MTA(26))).toBe(2)
    bench.op({ op: 'release', vf: 1 })
    expect(bench.chip.get(R.MTA(26))).toBe(0)
  })

  test('more than 32 addresses, or one that is not multicast, is a bad parameter', () => {
    const bench = new Bench().active()
    const many = Array.from({ length: 33 }, (_, n) => Uint8Array.of(1, 0, 0x5e, 0, 0, n))
    expect(bench.op({ op: 'setMulticast', vf: 0, addresses: many })).toBe('badParam')
    expect(bench.op({ op: 'setMulticast', vf: 0, addresses: many.slice(1) })).toBe('ok')
    expect(bench.op({ op: 'setMulticast', vf: 0, addresses: [MAC] })).toBe('badParam')
  })

  test('anti-spoof checks addresses and VLANs', () => {
    const bench = new Bench().active()
    bench.op({ op: 'setAntispoof', vf: 0, enable: true })
    expect(bench.chip.get(R.PFVFSPOOF(0))).toBe(0x101)
    bench.op({ op: 'setAntispoof', vf: 0, enable: false })
    expect(bench.chip.get(R.PFVFSPOOF(0))).toBe(0)
  })
})

describe('release', () => {
  test('every register of the VF is as before it was acquired', () => {
    const bench = new Bench()
    bench.op({ op: 'acquire', properties })
    bench.op({ op: 'release', vf: 0 })
    const before = bench.chip.snapshot()
    const rings = [ring(0x1000), ring(0x1400)]
    bench.op({ op: 'acquire', properties: { ...properties, txQueues: 2, rxQueues: 2 } })
    bench.op({ op: 'init', vf: 0, init: initWith({ tx: rings, rx: rings }) })
    for (const op of [
      { op: 'activate', vf: 0 },
      { op: 'setMac', vf: 0, mac: MAC },
      { op: 'setRxMode', vf: 0, mode },
      { op: 'setMulticast', vf: 0, addresses: [GROUP] },
      { op: 'addVlanRange', vf: 0, first: 1, last: 9 },
      { op: 'setAntispoof', vf: 0, enable: true },
    ] satisfies PtOp[]) {
      expect(bench.op(op)).toBe('ok')
    }
    expect(bench.op({ op: 'release', vf: 0 })).toBe('ok')
    // Writes of "clear" and "mask" registers, and the last queue of QDE, stay in a fake that only remembers.
    const ignore = [R.QDE, R.PVTEIMC(0), R.PVTEICR(0)].map((offset) => offset.toString(16))
    const after = bench.chip.snapshot()
    for (const offset of ignore) {
      expect(after[offset]).toBeGreaterThan(0)
      after[offset] = before[offset]
    }
    expect(after).toEqual(before)
  })

  test('a VF that runs is quiesced first', () => {
    const bench = new Bench().active()
    bench.op({ op: 'release', vf: 0 })
    const gate = bench.chip.taken()
    const at = (offset: number): number => gate.findIndex((write) => write.offset === offset)
    expect(at(R.TXDCTL(0))).toBeLessThan(at(R.PFVFTE_LO))
    expect(at(R.RXDCTL(0))).toBeLessThan(at(R.PFVFRE_LO))
  })
})

describe('quiesce', () => {
  const EOP = 1 << 24
  function descriptor(init: VfInit, offset: number, index: number, word: number, value: number): void {
    init.window[(offset >> 2) + index * DESCRIPTOR_WORDS + word] = value
  }

  test('waits for the packet buffer to empty, then stops transmit, receive, pool and interrupts, in this order', () => {
    const bench = new Bench().active()
    bench.chip.set(R.RXMEMWRAP, 0x3)
    let answer = ''
    bench.driver.start({ op: 'quiesce', vf: 0 }, (status) => (answer = status))
    bench.chip.scheduler.run(() => false, bench.chip.scheduler.nowNs() + 100_000)
    expect(bench.chip.taken()).toEqual([{ offset: R.PFVML2FLT(0), value: 0 }])
    bench.chip.set(R.RXMEMWRAP, 0xb)
    bench.chip.scheduler.run(() => answer !== '', bench.chip.scheduler.nowNs() + 100_000)
    expect(answer).toBe('ok')
    expect(bench.chip.taken().map(({ offset }) => offset)).toEqual([
      R.TXDCTL(0),
      R.RXDCTL(0),
      R.PFVFRE_LO,
      R.PFVFTE_LO,
      R.PVTEIMC(0),
    ])
  })

  test('two runs through the packet buffer will do, one will not, though the count wraps', () => {
    const bench = new Bench().active()
    bench.chip.set(R.RXMEMWRAP, 0x7)
    let answer = ''
    bench.driver.start({ op: 'quiesce', vf: 0 }, (status) => (answer = status))
    const later = (): void => void bench.chip.scheduler.run(() => false, bench.chip.scheduler.nowNs() + 10_000)
    bench.chip.set(R.RXMEMWRAP, 0x0)
    later()
    expect(answer).toBe('')
    bench.chip.set(R.RXMEMWRAP, 0x1)
    later()
    expect(answer).toBe('ok')
  })

  test('counts frames that were not fetched, by end of packet between head and tail, and frames that were not taken', () => {
    const init = initWith()
    const bench = new Bench().active(init)
    bench.chip.set(R.TDH(0), 62)
    bench.chip.set(R.TDT(0), 2)
    for (const index of [61, 63, 1, 2]) descriptor(init, 0x1000, index, 2, EOP)
    for (const [index, status] of [
      [0, 1],
      [1, 3],
      [5, 2],
      [63, 3],
    ])
      descriptor(init, 0x1400, index, 2, status)
    expect(bench.chip.run(bench.driver, { op: 'quiesce', vf: 0 })).toEqual({
      status: 'ok',
      result: { unfetchedTxFrames: 2, untakenRxFrames: 2 },
    })
    expect(bench.op({ op: 'getInfo', vf: 0 })).toBe('ok')
  })

  test('a tail that is no index counts nothing and reads nothing', () => {
    const init = initWith()
    init.window.fill(-1)
    const bench = new Bench().active(init)
    bench.chip.set(R.TDT(0), 0xffff)
    expect(bench.chip.run(bench.driver, { op: 'quiesce', vf: 0 }).result.unfetchedTxFrames).toBe(0)
  })

  test.each([
    ['the packet buffer', R.RXMEMWRAP],
    ['a transmit queue', R.TXDCTL(0)],
    ['a receive queue', R.RXDCTL(0)],
  ])('when %s does not come to rest the VF is reset by force, and its pool is closed', (_, register) => {
    const bench = new Bench().active()
    if (register === R.RXMEMWRAP) bench.chip.set(register, 0)
    else bench.chip.stuck.add(register)
    expect(bench.op({ op: 'quiesce', vf: 0 })).toBe('failure')
    expect(bench.chip.taken()).toContainEqual({ offset: R.PVFCTRL(0), value: R.PVFCTRL_RESET })
    expect(bench.chip.get(R.PFVFRE_LO)).toBe(1 << 7)
    expect(bench.op({ op: 'setMac', vf: 0, mac: MAC })).toBe('badParam')
    expect(bench.op({ op: 'release', vf: 0 })).toBe('ok')
  })
})
