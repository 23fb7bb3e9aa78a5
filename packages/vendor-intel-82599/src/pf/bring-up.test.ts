import { Header, SriovCap } from '@npa/pci'
import { describe, expect, test } from 'vitest'
import * as R from './registers.js'
import { FakeChip } from './testing/fake-chip.js'

describe('initialisation', () => {
  test('in the order of the datasheet: reset before anything is set, MTQC while the arbiter is off, receive enable last', () => {
    const chip = new FakeChip()
    const driver = chip.driver()
    chip.scheduler.run(() => driver.running, 1e9)
    const order = (offset: number, value?: number): number => {
      return chip.writes.findIndex((write) => write.offset === offset && (value === undefined || write.value === value))
    }
    expect(order(R.EIMC)).toBe(0)
    expect(order(R.CTRL)).toBeLessThan(order(R.RXPBSIZE(0)))
    expect(order(R.RTTDCS, R.RTTDCS_ARBITER_OFF)).toBeLessThan(order(R.MTQC))
    expect(order(R.MTQC)).toBeLessThan(order(R.RTTDCS, 0))
    expect(order(R.DMATXCTL)).toBeLessThan(order(R.TXDCTL(14)))
    expect(order(R.RXDCTL(14))).toBeLessThan(order(R.RXCTRL))
    expect(order(R.RDT(14), 511)).toBeGreaterThan(order(R.RXDCTL(14)))
    expect(order(R.RXCTRL)).toBeLessThan(order(R.EIMS))
    expect(chip.scheduler.nowNs()).toBeGreaterThanOrEqual(110_000_000)
  })

  test.each([
    [64, { mtqc: 0x6, mrqc: 0x33000b, mode: 3, queue: 14 }],
    [32, { mtqc: 0xa, mrqc: 0x33000a, mode: 2, queue: 28 }],
  ] as const)('%i pools: all registers that must agree do', (pools, want) => {
    const chip = new FakeChip()
    chip.running({ pools, vfs: 7 })
    expect(chip.get(R.PFVTCTL)).toBe(0x40000001 | (7 << 7))
    expect(chip.get(R.MTQC)).toBe(want.mtqc)
    expect(chip.get(R.MRQC)).toBe(want.mrqc)
    expect(chip.get(R.GCR_EXT)).toBe((0x80000000 | want.mode) >>> 0)
    expect((chip.get(R.GPIE) >>> 14) & 3).toBe(want.mode)
    expect(chip.get(R.PFVFRE_LO)).toBe(1 << 7)
    expect(chip.get(R.PFVFTE_LO)).toBe(1 << 7)
    expect(chip.get(R.RXDCTL(want.queue))).toBe(R.Rxdctl.enable | R.Rxdctl.stripVlan)
    expect(chip.get(R.TDLEN(want.queue))).toBe(512 * 16)
    expect(chip.get(R.IVAR(want.queue >> 1))).toBe(0x8180)
    expect(chip.get(R.MPSAR_LO(0))).toBe(1 << 7)
    expect(chip.get(R.PFVML2FLT(7))).toBe(0x19000000)
    expect(chip.get(R.PFDTXGSWC)).toBe(1)
    expect(chip.get(R.VFTA(77))).toBe(0xffffffff)
    expect(chip.get(R.PFMBIMR(0))).toBe(0)
  })

  test('memory decoding, bus mastering and the VFs are switched on in configuration space', () => {
    const chip = new FakeChip()
    chip.running({ vfs: 5 })
    expect(chip.config.getUint16(Header.command, true) & 6).toBe(6)
    expect(chip.config.getUint16(0x160 + SriovCap.numVfs, true)).toBe(5)
    expect(chip.config.getUint16(0x160 + SriovCap.control, true) & 9).toBe(9)
  })

  test('the longest frame and its buffers follow the MTU', () => {
    const chip = new FakeChip(0x1000000)
    chip.running({ mtu: 9000 })
    expect(chip.get(R.MAXFRS)).toBe(9018 << 16)
    expect(chip.get(R.SRRCTL(14)) & 0x7f).toBe(9)
    expect(chip.get(R.HLREG0) & R.Hlreg0.jumbo).toBe(R.Hlreg0.jumbo)
    const standard = new FakeChip()
    standard.running()
    expect(standard.get(R.SRRCTL(14)) & 0x7f).toBe(2)
    expect(standard.get(R.HLREG0) & R.Hlreg0.jumbo).toBe(0)
  })

  test('a step that does not come to its end is named, and everything that waited is told', () => {
    const chip = new FakeChip()
    chip.stuck.add(R.RXDCTL(14))
    const problems: string[] = []
    const driver = chip.driver({ events: { failed: (problem) => problems.push(problem) } })
    const answers: unknown[] = []
    driver.start({ op: 'getInfo', vf: 0 }, (status) => answers.push(status))
    driver.drain((quiet) => answers.push(quiet))
    chip.scheduler.run(() => false, 1e9)
    expect(problems).toEqual(['4.6.7.1, 4.6.8.1 The PF queues: not done after 100 ms'])
    expect(answers).toEqual(['failure', false])
    expect(driver.running).toBe(false)
  })

  test('too few vectors and too few VFs are failures with a reason', () => {
    const problemOf = (chip: FakeChip): string => {
      let problem = ''
      chip.driver({ events: { failed: (text) => (problem = text) } })
      chip.scheduler.run(() => false, 1e9)
      return problem
    }
    const vectors = new FakeChip()
    vectors.vectors = 2
    expect(problemOf(vectors)).toContain('2 MSI-X vectors, 3 needed')
    const vfs = new FakeChip()
    vfs.config.setUint16(0x160 + SriovCap.totalVfs, 4, true)
    expect(problemOf(vfs)).toContain('4 VFs, 7 asked for')
  })

  test('another function, and options out of range, are refused', () => {
    const chip = new FakeChip()
    expect(() => chip.driver({ vfs: 32 })).toThrow(RangeError)
    expect(() => chip.driver({ mtu: 10000 })).toThrow(RangeError)
    expect(() => chip.driver({ interruptUs: 2000 })).toThrow(RangeError)
    chip.config.setUint16(Header.device, 0x10c9, true)
    expect(() => chip.driver()).toThrow('8086:10c9 is not an 82599')
  })

  test('closing resets the chip, takes the VFs away and returns all memory', () => {
    const chip = new FakeChip()
    const driver = chip.running()
    driver.close()
    driver.close()
    expect(chip.memory.inUse).toBe(0)
    expect(chip.taken().filter(({ offset }) => offset === R.CTRL)).toHaveLength(1)
    expect(chip.config.getUint16(0x160 + SriovCap.control, true)).toBe(0)
    expect(chip.run(driver, { op: 'getInfo', vf: 0 }).status).toBe('failure')
  })
})
