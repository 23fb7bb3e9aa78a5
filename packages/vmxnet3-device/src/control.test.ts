import { Capability, ExpressCap, findCapability, functionLevelReset, Header } from '@npa/pci'
import {
  Bar,
  Cmd,
  Event,
  Implementation,
  Pt,
  QUEUE_ENTRY_BYTES,
  RxMode,
  RxQueue,
  Shared,
  TxQueue,
  Vd,
  VF_BAR_BYTES,
} from '@npa/vmxnet3-spec'
import { describe, expect, test } from 'vitest'
import { TestDriver } from './testing/driver.js'
import { plainFrame } from './testing/frames.js'
import { Guest, MAC } from './testing/guest.js'

describe('identity', () => {
  test('ids, class, capabilities and the sizes of the BARs', () => {
    const { device } = new Guest()
    expect(device.configRead(Header.vendor, 4)).toBe(0x07b015ad)
    expect(device.configRead(Header.revision, 4)).toBe(0x02000001)
    expect(device.configRead(Header.subsystemVendor, 4)).toBe(0x07b015ad)
    const size = (bar: number): number => {
      const at = Header.bar0 + 4 * bar
      device.configWrite(at, 4, 0xffffffff)
      return (-(device.configRead(at, 4) & ~15) | 0) >>> 0
    }
    expect([0, 1, 2, 3, 4].map(size)).toEqual([0x1000, 0x1000, 0x2000, 0, VF_BAR_BYTES])
    expect(device.configRead(Header.bar0 + 16, 4) & 6).toBe(4)
    expect(findCapability(device, Capability.express)).toBe(0x48)
    const msix = findCapability(device, Capability.msix)
    expect(device.configRead(msix + 2, 2) & 0x7ff).toBe(24)
    expect(device.configRead(msix + 4, 4)).toBe(2)
    expect(device.configRead(msix + 8, 4)).toBe(0x1002)
    expect(device.configRead(0x48 + ExpressCap.deviceCapabilities, 4) & ExpressCap.flrCapable).not.toBe(0)
  })
})

describe('registers', () => {
  test('revisions 1 and 2 of the device, 1 of UPT', () => {
    const guest = new Guest()
    for (const chosen of [1, 2, 4]) {
      guest.write(Bar.control, Vd.vrrs, chosen)
      expect(guest.read(Bar.control, Vd.vrrs)).toBe(3)
      expect(guest.read(Bar.control, Vd.uvrs)).toBe(1)
    }
  })

  test('the address is latched by its high half and told to the switch', () => {
    const told: number[][] = []
    const guest = new Guest({ macChanged: (mac) => told.push(Array.from(mac)) })
    expect(guest.read(Bar.control, Vd.macl)).toBe(0x01565000)
    expect(guest.read(Bar.control, Vd.mach)).toBe(0x0302)
    guest.write(Bar.control, Vd.macl, 0x33221102)
    expect(told).toEqual([])
    guest.write(Bar.control, Vd.mach, 0xffff5544)
    expect(told).toEqual([[0x02, 0x11, 0x22, 0x33, 0x44, 0x55]])
    expect(guest.read(Bar.control, Vd.macl)).toBe(0x33221102)
    expect(guest.command(Cmd.getPermMacLo)).toBe(0x01565000)
    expect(guest.command(Cmd.getPermMacHi)).toBe(0x0302)
    const driver = new TestDriver(guest)
    driver.open()
    guest.switch.deliver([{ bytes: plainFrame(60, 1, told[0]) }, { bytes: plainFrame(60) }])
    expect(driver.receive().length).toBe(1)
    guest.command(Cmd.resetDev)
    expect(guest.read(Bar.control, Vd.mach)).toBe(0x5544)
    guest.device.reset('function')
    expect(Array.from(guest.device.mac)).toEqual(Array.from(MAC))
  })

  test('what is not there reads 0, takes no writes, and narrow writes change nothing', () => {
    const guest = new Guest()
    for (const bar of [Bar.data, Bar.control, Bar.msix]) {
      guest.write(bar, 0xff8, 0xffffffff)
      expect(guest.read(bar, 0xff8)).toBe(0)
    }
    guest.device.barWrite(Bar.data, Pt.imr, 1, 0)
    expect(guest.read(Bar.data, Pt.imr)).toBe(1)
    expect(guest.device.barRead(Bar.control, Vd.macl + 2, 2)).toBe(0x0156)
  })

  test('the commands that only answer', () => {
    const guest = new Guest()
    expect(guest.command(Cmd.getLink)).toBe(((10000 << 16) | 1) >>> 0)
    guest.device.linkUp = false
    expect(guest.command(Cmd.getLink)).toBe(0)
    expect(guest.command(Cmd.getDidLo)).toBe(0x07b0)
    expect(guest.command(Cmd.getDidHi)).toBe(1)
    expect(guest.command(Cmd.getConfIntr)).toBe(0)
    expect(guest.command(Cmd.getAdaptiveRingInfo)).toBe(1)
    expect(guest.command(0xf00d000f)).toBe(0)
    expect(guest.command(0xf00d0bad)).toBe(0)
    expect(guest.device.counters.get('unknownCommands')).toBe(2)
  })
})

