import { Bar, Cmd, Event, Pt, QueueError, RxComp, RxDesc, RxMode, RxQueue, Shared, UptFeature } from '@npa/vmxnet3-spec'
import { FrameFlag } from '@npa/wire'
import { describe, expect, test } from 'vitest'
import { TestDriver } from './testing/driver.js'
import type { DriverOptions } from './testing/driver.js'
import { plainFrame, tagged, TCP_AT, TCP_CSUM, tcpFrame } from './testing/frames.js'
import { Guest, MAC } from './testing/guest.js'

function opened(options: DriverOptions = {}): { guest: Guest; driver: TestDriver } {
  const guest = new Guest()
  const driver = new TestDriver(guest, options)
  driver.open()
  return { guest, driver }
}

describe('receive', () => {
  test('a frame arrives byte for byte, with one interrupt for the batch', () => {
    const { guest, driver } = opened()
    expect(guest.switch.deliver([{ bytes: plainFrame(60) }, { bytes: plainFrame(1514, 5) }])).toBe(2)
    const frames = driver.receive()
    expect(frames.map((frame) => frame.bytes)).toEqual([plainFrame(60), plainFrame(1514, 5)])
    expect(frames[0].w0 & (RxComp.sop | RxComp.eop)).toBe(RxComp.sop | RxComp.eop)
    expect((frames[0].w3 >>> RxComp.typeShift) & RxComp.typeMask).toBe(RxComp.typeNormal)
    expect(frames[0].w3 & RxComp.fcs).not.toBe(0)
    expect(guest.interrupts[1]).toBe(1)
    expect(guest.device.counters.get('ucastPktsRxOK')).toBe(2)
    expect(guest.device.counters.get('ucastBytesRxOK')).toBe(1574)
    expect(guest.device.counters.get('cpuCopies')).toBe(2)
  })

  test('short frames are padded with zeros to 60 bytes', () => {
    const { guest, driver } = opened()
    guest.bytes(driver.rings[0].buffers, 4096).fill(0xaa)
    guest.switch.deliver([{ bytes: plainFrame(42) }])
    expect(driver.receive()[0].bytes).toEqual([...plainFrame(42), ...new Array<number>(18).fill(0)])
  })

  test('the generation holds over many laps, without a write to the producer registers', () => {
    const { guest, driver } = opened({ ring1: 32 })
    for (let i = 0; i < 1000; i++) {
      guest.switch.deliver([{ bytes: plainFrame(100 + (i % 900), i) }])
      const frames = driver.receive()
      expect(frames.length).toBe(1)
      expect(frames[0].bytes).toEqual(plainFrame(100 + (i % 900), i))
      expect(frames[0].indices).toEqual([i % 32])
    }
    expect(guest.bytes(driver.entry(1) + RxQueue.updateProd, 1)[0]).toBe(0)
  })

  test('a long frame takes a head of ring 1 and bodies of ring 2', () => {
    const { guest, driver } = opened({ rxQueues: 2 })
    for (let lap = 0; lap < 100; lap++) {
      guest.switch.deliver([{ bytes: plainFrame(9000, lap) }])
      const [frame] = driver.receive()
      expect(frame.bytes).toEqual(plainFrame(9000, lap))
      expect(frame.rings).toEqual([0, 2, 2, 2, 2])
    }
  })

  test('bodies of ring 1 come before those of ring 2, and those that are not needed are skipped', () => {
    const { guest, driver } = opened({ bodies: 2, ring1: 96 })
    guest.switch.deliver([{ bytes: plainFrame(1536 + 2048 * 3) }, { bytes: plainFrame(60) }, { bytes: plainFrame(61) }])
    const frames = driver.receive(false)
    expect(frames.map((frame) => frame.rings)).toEqual([[0, 0, 0, 1], [0], [0]])
    expect(frames.map((frame) => frame.indices)).toEqual([[0, 1, 2, 0], [3], [6]])
    expect(frames[0].bytes).toEqual(plainFrame(1536 + 2048 * 3))
  })

  test('out of buffers: dropped, counted, and received again when buffers are back', () => {
    const { guest, driver } = opened({ ring1: 32 })
    for (let i = 0; i < 40; i++) guest.switch.deliver([{ bytes: plainFrame(60, i) }])
    expect(guest.device.counters.get('pktsRxOutOfBuf')).toBe(9)
    expect(driver.receive().length).toBe(31)
    guest.switch.deliver([{ bytes: plainFrame(64) }])
    expect(driver.receive()[0].bytes).toEqual(plainFrame(64))
    guest.command(Cmd.getStats)
    expect(guest.u64(driver.entry(1) + RxQueue.stats + 64)).toBe(9)
  })

  test('a frame that finds its head but no body uses up nothing', () => {
    const { guest, driver } = opened({ ring2: 32, body: 64 })
    guest.switch.deliver([{ bytes: plainFrame(1536 + 64 * 16) }, { bytes: plainFrame(70) }])
    expect(guest.device.counters.get('pktsRxError')).toBe(1)
    expect(driver.receive()[0].indices).toEqual([0])
  })

  test('a ring of bodies without a head costs each frame at most 32 of them', () => {
    const { guest, driver } = opened({ ring1: 96 })
    const { base } = driver.rings[0]
    for (let i = 0; i < 80; i++) guest.put32(base + i * 16 + 8, 1536 | RxDesc.body | RxDesc.gen)
    guest.switch.deliver([{ bytes: plainFrame(60) }, { bytes: plainFrame(61) }])
    expect(guest.device.counters.get('pktsRxOutOfBuf')).toBe(2)
    guest.switch.deliver([{ bytes: plainFrame(62) }])
    expect(driver.receive()[0].indices).toEqual([80])
  })

  test('without a second ring only what fits one buffer is received', () => {
    const { guest, driver } = opened({ ring2: 0 })
    guest.switch.deliver([{ bytes: plainFrame(1537) }, { bytes: plainFrame(1536) }])
    expect(driver.receive().map((frame) => frame.bytes.length)).toEqual([1536])
    expect(guest.device.counters.get('pktsRxOutOfBuf')).toBe(1)
  })

  test('a head buffer below 128 bytes stops the queue with an event', () => {
    const { guest, driver } = opened({ head: 127 })
    guest.switch.deliver([{ bytes: plainFrame(60) }, { bytes: plainFrame(60) }])
    expect(driver.receive()).toEqual([])
    expect(guest.u32(driver.entry(1) + RxQueue.error)).toBe(QueueError.bufferTooSmall)
    expect(guest.bytes(driver.entry(1) + RxQueue.stopped, 1)[0]).toBe(1)
    expect(guest.u32(driver.shared + Shared.ecr)).toBe(Event.rxQueueError)
    expect(guest.interrupts[2]).toBe(1)
    expect(guest.device.counters.get('pktsRxError')).toBe(1)
    expect(guest.device.counters.get('rxNotReady')).toBe(1)
  })

  test('a buffer that is nowhere stops the queue', () => {
    const { guest, driver } = opened()
    guest.put64(driver.rings[0].base, 0x5000)
    guest.switch.deliver([{ bytes: plainFrame(60) }])
    expect(guest.u32(driver.entry(1) + RxQueue.error)).toBe(QueueError.invalid)
    expect(driver.receive()).toEqual([])
  })

  test('before activation, and with the link down, frames are taken and counted', () => {
    const guest = new Guest()
    expect(guest.switch.deliver([{ bytes: plainFrame(60) }])).toBe(1)
    const driver = new TestDriver(guest)
    driver.open()
    guest.device.linkUp = false
    expect(guest.device.port.up).toBe(false)
    guest.switch.deliver([{ bytes: plainFrame(60) }])
    expect(guest.device.counters.get('rxNotReady')).toBe(2)
    expect(guest.device.counters.get('rxOffered')).toBe(2)
  })

  test('the generation bit alone makes a buffer the device’s', () => {
    const { guest, driver } = opened()
    guest.put32(driver.rings[0].base + 16 + 8, 1536)
    guest.write(Bar.data, Pt.rxProd, 40)
    guest.switch.deliver([{ bytes: plainFrame(60) }, { bytes: plainFrame(61) }])
    expect(driver.receive().length).toBe(1)
    guest.put32(driver.rings[0].base + 16 + 8, 1536 | RxDesc.gen)
    guest.switch.deliver([{ bytes: plainFrame(62) }])
    expect(driver.receive()[0].indices).toEqual([1])
  })
})

