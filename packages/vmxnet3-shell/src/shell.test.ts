import { Cmd, Event, QueueError, RxMode, Shared, TxQueue, Vd } from '@npa/vmxnet3-spec'
import { describe, expect, test } from 'vitest'
import { DeviceError, Vmxnet3Shell } from './index.js'
import { bench } from './testing/bench.js'
import { Machine } from './testing/machine.js'
import { TestStack } from './testing/stack.js'
import { FakeVmxnet3 } from './testing/vmxnet3.js'

function frame(mark: number): Uint8Array {
  return new Uint8Array(60).fill(mark)
}

describe('probing', () => {
  const cases: readonly (readonly [string, (machine: Machine, device: FakeVmxnet3) => void, RegExp])[] = [
    ['another function', (machine) => machine.configWrite(2, 2, 0x1234), /15ad:1234 is no vmxnet3/],
    ['nobody', (machine) => (machine.bars[1] = { read32: () => 0xffffffff, write32: () => undefined }), /no vmxnet3/],
    ['another revision', (machine) => (machine.bars[1] = { read32: () => 2, write32: () => undefined }), /revision 1/],
    ['too few vectors', (machine) => (machine.vectors = 1), /1 interrupt vectors/],
  ]
  test.each(cases)('%s is refused', (_, prepare, message) => {
    const machine = new Machine()
    prepare(machine, new FakeVmxnet3(machine))
    expect(() => new Vmxnet3Shell(machine)).toThrow(DeviceError)
    expect(() => new Vmxnet3Shell(machine)).toThrow(message)
    expect(machine.allocated.size).toBe(0)
  })

  test('the address is the device’s, bus mastering is on', () => {
    const { machine, shell } = bench()
    expect([...shell.mac]).toEqual([0, 0x50, 0x56, 1, 2, 3])
    expect(machine.configRead(4)).toBe(6)
  })

  test('with fewer vectors there are fewer queues', () => {
    const machine = new Machine()
    machine.vectors = 3
    const device = new FakeVmxnet3(machine)
    const shell = new Vmxnet3Shell(machine, { queuePairs: 8 })
    shell.open()
    expect(machine.memory(device.shared + Shared.txQueues, 2)).toEqual(Uint8Array.of(2, 2))
  })

  test.each([
    { queuePairs: 0 },
    { queuePairs: 9 },
    { txRingSize: 33 },
    { rxRingSize: 8192 },
    { mtu: 59 },
    { mtu: 9001 },
    { vlans: [4096] },
    { buffers: 0 },
  ])('%o is no choice', (options) => {
    const machine = new Machine()
    new FakeVmxnet3(machine)
    expect(() => new Vmxnet3Shell(machine, options)).toThrow(RangeError)
  })
})