describe('activation', () => {
  test('starts the queues and writes the threshold', () => {
    const guest = new Guest()
    const driver = new TestDriver(guest)
    expect(driver.activate()).toBe(0)
    expect(guest.device.active).toBe(true)
    expect(guest.device.quiet).toBe(false)
    expect(guest.u32(driver.entry(0) + TxQueue.threshold)).toBe(1)
  })

  test('stale completions are cleared', () => {
    const guest = new Guest()
    const driver = new TestDriver(guest)
    guest.bytes(driver.tx[0].comp, 64 * 16).fill(0xff)
    guest.bytes(driver.rx[0].comp, 96 * 16).fill(0xff)
    driver.activate()
    expect(driver.completions()).toEqual([])
    expect(driver.receive()).toEqual([])
  })

  const refusals: [string, (guest: Guest, driver: TestDriver) => void][] = [
    ['no magic', (guest, driver) => guest.put32(driver.shared, 1)],
    ['no queues', (guest, driver) => guest.put32(driver.shared + Shared.maxRxSg, 0)],
    ['9 transmit queues', (guest, driver) => guest.put32(driver.shared + Shared.maxRxSg, 0x01090000)],
    ['17 receive queues', (guest, driver) => guest.put32(driver.shared + Shared.maxRxSg, 0x11010000)],
    ['a short table', (guest, driver) => guest.put32(driver.shared + Shared.queueTableLength, 511)],
    ['a table nowhere', (guest, driver) => guest.put64(driver.shared + Shared.queueTableAddress, 0x1000)],
    ['a ring nowhere', (guest, driver) => guest.put64(driver.entry(0) + TxQueue.ringAddress, 0x1000)],
    ['a ring beyond everything', (guest, driver) => guest.put32(driver.entry(0) + TxQueue.ringAddress + 4, 0xffffffff)],
    ['a ring that leaves memory', (guest, driver) => guest.put64(driver.entry(0) + TxQueue.ringAddress, 0x1_23bf_fe00)],
    [
      'an unaligned ring',
      (guest, driver) => guest.put64(driver.entry(0) + TxQueue.ringAddress, driver.tx[0].ring + 16),
    ],
    ['a size of 48', (guest, driver) => guest.put32(driver.entry(0) + TxQueue.ringSize, 48)],
    ['a size of 0', (guest, driver) => guest.put32(driver.entry(0) + TxQueue.ringSize, 0)],
    ['a size of 4128', (guest, driver) => guest.put32(driver.entry(1) + TxQueue.ringSize, 4128)],
    ['a receive ring nowhere', (guest, driver) => guest.put64(driver.entry(1) + RxQueue.ringAddress, 0x1000)],
    ['a second one nowhere', (guest, driver) => guest.put64(driver.entry(1) + RxQueue.ringAddress + 8, 0x1000)],
    ['no completions', (guest, driver) => guest.put64(driver.entry(1) + TxQueue.compRingAddress, 0x1000)],
    ['vector 25', (guest, driver) => guest.bytes(driver.entry(1) + TxQueue.interrupt, 1).fill(25)],
    ['event vector 25', (guest, driver) => guest.bytes(driver.shared + Shared.eventInterrupt, 1).fill(25)],
  ]
  test.each(refusals)('refuses %s', (_, spoil) => {
    const said: string[] = []
    const guest = new Guest({ trace: { event: (who, what) => said.push(`${who}: ${what}`) } })
    const driver = new TestDriver(guest)
    spoil(guest, driver)
    expect(driver.activate()).not.toBe(0)
    expect(guest.device.active).toBe(false)
    expect(said.at(-1)).toMatch(/^nic: activation refused: /)
  })

  test('without a shared area it is refused, and an address of zero deactivates', () => {
    const guest = new Guest()
    expect(guest.command(Cmd.activateDev)).not.toBe(0)
    const driver = new TestDriver(guest)
    driver.open()
    guest.write(Bar.control, Vd.dsal, 0)
    expect(guest.device.active).toBe(false)
  })

  test('a refused activation ends the one before', () => {
    const guest = new Guest()
    const driver = new TestDriver(guest)
    driver.open()
    guest.put32(driver.shared, 0)
    driver.activate()
    expect(guest.device.quiet).toBe(true)
  })
})

