import { VirtualScheduler } from '@npa/core'
import { RangeAllocator } from '@npa/memory'
import { Command, Header } from '@npa/pci'
import { Bar, Cmd, Pt, RxComp, VMXNET3_DEVICE, VMXNET3_VENDOR, Vd } from '@npa/vmxnet3-spec'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { NIC_RID } from './machine.js'
import { Qemu } from './qemu.js'
import { QtestPlatform } from './qtest-platform.js'
import { BareVmxnet3, QUEUE_VECTOR } from './testing/bare-vmxnet3.js'
import { until } from './testing/run-until.js'
import { describeWithQemu } from './testing/with-qemu.js'

const MAC = Uint8Array.of(0x52, 0x54, 0, 0xaa, 0xbb, 0xcc)

/** A frame for the NIC or from it, `bytes` long, with `fill` behind the header. */
function frame(to: Uint8Array, from: Uint8Array, bytes: number, fill: number): Uint8Array {
  const made = new Uint8Array(bytes).fill(fill)
  made.set([...to, ...from, 0x88, 0xb5])
  return made
}

describeWithQemu('a bare vmxnet3 program on QEMU', () => {
  const received: Uint8Array[] = []
  let qemu: Qemu
  let memory: RangeAllocator
  let platform: QtestPlatform

  beforeEach(async () => {
    received.length = 0
    qemu = await Qemu.start({
      memoryMib: 3072,
      nic: 'vmxnet3,mac=52:54:00:aa:bb:cc',
      receive: (sent) => received.push(sent),
    })
    const [, high] = qemu.ram
    memory = new RangeAllocator('guest RAM', high.start, high.end)
    platform = new QtestPlatform({ qtest: qemu.qtest, rid: NIC_RID, memory, clock: new VirtualScheduler() })
  })
  afterEach(() => qemu.close())

  test('configuration space and registers', () => {
    expect(platform.configRead(Header.vendor, 2)).toBe(VMXNET3_VENDOR)
    expect(platform.configRead(Header.device, 2)).toBe(VMXNET3_DEVICE)
    expect(platform.configRead(Header.vendor, 4)).toBe((VMXNET3_DEVICE * 65536 + VMXNET3_VENDOR) >>> 0)
    expect(platform.configRead(Header.command, 1) & (Command.memory | Command.busMaster)).toBe(6)
    platform.configWrite(Header.interruptLine, 1, 0x5a)
    expect(platform.configRead(Header.interruptLine, 1)).toBe(0x5a)
    expect(platform.bar(Bar.control).read32(Vd.vrrs)).toBe(1)
    expect(platform.bar(Bar.control).read32(Vd.macl)).toBe(0xaa005452)
    expect(() => platform.bar(3)).toThrow('no BAR3')
    expect(() => platform.bar(Bar.control).read32(0x1000)).toThrow('offset 4096 in BAR1 of 4096 bytes')
  })

  test('DMA memory lies above 4 GiB, is aligned, and a mapping shows what is there', () => {
    const block = platform.allocDma(100, 4096)
    expect([block.hi, block.lo % 4096]).toEqual([1, 0])
    block.u8.fill(0x5a)
    block.syncForDevice(0, 100)
    const mapped = platform.mapDma(block.lo, block.hi, 100)
    expect([...mapped.u8.subarray(0, 100)]).toEqual(Array(100).fill(0x5a))
    expect(platform.dmaInUse).toBe(1)
    platform.freeDma(block)
    expect(() => platform.freeDma(block)).toThrow('not out')
    expect([platform.dmaInUse, memory.inUse]).toEqual([0, 0])
  })

  test('a frame out and a frame in, each with its interrupt', async () => {
    const vectors = platform.enableVectors(99)
    expect(vectors).toBe(25)
    let interrupts = 0
    platform.irq(QUEUE_VECTOR, () => interrupts++)
    const nic = new BareVmxnet3(platform)
    expect(nic.command(Cmd.getLink) & 1).toBe(1)
    expect(nic.activate()).toBe(0)

    const out = frame(new Uint8Array(6).fill(0xff), MAC, 77, 0x33)
    nic.send(out)
    await until(() => received.length > 0, 'the frame')
    expect(received).toEqual([out])
    nic.txComp.syncForCpu(0, 16)
    expect([...nic.txComp.i32.subarray(0, 4)]).toEqual([0, 0, 0, 0x80000000 | 0])
    expect([platform.pollInterrupts(), interrupts]).toEqual([1, 1])

    // The device masked its vector (auto-mask): an event while it is masked shows when it is unmasked.
    const into = frame(MAC, Uint8Array.of(2, 0, 0, 0, 0, 1), 64, 0x77)
    qemu.cable.send(into)
    await until(() => {
      nic.rxComp.syncForCpu(0, 16)
      return nic.rxComp.i32[3] < 0
    }, 'the receive completion')
    expect(nic.rxComp.i32[2] & RxComp.lengthMask).toBe(64)
    nic.buffers.syncForCpu(0, 64)
    expect(nic.buffers.u8.subarray(0, 64)).toEqual(into)
    expect(platform.pollInterrupts()).toBe(0)
    platform.bar(Bar.data).write32(Pt.imr + QUEUE_VECTOR * Pt.stride, 0)
    expect([platform.pollInterrupts(), interrupts]).toEqual([1, 2])

    nic.command(Cmd.resetDev)
    nic.free()
    platform.close()
    expect([platform.dmaInUse, memory.inUse]).toEqual([0, 0])
  })

  test('a step runs handlers, then what they scheduled, and again while a poll finds a full budget', () => {
    platform.enableVectors(2)
    const polls: number[] = []
    let work = 100
    const poller = platform.poller('test', (budget) => {
      const done = Math.min(work, budget)
      work -= done
      polls.push(done)
      return done
    })
    platform.irq(QUEUE_VECTOR, () => poller.schedule())
    const nic = new BareVmxnet3(platform)
    nic.activate()
    expect(platform.step()).toBe(false)
    nic.send(frame(MAC, MAC, 60, 0))
    expect([platform.step(), platform.step(), platform.step()]).toEqual([true, true, false])
    expect(polls).toEqual([64, 36])
  })
})
