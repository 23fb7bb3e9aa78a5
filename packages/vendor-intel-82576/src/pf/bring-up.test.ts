import { Header, SriovCap } from '@npa/pci'
import { describe, expect, test } from 'vitest'
import * as R from './registers.js'
import { FakeChip } from './testing/fake-chip.js'

const PF = 7

describe('initialisation', () => {
  test('in the order of the datasheet: reset before anything is set, tails after the queues, receive enable last, then interrupts', () => {
    const chip = new FakeChip()
    const driver = chip.driver()
    chip.scheduler.run(() => driver.running, 1e9)
    const order = (offset: number, has = 0): number =>
      chip.writes.findIndex((write) => write.offset === offset && (write.value & has) === has)
    expect(order(R.IMC)).toBe(0)
    expect(order(R.CTRL, R.Ctrl.reset)).toBeLessThan(order(R.VT_CTL))
    expect(order(R.CTRL, R.Ctrl.setLinkUp)).toBeLessThan(order(R.MDIC))
    expect(order(R.TCTL, R.Tctl.enable)).toBeLessThan(order(R.TX(PF) + 0x28))
    expect(order(R.RX(PF) + 0x28)).toBeLessThan(order(R.RCTL, R.Rctl.enable))
    // The tail counts only once the queue is enabled: an erratum of the 82576 asks for it too.
    expect(chip.writes.findIndex(({ offset, value }) => offset === R.RX(PF) + 0x18 && value === 511)).toBeGreaterThan(
      order(R.RX(PF) + 0x28),
    )
    expect(order(R.RCTL, R.Rctl.enable)).toBeLessThan(order(R.EIMS))
    expect(order(R.EIMS)).toBeLessThan(order(R.CTRL_EXT, R.CtrlExt.pfResetDone))
    expect(chip.config.getUint16(0x160 + SriovCap.numVfs, true)).toBe(7)
    expect(chip.config.getUint16(0x160 + SriovCap.control, true) & 9).toBe(9)
  })

  test('all registers that must agree on pools do; the PF has the pool behind the last VF', () => {
    const chip = new FakeChip()
    chip.running()
    expect(chip.get(R.VT_CTL)).toBe(0x40000000 | (PF << 7))
    expect(chip.get(R.MRQC)).toBe(0x330005)
    expect(chip.get(R.VFRE)).toBe(1 << PF)
    expect(chip.get(R.VFTE)).toBe(1 << PF)
    expect(chip.get(R.RAH(0))).toBe((0x80009900 | (1 << (18 + PF))) >>> 0)
    expect(chip.get(R.VMOLR(PF))).toBe(0xd90105f2)
    expect(chip.get(R.VMOLR(0))).toBe(0x800105f2)
    expect(chip.get(R.DTXSWC)).toBe(0x80000000)
    expect(chip.get(R.VFTA(77))).toBe(0xffffffff)
    expect(chip.get(R.IVAR(PF))).toBe(0x8180)
    expect(chip.get(R.IVAR_MISC)).toBe(0x8200)
    expect(chip.get(R.EIAC)).toBe(7)
    expect(chip.get(R.EITR(0))).toBe(0x80000050)
    expect(chip.get(R.MBVFIMR)).toBe(0)
    expect(chip.get(R.RX(PF) + 0x28)).toBe(0x02010808)
    expect(chip.get(R.RX(PF) + R.SRRCTL)).toBe(0x82000002)
    expect(chip.get(R.TX(PF) + 0x28)).toBe(0x02000108)
  })

  test('the longest frame counts tag and FCS, and the buffers follow it', () => {
    const chip = new FakeChip(0x1000000)
    chip.running({ mtu: 9000 })
    expect(chip.get(R.RLPML)).toBe(9022)
    expect(chip.get(R.VMOLR(PF)) & 0x13fff).toBe(0x10000 | 9022)
    expect(chip.get(R.RX(PF) + R.SRRCTL) & 0x7f).toBe(9)
  })

  test('a card without an EEPROM comes up all the same; reading ICR masks no cause', () => {
    const chip = new FakeChip()
    chip.set(R.EEC, 0)
    chip.set(R.IAM, 0xffffffff)
    const driver = chip.driver()
    chip.scheduler.run(() => driver.running, 1e9)
    expect(driver.running).toBe(true)
    expect(chip.get(R.IAM)).toBe(0)
  })

  test('another function, and options out of range, are refused', () => {
    const chip = new FakeChip()
    expect(() => chip.driver({ vfs: 8 })).toThrow(RangeError)
    expect(() => chip.driver({ interruptUs: 8192 })).toThrow(RangeError)
    chip.config.setUint16(Header.device, 0x10fb, true)
    expect(() => chip.driver()).toThrow('8086:10fb is not an 82576')
  })

  test('closing masks interrupts, resets the chip, takes the VFs away and returns all memory', () => {
    const chip = new FakeChip()
    const driver = chip.running()
    driver.close()
    const writes = chip.taken()
    expect(writes).toContainEqual({ offset: R.EIMC, value: 0xffffffff })
    expect(writes.filter(({ offset, value }) => offset === R.CTRL && (value & R.Ctrl.reset) !== 0)).toHaveLength(1)
    expect(chip.memory.inUse).toBe(0)
    expect(chip.config.getUint16(0x160 + SriovCap.control, true)).toBe(0)
  })
})