describe('quiesce and reset', () => {
  test('after QUIESCE_DEV nothing moves, and its statistics are the last word in memory that may be freed now', () => {
    const guest = new Guest()
    const driver = new TestDriver(guest)
    driver.open()
    driver.send(plainFrame(60))
    guest.settle()
    driver.put(plainFrame(60))
    guest.command(Cmd.quiesceDev)
    driver.ring()
    guest.settle()
    guest.switch.deliver([{ bytes: plainFrame(60) }])
    expect(driver.receive()).toEqual([])
    expect(guest.switch.seen.length).toBe(1)
    expect(guest.device.txIdle).toBe(true)
    expect(guest.device.raiseEvent(Event.link)).toBe(false)
    expect(guest.u64(driver.entry(0) + TxQueue.stats + 16)).toBe(1)
    const freed = [guest.bytes(driver.shared, Shared.bytes), guest.bytes(driver.table, 2 * QUEUE_ENTRY_BYTES)]
    for (const memory of freed) memory.fill(0xc5)
    // A newly loaded driver asks for statistics before it activates the device.
    for (const command of [Cmd.getStats, Cmd.getQueueStatus, Cmd.updateRxMode]) guest.command(command)
    guest.write(Bar.control, Vd.ecr, 0xffffffff)
    for (let v = 0; v < 25; v++) guest.write(Bar.data, Pt.imr + 8 * v, 0)
    guest.settle()
    for (const memory of freed) expect(memory.every((byte) => byte === 0xc5)).toBe(true)
  })

  test('reset under load: held frames are discarded and counted, fresh rings work', () => {
    const guest = new Guest()
    const driver = new TestDriver(guest)
    driver.open()
    guest.switch.credit = 5
    for (let i = 0; i < 40; i++) driver.put(plainFrame(60, i))
    driver.ring()
    guest.settle()
    expect(guest.device.txHeld).toBe(27)
    guest.command(Cmd.resetDev)
    expect(guest.device.txHeld).toBe(0)
    expect(guest.device.counters.get('txDiscardedAtStop')).toBe(27)
    guest.switch.grant(100)
    guest.settle()
    expect(guest.switch.seen.length).toBe(5)
    driver.open()
    driver.send(plainFrame(80))
    guest.settle()
    expect(guest.switch.seen.at(-1)?.bytes).toEqual(plainFrame(80))
    expect(driver.completions()).toEqual([0])
    expect(guest.device.counters.get('pktsTxDiscard')).toBe(27)
  })

  test('RESET_DEV masks all vectors and forgets filters and shared area', () => {
    const guest = new Guest()
    const driver = new TestDriver(guest)
    driver.open()
    guest.command(Cmd.resetDev)
    expect(guest.read(Bar.data, Pt.imr)).toBe(1)
    expect(guest.device.rxMode).toBe(0)
    guest.put32(driver.shared + Shared.rxMode, RxMode.promiscuous)
    guest.command(Cmd.updateRxMode)
    expect(guest.device.rxMode).toBe(0)
  })

  test('a function-level reset stops everything, without touching memory', () => {
    const guest = new Guest()
    const driver = new TestDriver(guest)
    driver.open()
    driver.send(plainFrame(60))
    const before = guest.iommu.bytes
    functionLevelReset(guest.device)
    guest.settle()
    guest.switch.deliver([{ bytes: plainFrame(60) }])
    guest.device.linkUp = false
    expect(guest.iommu.bytes).toBe(before)
    expect(guest.switch.seen).toEqual([])
    guest.device.linkUp = true
    guest.enable()
    driver.open()
    driver.send(plainFrame(61))
    guest.settle()
    expect(guest.switch.seen.length).toBe(1)
  })

  test('without bus mastering nothing moves', () => {
    const guest = new Guest()
    const driver = new TestDriver(guest)
    driver.open()
    driver.put(plainFrame(60))
    guest.device.configWrite(Header.command, 2, 2)
    driver.ring()
    guest.settle()
    guest.switch.deliver([{ bytes: plainFrame(60) }])
    expect(guest.switch.seen).toEqual([])
    expect(guest.device.counters.get('pktsRxOutOfBuf')).toBe(1)
  })
})

describe('the hypervisor’s hold on the data path', () => {
  test('stopDataPath stops all transfers, and resumeDataPath goes on without loss of what was rung', () => {
    const guest = new Guest()
    const driver = new TestDriver(guest)
    driver.open()
    guest.switch.credit = 2
    for (let i = 0; i < 10; i++) driver.put(plainFrame(60, i))
    driver.ring()
    guest.settle()
    guest.device.stopDataPath()
    expect(guest.device.quiet).toBe(true)
    driver.put(plainFrame(60, 10))
    const before = guest.iommu.bytes
    driver.ring()
    guest.switch.grant(Infinity)
    guest.settle()
    guest.switch.deliver([{ bytes: plainFrame(60) }])
    expect(guest.iommu.bytes).toBe(before)
    expect(guest.device.counters.get('rxNotReady')).toBe(1)
    expect(guest.device.raiseEvent(Event.implementation)).toBe(true)
    guest.device.resumeDataPath()
    guest.settle()
    expect(guest.switch.seen.map((seen) => seen.bytes)).toEqual(Array.from({ length: 11 }, (_, i) => plainFrame(60, i)))
    expect(driver.completions().length).toBe(11)
  })

  test('without an activated device there is nothing to resume', () => {
    const guest = new Guest()
    guest.device.resumeDataPath()
    expect(guest.device.quiet).toBe(true)
  })
})

