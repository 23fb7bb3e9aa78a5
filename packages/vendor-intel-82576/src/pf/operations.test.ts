import type { PtOp, PtStatus, VfInit, VfRing } from '@npa/plugin-api/host'
import type { IntelPf } from '@npa/vendor-intel-common/pf'
import { describe, expect, test } from 'vitest'
import * as R from './registers.js'
import { FakeChip } from './testing/fake-chip.js'

const PF = 7
const MAC = Uint8Array.of(2, 0, 0, 0, 1, 1)
const mode = { unicast: true, multicast: true, broadcast: true, allMulticast: false, promiscuous: false }
const properties = {
  mtu: 1500,
  txQueues: 1,
  rxQueues: 1,
  interrupts: 1,
  features: { rxChecksum: true, rxVlanStrip: true },
}

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
  active(changes: Partial<typeof properties> = {}, init: VfInit = initWith()): this {
    expect(this.op({ op: 'acquire', properties: { ...properties, ...changes } })).toBe('ok')
    expect(this.op({ op: 'init', vf: 0, init })).toBe('ok')
    expect(this.op({ op: 'activate', vf: 0 })).toBe('ok')
    this.chip.taken()
    return this
  }
}

test('a hypervisor is told of the whole register BAR, the plugin and what it must know', () => {
  const bench = new Bench()
  bench.op({ op: 'acquire', properties })
  expect(bench.chip.run(bench.driver, { op: 'getInfo', vf: 0 }).result.info).toEqual({
    routingId: 0x180,
    registers: { bar: 0, offset: 0, bytes: 0x4000 },
    pluginName: 'intel-82576-vf',
    pluginData: [1, 20 << 2],
    sharedBytes: 0,
    privateBytes: 1024,
  })
})

describe('init', () => {
  test('programs the queues through the PF, with the thresholds that the errata ask for, and leaves the pool closed', () => {
    const bench = new Bench()
    bench.op({ op: 'acquire', properties })
    bench.op({ op: 'init', vf: 0, init: initWith() })
    const { chip } = bench
    expect(chip.get(0xc000)).toBe(0x20001400)
    expect(chip.get(0xc004)).toBe(3)
    expect(chip.get(0xc008)).toBe(1024)
    expect(chip.get(0xc00c)).toBe(0x82000002)
    expect(chip.get(0xc028)).toBe(0x02010808)
    expect(chip.get(0xe000)).toBe(0x20001000)
    expect(chip.get(0xe028)).toBe(0x02000108)
    expect(chip.get(R.PVTEIAC(0))).toBe(7)
    expect(chip.get(R.VFRE)).toBe(1 << PF)
    expect(chip.get(R.VFTE)).toBe(1 << PF)
    expect(chip.get(R.VMOLR(0))).toBe(0xc00105f2)
  })

  test('a second queue pair is 8 queues on, and frames are shared by RSS; a shorter MTU is the pool own', () => {
    const rings = [ring(0x1000), ring(0x1400)]
    const bench = new Bench().active({ txQueues: 2, rxQueues: 2 }, initWith({ tx: rings, rx: rings, mtu: 1000 }))
    expect(bench.chip.get(R.VMOLR(0))).toBe((0xc1030000 | 1022) >>> 0)
    expect(bench.chip.get(R.TX(8))).toBe(0x20001400)
    expect(bench.chip.get(R.RX(8) + 0x28)).toBe(0x02010808)
  })
})

describe('addresses', () => {
  test('an address that the PF holds moves to the VF, and back, by exactly one register write each way', () => {
    const bench = new Bench().active()
    expect(bench.op({ op: 'pfAddMacFilter', mac: MAC })).toBe('ok')
    expect(bench.chip.taken()).toEqual([
      { offset: R.RAL(1), value: 2 },
      { offset: R.RAH(1), value: (0x80000101 | (1 << (18 + PF))) >>> 0 },
    ])
    expect(bench.op({ op: 'setMac', vf: 0, mac: MAC })).toBe('ok')
    expect(bench.chip.taken()).toEqual([{ offset: R.RAH(1), value: 0x80040101 }])
    expect(bench.op({ op: 'pfAddMacFilter', mac: MAC })).toBe('ok')
    expect(bench.chip.taken()).toEqual([{ offset: R.RAH(1), value: (0x80000101 | (1 << (18 + PF))) >>> 0 }])
  })

  test('24 entries, the last eight at a place of their own; the next address finds no resources', () => {
    const bench = new Bench()
    const mac = (n: number): Uint8Array => Uint8Array.of(2, 1, 0, 0, 0, n)
    for (let n = 1; n < 24; n++) expect(bench.op({ op: 'pfAddMacFilter', mac: mac(n) })).toBe('ok')
    expect(bench.chip.get(0x54e4)).toBe((0x80001000 | (1 << (18 + PF))) >>> 0)
    expect(bench.op({ op: 'pfAddMacFilter', mac: mac(24) })).toBe('noResources')
  })
})

