import { Bar, Event, Pt, QueueError, Shared, TxDesc, TxOffload, TxQueue, TxStat, Vd } from '@npa/vmxnet3-spec'
import { FrameFlag } from '@npa/wire'
import { describe, expect, test } from 'vitest'
import { TestDriver } from './testing/driver.js'
import type { DriverOptions } from './testing/driver.js'
import { Guest } from './testing/guest.js'

function opened(options: DriverOptions = {}): { guest: Guest; driver: TestDriver } {
  const guest = new Guest()
  const driver = new TestDriver(guest, options)
  driver.open()
  return { guest, driver }
}

function frame(length: number, seed = 1): number[] {
  return Array.from({ length }, (_, i) => (i === 0 ? 0x02 : (i * 7 + seed) & 0xff))
}

describe('transmit', () => {
  test('a frame of one descriptor arrives byte for byte and is completed with an interrupt', () => {
    const { guest, driver } = opened()
    driver.send(frame(60))
    expect(guest.switch.seen).toEqual([])
    expect(guest.device.txIdle).toBe(false)
    guest.settle()
    expect(guest.switch.seen.map((seen) => seen.bytes)).toEqual([frame(60)])
    expect(guest.switch.seen[0].flags).toBe(0)
    expect(driver.completions()).toEqual([0])
    expect(guest.interrupts[0]).toBe(1)
    expect(guest.device.txIdle).toBe(true)
    expect(guest.device.counters.get('cpuCopies')).toBe(1)
  })

  test('chains are gathered and completed by their last index', () => {
    const { guest, driver } = opened()
    driver.put(frame(1514), { cuts: [54, 700] })
    driver.put(frame(1000, 9), { cuts: new Array<number>(15).fill(60) })
    driver.ring()
    guest.settle()
    expect(guest.switch.seen.map((seen) => seen.bytes)).toEqual([frame(1514), frame(1000, 9)])
    expect(driver.completions()).toEqual([2, 18])
  })

  test('the generation holds over many laps and chains across the wrap', () => {
    const { guest, driver } = opened({ txRing: 32 })
    let expected: number[][] = []
    for (let lap = 0; lap < 100; lap++) {
      for (let i = 0; i < 3; i++) {
        const bytes = frame(300 + lap + i, lap)
        driver.put(bytes, { cuts: [20, 20, 20, 20, 20, 20] })
        expected.push(bytes)
      }
      driver.ring()
      guest.settle()
      expect(guest.switch.seen.map((seen) => seen.bytes)).toEqual(expected)
      expect(driver.completions().length).toBe(3)
      guest.switch.seen.length = 0
      expected = []
    }
  })

  test('descriptors beyond the doorbell, or of the other generation, are not sent', () => {
    const { guest, driver } = opened()
    driver.put(frame(60))
    guest.settle()
    expect(guest.switch.seen.length).toBe(0)
    guest.write(Bar.data, Pt.txProd, 10)
    guest.settle()
    expect(guest.switch.seen.length).toBe(1)
    expect(guest.device.txIdle).toBe(true)
    driver.send(frame(61))
    guest.settle()
    expect(guest.switch.seen.length).toBe(2)
    guest.write(Bar.data, Pt.txProd, 64)
    expect(guest.device.counters.get('txBadDoorbell')).toBe(1)
  })

  test('checksum and tag are passed on beside the frame', () => {
    const { guest, driver } = opened()
    const w3 = 34 | (TxOffload.checksum << TxDesc.omShift) | TxDesc.ti | (0x7123 << TxDesc.tciShift)
    driver.send(frame(100), { w2: (34 + 16) << TxDesc.msscofShift, w3 })
    guest.settle()
    const [seen] = guest.switch.seen
    expect(seen.flags).toBe(FrameFlag.csumWanted | FrameFlag.vlan)
    expect([seen.csumStart, seen.csumOffset, seen.vlan]).toEqual([34, 16, 0x7123])
    expect(seen.bytes).toEqual(frame(100))
  })

  test('completions are written only where they are wanted', () => {
    const { guest, driver } = opened()
    driver.put(frame(60), { cq: false })
    driver.ring()
    guest.settle()
    expect(guest.interrupts[0]).toBe(0)
    driver.put(frame(60), { cuts: [20] })
    driver.ring()
    guest.settle()
    expect(driver.completions()).toEqual([2])
    expect(guest.interrupts[0]).toBe(1)
  })

  test('one interrupt per batch and queue', () => {
    const { guest, driver } = opened({ txQueues: 2 })
    for (let i = 0; i < 10; i++) driver.put(frame(60))
    driver.put(frame(80), { queue: 1 })
    driver.ring(0)
    driver.ring(1)
    guest.settle()
    expect(guest.switch.seen.length).toBe(11)
    expect(driver.completions(0).length).toBe(10)
    expect(driver.completions(1)).toEqual([0])
    // Both queues have the same vector here.
    expect(guest.interrupts[0]).toBe(2)
  })

  test('what the switch does not take waits for room, in order', () => {
    const { guest, driver } = opened()
    guest.switch.credit = 3
    for (let i = 0; i < 50; i++) driver.put(frame(60, i))
    driver.ring()
    guest.settle()
    expect(driver.completions()).toEqual([0, 1, 2])
    expect(guest.device.txIdle).toBe(false)
    expect(guest.device.txHeld).toBe(29)
    for (let grants = 0; grants < 9; grants++) {
      guest.switch.grant(7)
      guest.settle()
    }
    expect(guest.switch.seen.map((seen) => seen.bytes)).toEqual(Array.from({ length: 50 }, (_, i) => frame(60, i)))
    expect(driver.completions().length).toBe(47)
    expect(guest.device.txIdle).toBe(true)
  })

  test('a queue cannot starve the others', () => {
    const { guest, driver } = opened({ txQueues: 2, txRing: 256 })
    for (let i = 0; i < 250; i++) driver.put(frame(60))
    driver.put(frame(99), { queue: 1 })
    driver.ring(0)
    driver.ring(1)
    guest.settle()
    expect(guest.switch.seen.findIndex((seen) => seen.bytes.length === 99)).toBeLessThan(70)
  })

  test('statistics count by destination, frames and bytes', () => {
    const { guest, driver } = opened()
    driver.send([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, ...frame(54)])
    driver.send([0x01, 0, 0, 0, 0, 1, ...frame(55)])
    driver.send(frame(62))
    guest.settle()
    guest.command(0xf00d0001)
    const stat = (i: number): number => guest.u64(driver.entry(0) + TxQueue.stats + 8 * i)
    expect([stat(TxStat.unicastPackets), stat(TxStat.unicastBytes)]).toEqual([1, 62])
    expect([stat(TxStat.multicastPackets), stat(TxStat.multicastBytes)]).toEqual([1, 61])
    expect([stat(TxStat.broadcastPackets), stat(TxStat.broadcastBytes)]).toEqual([1, 60])
    expect(guest.device.counters.get('bcastPktsTxOK')).toBe(1)
  })

  test('with the link down frames are completed and counted as discarded', () => {
    const { guest, driver } = opened()
    guest.device.linkUp = false
    driver.send(frame(60))
    guest.settle()
    expect(guest.switch.seen.length).toBe(0)
    expect(driver.completions()).toEqual([0])
    expect(guest.device.counters.get('pktsTxDiscard')).toBe(1)
  })
})