describe('filters', () => {
  const other = [2, 0, 0, 0, 0, 1]
  const group = [1, 0, 0x5e, 0, 0, 1]
  const group2 = [1, 0, 0x5e, 0, 0, 2]
  const everybody = [255, 255, 255, 255, 255, 255]

  function accepted(guest: Guest, driver: TestDriver): string {
    const all = { own: MAC, other, group, group2, everybody }
    return Object.entries(all)
      .filter(([, to]) => {
        guest.switch.deliver([{ bytes: plainFrame(60, 1, to) }])
        return driver.receive().length === 1
      })
      .map(([name]) => name)
      .join(' ')
  }

  test.each([
    [0, ''],
    [RxMode.unicast, 'own'],
    [RxMode.broadcast, 'everybody'],
    [RxMode.multicast, 'group'],
    [RxMode.allMulticast, 'group group2'],
    [RxMode.promiscuous, 'own other group group2 everybody'],
  ])('mode %i', (mode, expected) => {
    const { guest, driver } = opened()
    const table = guest.allocate(12)
    guest.bytes(table, 12).set([...group, 1, 2, 3, 4, 5, 6])
    guest.put32(driver.shared + Shared.multicastLength, 12)
    guest.put64(driver.shared + Shared.multicastAddress, table)
    guest.command(Cmd.updateMacFilters)
    // The driver frees the table after the command.
    guest.bytes(table, 12).fill(0)
    driver.setMode(mode)
    expect(accepted(guest, driver)).toBe(expected)
  })

  test('what is filtered is counted by what it was', () => {
    const { guest, driver } = opened()
    driver.setMode(0)
    accepted(guest, driver)
    const { counters } = guest.device
    expect(counters.get('rxFilteredUnicast')).toBe(2)
    expect(counters.get('rxFilteredMulticast')).toBe(2)
    expect(counters.get('rxFilteredBroadcast')).toBe(1)
  })

  test('a non-zero VLAN table lets only its VLANs and untagged frames pass', () => {
    const { guest, driver } = opened()
    const pass = (): number[] => {
      const bytes = plainFrame(60)
      guest.switch.deliver([
        { bytes },
        { bytes, flags: FrameFlag.vlan, vlan: 0x2064 },
        { bytes: tagged(bytes, 0x64) },
        { bytes: tagged(bytes, 0x65) },
      ])
      return driver.receive().map((frame) => ((frame.w2 & RxComp.ts) === 0 ? -1 : frame.w2 >>> RxComp.tciShift))
    }
    expect(pass()).toEqual([-1, 0x2064, 0x64, 0x65])
    guest.put32(driver.shared + Shared.vlanTable + 4 * (0x64 >> 5), 1 << (0x64 & 31))
    expect(pass().length).toBe(4)
    guest.command(Cmd.updateVlanFilters)
    expect(pass()).toEqual([-1, 0x2064, 0x64])
    expect(guest.device.counters.get('rxFilteredVlan')).toBe(1)
    driver.setMode(RxMode.promiscuous)
    expect(pass().length).toBe(4)
  })
})