test('VLANs: an entry with PF and VF in it; 32 of them; untagged frames only while there is none', () => {
  const bench = new Bench().active()
  expect(bench.op({ op: 'addVlanRange', vf: 0, first: 10, last: 11 })).toBe('ok')
  expect([0, 1, 2].map((n) => bench.chip.get(R.VLVF(n)))).toEqual([0x8008100a, 0x8008100b, 0])
  expect(bench.chip.get(R.VMOLR(0)) & R.Vmolr.untagged).toBe(0)
  expect(bench.op({ op: 'addVlanRange', vf: 0, first: 100, last: 130 })).toBe('noResources')
  expect(bench.op({ op: 'addVlanRange', vf: 0, first: 100, last: 129 })).toBe('ok')
  expect(bench.op({ op: 'delVlanRange', vf: 0, first: 10, last: 11 })).toBe('ok')
  expect(bench.op({ op: 'delVlanRange', vf: 0, first: 100, last: 129 })).toBe('ok')
  expect(bench.chip.get(R.VLVF(0))).toBe(0)
  expect(bench.chip.get(R.VMOLR(0)) & R.Vmolr.untagged).toBe(R.Vmolr.untagged)
})

test.each([
  [{}, 0x0b000000],
  [{ multicast: false }, 0x09000000],
  [{ broadcast: false }, 0x03000000],
  [{ allMulticast: true }, 0x1b000000],
])('receive mode with %o', (change, bits) => {
  const bench = new Bench().active()
  expect(bench.op({ op: 'setRxMode', vf: 0, mode: { ...mode, ...change } })).toBe('ok')
  expect(bench.chip.get(R.VMOLR(0))).toBe((0xc00105f2 | bits) >>> 0)
})

test('anti-spoof checks addresses and VLANs, and leaves the loopback on', () => {
  const bench = new Bench().active()
  bench.op({ op: 'setAntispoof', vf: 0, enable: true })
  expect(bench.chip.get(R.DTXSWC)).toBe(0x80000101)
  bench.op({ op: 'setAntispoof', vf: 0, enable: false })
  expect(bench.chip.get(R.DTXSWC)).toBe(0x80000000)
})

describe('release', () => {
  test('every register of the VF is as before it was acquired', () => {
    const bench = new Bench()
    bench.op({ op: 'acquire', properties })
    bench.op({ op: 'release', vf: 0 })
    const before = bench.chip.snapshot()
    const rings = [ring(0x1000), ring(0x1400)]
    bench.active({ txQueues: 2, rxQueues: 2 }, initWith({ tx: rings, rx: rings }))
    for (const op of [
      { op: 'setMac', vf: 0, mac: MAC },
      { op: 'setRxMode', vf: 0, mode },
      { op: 'addVlanRange', vf: 0, first: 1, last: 9 },
      { op: 'setAntispoof', vf: 0, enable: true },
    ] satisfies PtOp[]) {
      expect(bench.op(op)).toBe('ok')
    }
    expect(bench.op({ op: 'release', vf: 0 })).toBe('ok')
    expect(bench.chip.snapshot()).toEqual(before)
  })

  test('the VF is reset, since nobody but its guest reaches the vectors of its queues; that reset is no news', () => {
    const resets: number[] = []
    const bench = new Bench({ events: { vfReset: (vf) => resets.push(vf) } }).active()
    bench.op({ op: 'release', vf: 0 })
    const writes = bench.chip.taken()
    const at = writes.findIndex(({ offset }) => offset === R.PVTCTRL(0))
    expect(writes[at].value).toBe(R.PVTCTRL_RESET)
    expect(writes[at + 1]).toEqual({ offset: R.VFLRE, value: 1 })
  })
})

test('a packet buffer that never says that it is empty holds quiesce up for 10 ms, in which it must have emptied', () => {
  const bench = new Bench().active()
  bench.chip.set(R.PBRWAC, 0)
  const before = bench.chip.scheduler.nowNs()
  expect(bench.op({ op: 'quiesce', vf: 0 })).toBe('ok')
  expect(bench.chip.scheduler.nowNs() - before).toBeGreaterThanOrEqual(10e6)
  expect(bench.chip.taken()).not.toContainEqual({ offset: R.PVTCTRL(0), value: R.PVTCTRL_RESET })
})

test('quiesce waits for the packet buffer, then stops transmit, receive, pool and interrupts, in this order', () => {
  const bench = new Bench().active()
  bench.chip.set(R.PBRWAC, 0x3)
  let answer = ''
  bench.driver.start({ op: 'quiesce', vf: 0 }, (status) => (answer = status))
  bench.chip.scheduler.run(() => false, bench.chip.scheduler.nowNs() + 100_000)
  expect(bench.chip.taken()).toEqual([{ offset: R.VMOLR(0), value: 0xc00105f2 }])
  bench.chip.set(R.PBRWAC, 0xb)
  bench.chip.scheduler.run(() => answer !== '', bench.chip.scheduler.nowNs() + 100_000)
  expect(answer).toBe('ok')
  expect(bench.chip.taken().map(({ offset }) => offset)).toEqual([
    R.TX(0) + 0x28,
    R.RX(0) + 0x28,
    R.VFRE,
    R.VFTE,
    R.PVTEIMC(0),
  ])
})