describe('activation', () => {
  test('describes everything to the device', () => {
    const { machine, device } = bench({ queuePairs: 2, mtu: 1400 })
    const word = (offset: number): number => device.sharedWord(offset) >>> 0
    expect(word(Shared.magic)).toBe(0xbabefee1)
    expect(word(Shared.mtu)).toBe(1400)
    expect(word(Shared.queueTableLength)).toBe(4 * 256)
    expect([...machine.memory(device.shared + Shared.autoMask, 3)]).toEqual([0, 3, 2])
    expect(word(Shared.interruptControl)).toBe(0)
    expect([word(Shared.rssConf), word(Shared.rssConf + 4)]).toEqual([1, 176])
    expect(device.masked.slice(0, 4)).toEqual([false, false, false, true])
    expect(device.rxMode).toBe(RxMode.unicast | RxMode.broadcast | RxMode.multicast)
    expect(device.commands[0]).toBe(Cmd.activateDev)
  })

  test('a device that refuses leaves nothing behind', () => {
    const machine = new Machine()
    const device = new FakeVmxnet3(machine)
    device.activateResult = 1
    const shell = new Vmxnet3Shell(machine)
    expect(() => shell.open()).toThrow('ACTIVATE_DEV refused')
    expect(shell.leaks()).toEqual({ buffers: 0, dmaBlocks: 0 })
    expect(machine.allocated.size).toBe(0)
    expect(() => shell.open()).toThrow('closed')
  })

  test('close quiesces, resets, masks and takes the shared area back', () => {
    const { machine, device, shell, stack } = bench()
    const held = shell.buffers.alloc()
    shell.close()
    expect(device.commands.slice(-2)).toEqual([Cmd.quiesceDev, Cmd.resetDev])
    expect(device.masked.every((masked) => masked)).toBe(true)
    expect(device.shared).toBe(0)
    expect(shell.leaks()).toEqual({ buffers: 1, dmaBlocks: 0 })
    shell.buffers.free(held)
    expect(shell.leaks()).toEqual({ buffers: 0, dmaBlocks: 0 })
    expect(machine.allocated.size).toBe(0)
    machine.interrupt(0)
    machine.interrupt(1)
    machine.settle()
    expect(stack.wakes).toBe(0)
    shell.close()
  })

  test('a stack may close the driver from inside receive', () => {
    const { machine, device, shell, stack } = bench()
    stack.onReceive = () => shell.close()
    device.receive(frame(1))
    machine.settle()
    expect(shell.leaks()).toEqual({ buffers: 0, dmaBlocks: 0 })
  })
})