describe('refused descriptors stop the queue and raise an event', () => {
  const cases: [string, string, number, (guest: Guest, driver: TestDriver) => void][] = [
    [
      'no end in 16 descriptors',
      'txErrorNoEop',
      QueueError.noEop,
      (_, driver) => driver.put(frame(1000), { cuts: new Array<number>(16).fill(50) }),
    ],
    [
      'too long',
      'txErrorTooBig',
      QueueError.tooBig,
      (_, driver) => driver.descriptor(0, driver.tx[0].buffers, 0, TxDesc.eop),
    ],
    [
      'another descriptor type',
      'txErrorDescType',
      QueueError.badType,
      (_, driver) => driver.put(frame(60), { w2: TxDesc.descType }),
    ],
    [
      'encapsulation',
      'txErrorOffloadUnsupported',
      QueueError.invalid,
      (_, driver) => driver.put(frame(60), { w3: TxOffload.encapsulation << TxDesc.omShift }),
    ],
    ['too short', 'txErrorInvalid', QueueError.invalid, (_, driver) => driver.put(frame(13))],
    [
      'a checksum outside the frame',
      'txErrorInvalid',
      QueueError.invalid,
      (_, driver) =>
        driver.put(frame(60), { w2: 59 << TxDesc.msscofShift, w3: 34 | (TxOffload.checksum << TxDesc.omShift) }),
    ],
    [
      'a buffer that is nowhere',
      'txErrorAddress',
      QueueError.invalid,
      (_, driver) => driver.descriptor(0, 0x7000, 60, TxDesc.eop),
    ],
  ]
  test.each(cases)('%s', (_, counter, code, put) => {
    const { guest, driver } = opened()
    driver.put(frame(64))
    put(guest, driver)
    driver.put(frame(70))
    driver.ring()
    guest.settle()
    expect(guest.switch.seen.map((seen) => seen.bytes)).toEqual([frame(64)])
    expect(driver.completions()).toEqual([0])
    expect(guest.bytes(driver.entry(0) + TxQueue.stopped, 1)[0]).toBe(1)
    expect(guest.u32(driver.entry(0) + TxQueue.error)).toBe(code)
    expect(guest.u32(driver.shared + Shared.ecr)).toBe(Event.txQueueError)
    expect(guest.interrupts[2]).toBe(1)
    expect(guest.device.counters.get(counter)).toBe(1)
    expect(guest.device.counters.get('pktsTxError')).toBe(1)
    guest.write(Bar.control, Vd.ecr, Event.txQueueError)
    expect(guest.u32(driver.shared + Shared.ecr)).toBe(0)
    driver.open()
    expect(guest.u32(driver.entry(0) + TxQueue.error)).toBe(0)
    driver.send(frame(71))
    guest.settle()
    expect(guest.switch.seen.length).toBe(2)
  })
})
