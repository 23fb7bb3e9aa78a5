import type { VfRing } from '@npa/plugin-api/host'
import { describe, expect, test } from 'vitest'
import type { IntelPf } from '@npa/vendor-intel-common/pf'
import * as R from './registers.js'
import { FakeChip } from './testing/fake-chip.js'

class Bench {
  readonly chip = new FakeChip()
  readonly log: string[] = []
  readonly driver: IntelPf = this.chip.running({
    events: {
      link: (up) => this.log.push(`link ${up}`),
      vfReset: (vf) => this.log.push(`vfReset ${vf}`),
      malicious: ({ pool, direction, cause }) => this.log.push(`malicious ${pool} ${direction} ${cause}`),
      spoofed: (frames) => this.log.push(`spoofed ${frames}`),
    },
  })
  interrupt(causes: number): void {
    this.chip.set(R.EICS, causes)
    this.chip.handlers[2]()
    this.chip.scheduler.run(() => false, this.chip.scheduler.nowNs() + 1000)
  }
  enabledVf(): void {
    const features = { rxChecksum: true, rxVlanStrip: false }
    const ring: VfRing = { size: 32, bytes: 512, interrupt: 0, lo: 0, hi: 0, offset: 0 }
    this.chip.run(this.driver, {
      op: 'acquire',
      properties: { mtu: 1500, txQueues: 1, rxQueues: 1, interrupts: 1, features },
    })
    const window = new Int32Array(128)
    this.chip.run(this.driver, {
      op: 'init',
      vf: 0,
      init: { tx: [ring], rx: [ring], interrupts: 1, mtu: 1500, window, sharedOffset: 0 },
    })
    this.chip.run(this.driver, { op: 'activate', vf: 0 })
  }
}

describe('causes', () => {
  test('are read from EICS, cleared one by one in EICR, and unmasked again', () => {
    const bench = new Bench()
    bench.chip.taken()
    bench.interrupt(R.Cause.mailbox | 1)
    expect(bench.chip.taken()).toEqual([
      { offset: R.EICR, value: R.Cause.mailbox },
      { offset: R.EIMS, value: R.Cause.linkChange | R.Cause.mailbox | R.Cause.pciException },
    ])
  })

  test('the link is reported when it comes up and when it changes, not otherwise', () => {
    const bench = new Bench()
    expect(bench.log).toEqual(['link true'])
    expect(bench.driver.uplink.up).toBe(true)
    bench.interrupt(R.Cause.linkChange)
    bench.chip.set(R.LINKS, 0)
    bench.interrupt(R.Cause.linkChange)
    expect(bench.log).toEqual(['link true', 'link false'])
    expect(bench.driver.uplink.up).toBe(false)
  })

  test('a VF that its guest resets is closed and reported; it can be quiesced and released, nothing else', () => {
    const bench = new Bench()
    bench.enabledVf()
    bench.log.length = 0
    bench.chip.taken()
    bench.chip.set(R.PFVFLRE, 0b101)
    bench.interrupt(R.Cause.mailbox)
    expect(bench.log).toEqual(['vfReset 0'])
    expect(bench.chip.taken()).toContainEqual({ offset: R.PFVFLREC, value: 0b101 })
    expect(bench.chip.get(R.PFVFRE_LO)).toBe(1 << 7)
    expect(bench.chip.run(bench.driver, { op: 'activate', vf: 0 }).status).toBe('badParam')
    expect(bench.chip.run(bench.driver, { op: 'quiesce', vf: 0 }).status).toBe('ok')
    expect(bench.chip.run(bench.driver, { op: 'release', vf: 0 }).status).toBe('ok')
  })

  test('a stopped queue is reported with pool, direction and cause', () => {
    const bench = new Bench()
    bench.log.length = 0
    bench.chip.clearedByRead.add(R.LVMMC_TX)
    bench.chip.set(R.LVMMC_TX, 0x8000)
    bench.chip.set(R.LMVM_TX, 7)
    bench.interrupt(R.Cause.pciException)
    bench.interrupt(R.Cause.pciException)
    expect(bench.log).toEqual(['malicious 3 tx 32768'])
  })

  test('after closing nothing is reported', () => {
    const bench = new Bench()
    bench.log.length = 0
    bench.driver.close()
    bench.chip.set(R.LINKS, 0)
    bench.interrupt(R.Cause.linkChange)
    expect(bench.log).toEqual([])
  })
})

describe('statistics', () => {
  test('counters that a read clears add up; 36-bit ones have their high word; the spoof count is reported', () => {
    const bench = new Bench()
    bench.log.length = 0
    for (const offset of [0x4074, 0x4088, 0x408c, 0x8780]) bench.chip.clearedByRead.add(offset)
    bench.chip.set(0x4074, 5)
    bench.chip.set(0x4088, 7)
    bench.chip.set(0x408c, 1)
    bench.chip.set(0x8780, 2)
    bench.driver.statistics()
    bench.chip.set(0x4074, 6)
    expect(bench.driver.statistics()).toMatchObject({ GPRC: 11, GORC: 0x100000007, SSVPC: 2 })
    expect(bench.log).toEqual(['spoofed 2'])
  })

  test('counters of VFs run freely: differences are added, around the end of the register too', () => {
    const bench = new Bench()
    const packets = 0x101c + 0x40 * 3
    bench.chip.set(packets, 0xfffffff0)
    expect(bench.driver.statistics()).toMatchObject({ 'VF3.PVFGPRC': 0xfffffff0 })
    bench.chip.set(packets, 0x10)
    bench.chip.set(0x8418, 0xffffffff)
    bench.chip.set(0x841c, 0xf)
    expect(bench.driver.statistics()).toMatchObject({ 'VF3.PVFGPRC': 0x100000010, 'VF3.PVFGOTC': 0xfffffffff })
    bench.chip.set(0x8418, 4)
    bench.chip.set(0x841c, 0)
    expect(bench.driver.statistics()).toMatchObject({ 'VF3.PVFGOTC': 0x1000000004 })
  })
})