describe('control', () => {
  test('link changes reach the stack', () => {
    const { machine, device, stack } = bench()
    device.link = 0
    device.event(Event.link)
    machine.settle()
    device.link = 0xffffffff
    device.event(Event.link)
    machine.settle()
    device.link = 1
    device.event(Event.link)
    machine.settle()
    expect(stack.links).toEqual([true, false, false, true])
    expect(device.sharedWord(Shared.ecr)).toBe(0)
    expect(device.masked[1]).toBe(false)
  })

  test('the multicast list is handed over in borrowed memory; all-multicast needs none', () => {
    const { machine, device, shell } = bench({ multicast: [Uint8Array.of(1, 0, 0x5e, 0, 0, 1)] })
    expect([...device.multicast]).toEqual([1, 0, 0x5e, 0, 0, 1])
    const blocks = machine.allocated.size
    shell.setMulticast([Uint8Array.of(1, 2, 3, 4, 5, 6), Uint8Array.of(7, 8, 9, 10, 11, 12)])
    expect([...device.multicast]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    shell.setMulticast([])
    expect(device.multicast.length).toBe(0)
    expect(machine.allocated.size).toBe(blocks)
    expect(bench({ allMulticast: true }).device.rxMode & RxMode.allMulticast).toBe(RxMode.allMulticast)
    expect(device.rxMode & RxMode.allMulticast).toBe(0)
    shell.setMulticast(Array.from({ length: 10923 }, () => new Uint8Array(6)))
    expect(device.rxMode & RxMode.allMulticast).toBe(RxMode.allMulticast)
  })

  test('VLANs go into the table, with the untagged bit', () => {
    const { device } = bench({ vlans: [1, 4095] })
    expect(device.sharedWord(Shared.vlanTable)).toBe(3)
    expect(device.sharedWord(Shared.vlanTable + 508) >>> 31).toBe(1)
    expect(device.commands).toContain(Cmd.updateVlanFilters)
  })

  test('a new address is written, and again after a reset', () => {
    const { machine, device, shell } = bench()
    shell.setMac(Uint8Array.of(2, 3, 4, 5, 6, 7))
    expect([...device.mac]).toEqual([2, 3, 4, 5, 6, 7])
    device.mac = new Uint8Array(6)
    device.event(Event.rxQueueError)
    machine.settle()
    expect([...device.mac]).toEqual([2, 3, 4, 5, 6, 7])
  })

  test('counters of all queues are summed, 64 bits each', () => {
    const { machine, device, shell } = bench({ queuePairs: 2 })
    const table = device.sharedWord(Shared.queueTableAddress)
    const high = device.sharedWord(Shared.queueTableAddress + 4)
    device.onCommand = (command) => {
      if (command !== Cmd.getStats) return undefined
      for (let entry = 0; entry < 4; entry++) {
        const words = machine.words(high * 2 ** 32 + (table >>> 0) + entry * 256, 64)
        words[(TxQueue.stats >> 2) + 4] = -1
        words[(TxQueue.stats >> 2) + 5] = entry
      }
      return 0
    }
    expect(shell.statistics()).toMatchObject({
      'device.tx.unicastPackets': 2 * 0xffffffff + 2 ** 32,
      'device.rx.unicastPackets': 2 * 0xffffffff + 5 * 2 ** 32,
    })
  })
})

describe('a queue error', () => {
  test('resets the device; frames it had are lost and counted, later ones go on', () => {
    const { machine, device, shell, stack } = bench()
    device.onCommand = (command) => {
      if (command === Cmd.getQueueStatus) {
        const table = device.sharedWord(Shared.queueTableAddress + 4) * 2 ** 32
        const low = device.sharedWord(Shared.queueTableAddress) >>> 0
        machine.words(table + low + TxQueue.error, 1)[0] = QueueError.noEop | 0
      }
      return undefined
    }
    device.txHeld = true
    stack.send(frame(1))
    stack.send(frame(2))
    shell.flush()
    stack.send(frame(3)) // still the driver's
    machine.settle()
    device.deaf = true
    device.receive(frame(9))
    device.deaf = false
    device.event(Event.txQueueError)
    machine.settle()
    device.txHeld = false
    shell.flush()
    device.transmit()
    machine.settle()
    expect(shell.lastQueueError).toBe('transmit queue 0: error 0x80000000')
    expect(shell.statistics()).toMatchObject({
      'device.queueErrors': 1,
      'device.resets': 1,
      'tx.resetDropped': 2,
      'tx.frames': 1,
    })
    expect(device.sent.map((sent) => sent.bytes[0])).toEqual([3])
    expect(stack.received.map((received) => received.bytes[0])).toEqual([9])
    shell.close()
    expect(shell.leaks()).toEqual({ buffers: 0, dmaBlocks: 0 })
  })

  test('a device that does not come back stops the stack for good', () => {
    const { machine, device, shell, stack } = bench()
    device.activateResult = 1
    device.event(Event.rxQueueError)
    machine.settle()
    expect(shell.state).toBe('down')
    expect(stack.send(frame(1))).toBe(false)
    shell.flush()
    shell.close()
    expect(shell.leaks()).toEqual({ buffers: 0, dmaBlocks: 0 })
  })

  test('no memory for fresh rings is the same', () => {
    const { machine, device, shell, stack } = bench()
    machine.allocDma = () => {
      throw new RangeError('none left')
    }
    device.event(Event.rxQueueError)
    machine.settle()
    expect(shell.state).toBe('down')
    expect(stack.send(frame(1))).toBe(false)
    shell.close()
    expect(shell.leaks()).toEqual({ buffers: 0, dmaBlocks: 0 })
  })

  test('events that never go away do not hold the machine', () => {
    const { machine, device, shell } = bench()
    const control = machine.bar(1)
    const write32 = control.write32.bind(control)
    let acknowledged = 0
    control.write32 = (offset, value) => {
      if (offset === Vd.ecr) acknowledged++
      else write32(offset, value)
    }
    device.event(Event.debug)
    machine.settle()
    expect(acknowledged).toBeGreaterThan(0)
    expect(acknowledged).toBeLessThan(100)
    shell.close()
  })
})

test('frames that arrive while no stack is attached are counted', () => {
  const machine = new Machine()
  const device = new FakeVmxnet3(machine)
  const shell = new Vmxnet3Shell(machine)
  shell.open()
  machine.settle()
  device.receive(frame(1))
  machine.settle()
  expect(shell.statistics()).toMatchObject({ 'rx.noUser': 1 })
  expect(new TestStack(shell).send(frame(1))).toBe(true)
  shell.close()
  expect(shell.leaks()).toEqual({ buffers: 0, dmaBlocks: 0 })
})
