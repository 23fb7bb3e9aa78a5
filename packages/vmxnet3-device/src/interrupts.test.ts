import { Capability, findCapability } from '@npa/pci'
import { Bar, Cmd, Event, Pt, Shared, Vd } from '@npa/vmxnet3-spec'
import { describe, expect, test } from 'vitest'
import { TestDriver } from './testing/driver.js'
import { plainFrame } from './testing/frames.js'
import { Guest } from './testing/guest.js'

const RX = 1
const EVENT = 2

function opened(autoMask = 0): { guest: Guest; driver: TestDriver; frame: () => void } {
  const guest = new Guest()
  const driver = new TestDriver(guest, { autoMask })
  driver.open()
  return { guest, driver, frame: () => void guest.switch.deliver([{ bytes: plainFrame(60) }]) }
}

describe('interrupts', () => {
  test('all vectors start masked, and a masked one is sent once when it is unmasked', () => {
    const { guest, frame } = opened()
    guest.write(Bar.data, Pt.imr + 8 * RX, 1)
    expect(guest.read(Bar.data, Pt.imr + 8 * RX)).toBe(1)
    frame()
    frame()
    expect(guest.interrupts[RX]).toBe(0)
    guest.write(Bar.data, Pt.imr + 8 * RX, 0)
    expect(guest.interrupts[RX]).toBe(1)
    guest.write(Bar.data, Pt.imr + 8 * RX, 0)
    expect(guest.interrupts[RX]).toBe(1)
    expect(new Guest().read(Bar.data, Pt.imr)).toBe(1)
  })

  test('with autoMask a vector masks itself when it fires', () => {
    const { guest, frame } = opened(1)
    frame()
    frame()
    expect(guest.interrupts[RX]).toBe(1)
    expect(guest.read(Bar.data, Pt.imr + 8 * RX)).toBe(1)
    guest.write(Bar.data, Pt.imr + 8 * RX, 0)
    expect(guest.interrupts[RX]).toBe(2)
    expect(guest.read(Bar.data, Pt.imr + 8 * RX)).toBe(1)
  })

  test('intrCtrl holds everything back until the device looks again', () => {
    const { guest, driver, frame } = opened()
    guest.put32(driver.shared + Shared.interruptControl, 1)
    frame()
    expect(guest.interrupts[RX]).toBe(0)
    guest.put32(driver.shared + Shared.interruptControl, 0)
    guest.read(Bar.control, Vd.vrrs)
    expect(guest.interrupts[RX]).toBe(1)
    frame()
    expect(guest.interrupts[RX]).toBe(2)
  })

  test('what was pending before an activation is forgotten', () => {
    const { guest, driver, frame } = opened()
    guest.write(Bar.data, Pt.imr + 8 * RX, 1)
    frame()
    driver.activate()
    guest.put32(driver.shared + Shared.interruptControl, 0)
    guest.write(Bar.data, Pt.imr + 8 * RX, 0)
    expect(guest.interrupts[RX]).toBe(0)
  })

  test('without MSI-X the cause register tells, and clears on read', () => {
    const { guest, frame } = opened()
    const msix = findCapability(guest.device, Capability.msix)
    guest.device.configWrite(msix + 2, 2, 0)
    frame()
    expect(guest.read(Bar.control, Vd.icr)).toBe(1)
    expect(guest.read(Bar.control, Vd.icr)).toBe(0)
  })

  test('a vector masked in its MSI-X entry is pending there', () => {
    const { guest, frame } = opened()
    guest.write(Bar.msix, RX * 16 + 12, 1)
    frame()
    expect(guest.interrupts[RX]).toBe(0)
    expect(guest.read(Bar.msix, 0x1000)).toBe(1 << RX)
    guest.write(Bar.msix, RX * 16 + 12, 0)
    expect(guest.interrupts[RX]).toBe(1)
  })

  test('the entries are there for whoever routes a VF’s interrupts', () => {
    const { guest } = opened()
    const changed: number[] = []
    guest.device.msix.onChange((vector) => changed.push(vector))
    guest.write(Bar.msix, 5 * 16 + 8, 0x77)
    expect(changed).toEqual([5])
    expect(guest.device.msix.word(5, 2)).toBe(0x77)
    expect(guest.device.msix.masked(5)).toBe(false)
  })
})

describe('events', () => {
  test('add up until the driver acknowledges them', () => {
    const { guest, driver } = opened()
    const ecr = (): number => guest.u32(driver.shared + Shared.ecr)
    guest.device.linkUp = false
    expect(guest.device.raiseEvent(Event.implementation)).toBe(true)
    expect(ecr()).toBe(Event.link | Event.implementation)
    expect(guest.interrupts[EVENT]).toBe(2)
    guest.write(Bar.control, Vd.ecr, Event.link)
    expect(ecr()).toBe(Event.implementation)
    guest.put32(driver.shared + Shared.ecr, 0xffffffff)
    guest.write(Bar.control, Vd.ecr, Event.implementation)
    expect(ecr()).toBe(0)
  })

  test('nobody is told before activation or after a reset', () => {
    const guest = new Guest()
    expect(guest.device.raiseEvent(Event.link)).toBe(false)
    const driver = new TestDriver(guest)
    driver.open()
    guest.command(Cmd.resetDev)
    const before = guest.iommu.bytes
    expect(guest.device.raiseEvent(Event.link)).toBe(false)
    guest.write(Bar.control, Vd.ecr, 1)
    expect(guest.iommu.bytes).toBe(before)
  })
})