describe('NPA', () => {
  test('without a handler the commands answer 0 and change nothing', () => {
    const guest = new Guest()
    const driver = new TestDriver(guest)
    driver.open()
    for (const command of [Cmd.stopEmulation, Cmd.loadPlugin, Cmd.activateVf]) expect(guest.command(command)).toBe(0)
    expect(guest.command(Cmd.getDevExtraInfo)).toBe(Implementation.emulated)
    expect(guest.device.quiet).toBe(false)
  })

  test('the handler is told, with the configuration as it is now', () => {
    const calls: string[] = []
    let refuse = 1
    const guest = new Guest({
      npa: {
        stopEmulation: () => refuse,
        loadPlugin: (lo, hi, length) => calls.push(`load ${hi.toString(16)}:${lo.toString(16)} ${length}`) + 1,
        activateVf: () => 7,
        implementation: () => Implementation.offered,
        activated: () => calls.push('activated'),
        stopped: () => calls.push('stopped'),
        filtersChanged: () => calls.push('filters'),
      },
    })
    const driver = new TestDriver(guest)
    driver.open()
    guest.put32(driver.shared + Shared.pluginConf + 4, 128)
    guest.put64(driver.shared + Shared.pluginConf + 8, 0x1_2345_6780)
    expect(guest.command(Cmd.loadPlugin)).toBe(4)
    expect(calls).toEqual(['activated', 'filters', 'load 1:23456780 128'])
    expect(guest.command(Cmd.getDevExtraInfo)).toBe(Implementation.offered)
    expect(guest.command(Cmd.activateVf)).toBe(7)
    expect(guest.command(Cmd.stopEmulation)).toBe(1)
    expect(guest.device.quiet).toBe(false)
    refuse = 0
    expect(guest.command(Cmd.stopEmulation)).toBe(0)
    expect(guest.device.quiet).toBe(true)
    expect(guest.device.active).toBe(true)
    expect(guest.device.raiseEvent(Event.implementation)).toBe(true)
    expect(guest.u32(driver.shared + Shared.ecr)).toBe(Event.implementation)
    driver.open()
    expect(calls.slice(3)).toEqual(['activated', 'filters'])
    expect(guest.device.quiet).toBe(false)
    for (const command of [Cmd.updateRxMode, Cmd.updateMacFilters, Cmd.updateVlanFilters]) guest.command(command)
    guest.command(Cmd.quiesceDev)
    guest.command(Cmd.updateRxMode)
    expect(calls.slice(5)).toEqual(['filters', 'filters', 'filters', 'stopped'])
    calls.length = 0
    guest.write(Bar.control, Vd.dsal, 0)
    guest.command(Cmd.resetDev)
    functionLevelReset(guest.device)
    expect(calls).toEqual(['stopped', 'stopped', 'stopped'])
    // The platform's own resets tell nobody: who does them knows.
    guest.device.reset('power')
    expect(calls.length).toBe(3)
    guest.enable()
    driver.open()
    guest.put32(driver.shared, 0)
    driver.activate()
    expect(calls.slice(3)).toEqual(['activated', 'filters', 'stopped'])
  })

  test('BAR4 reads all ones until a VF is mapped, and tells who follows', () => {
    const guest = new Guest()
    const seen: boolean[] = []
    guest.device.vfWindow.onChange((vf) => seen.push(vf !== undefined))
    guest.write(Bar.vf, 0x100, 5)
    expect(guest.read(Bar.vf, 0x100)).toBe(0xffffffff)
    const words = new Map<number, number>()
    const vf = {
      read32: (offset: number) => words.get(offset) ?? 0,
      write32: (offset: number, value: number) => void words.set(offset, value),
    }
    guest.device.mapVf(vf)
    guest.device.mapVf(vf)
    guest.write(Bar.vf, 0x3ffc, 0xdeadbeef)
    guest.write(Bar.vf, 0x4000, 1)
    expect([...words]).toEqual([[0x3ffc, 0xdeadbeef]])
    expect(guest.read(Bar.vf, 0x3ffc)).toBe(0xdeadbeef)
    guest.device.unmapVf()
    expect(guest.read(Bar.vf, 0x3ffc)).toBe(0xffffffff)
    expect(seen).toEqual([false, true, false])
  })
})