describe('tags', () => {
  const frame = plainFrame(100)
  test.each([
    ['beside the bytes', { bytes: frame, flags: FrameFlag.vlan, vlan: 0x6123 }],
    ['in the bytes', { bytes: tagged(frame, 0x6123) }],
  ])('%s: stripped when the driver wants it, in the bytes otherwise', (_, sent) => {
    const { guest, driver } = opened()
    guest.switch.deliver([sent])
    const [stripped] = driver.receive()
    expect(stripped.bytes).toEqual(frame)
    expect(stripped.w2 & RxComp.ts).not.toBe(0)
    expect(stripped.w2 >>> RxComp.tciShift).toBe(0x6123)
    guest.put64(driver.shared + Shared.uptFeatures, UptFeature.rxChecksum)
    guest.command(Cmd.updateFeature)
    guest.switch.deliver([sent])
    const [kept] = driver.receive()
    expect(kept.bytes).toEqual(tagged(frame, 0x6123))
    expect(kept.w2 & RxComp.ts).toBe(0)
  })
})

describe('checksums', () => {
  const all = RxComp.tuc | RxComp.ipc | RxComp.v4 | RxComp.tcp

  function bits(flags: number, bytes: ArrayLike<number>): number {
    const { guest, driver } = opened()
    guest.switch.deliver([{ bytes, flags, csumStart: TCP_AT, csumOffset: TCP_CSUM }])
    const [{ w0, w3 }] = driver.receive()
    return (w0 & RxComp.cnc) !== 0 ? -1 : w3 & (all | RxComp.udp | RxComp.v6 | RxComp.frg)
  }

  test('good frames are told with protocol and version', () => {
    expect(bits(FrameFlag.csumGood, tcpFrame(100, false))).toBe(all)
  })

  test('of a bad one the header is still told', () => {
    expect(bits(FrameFlag.csumBad, tcpFrame(100, false))).toBe(RxComp.ipc | RxComp.v4 | RxComp.tcp)
    const broken = tcpFrame(100, false)
    broken[22] ^= 1
    expect(bits(FrameFlag.csumBad, broken)).toBe(RxComp.v4 | RxComp.tcp)
  })

  test('nothing is told of frames that nobody checked, and of other protocols', () => {
    expect(bits(0, tcpFrame(100, false))).toBe(-1)
    expect(bits(FrameFlag.csumGood, plainFrame(60))).toBe(-1)
  })

  test('fragments are never good', () => {
    const fragment = tcpFrame(100, false)
    fragment[20] |= 0x20
    expect(bits(FrameFlag.csumGood, fragment)).toBe(RxComp.v4 | RxComp.ipc | RxComp.frg)
  })

  test('a wanted one is completed on the way, and good; the sender’s bytes stay as they are', () => {
    const { guest, driver } = opened()
    const sent = { bytes: tcpFrame(301, true), flags: FrameFlag.csumWanted, csumStart: TCP_AT, csumOffset: TCP_CSUM }
    guest.switch.deliver([sent])
    const [frame] = driver.receive()
    expect(frame.bytes).toEqual(Array.from(tcpFrame(301, false)))
    expect(frame.w3 & all).toBe(all)
    guest.put64(driver.shared + Shared.uptFeatures, 0)
    guest.command(Cmd.updateFeature)
    guest.switch.deliver([{ ...sent, flags: FrameFlag.csumWanted | FrameFlag.vlan, vlan: 5 }])
    const [tag] = driver.receive()
    expect(tag.bytes).toEqual(tagged(tcpFrame(301, false), 5))
    expect(tag.w0 & RxComp.cnc).not.toBe(0)
  })

  test('a checksum that is not in the frame is left alone', () => {
    const { guest, driver } = opened()
    const sent = { bytes: tcpFrame(20, true), flags: FrameFlag.csumWanted, csumStart: 70, csumOffset: 16 }
    guest.switch.deliver([sent])
    const [frame] = driver.receive()
    expect(frame.bytes).toEqual(Array.from(sent.bytes))
    expect(frame.w0 & RxComp.cnc).not.toBe(0)
  })
})
