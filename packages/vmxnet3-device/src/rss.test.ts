import { Bar, Cmd, RssConf, RssHash, RssType, RxComp, Shared, UptFeature, Vd } from '@npa/vmxnet3-spec'
import { FrameFlag } from '@npa/wire'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TestDriver } from './testing/driver.js'
import { plainFrame, tagged } from './testing/frames.js'
import { Guest, MAC } from './testing/guest.js'
import { segment } from './testing/segments.js'

/** Microsoft's verification suite for RSS: its key, and some of its packets. */
const KEY = Uint8Array.from(
  Buffer.from('6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa', 'hex'),
)
const V4 = { from: '420995bb', to: 'a18e6450', fromPort: 2794, toPort: 1766, addresses: 0x323e8fc2, ports: 0x51ccc178 }
const V6 = {
  from: '3ffe250102001fff0000000000000007',
  to: '3ffe2501020000030000000000000001',
  fromPort: 2794,
  toPort: 1766,
  addresses: 0x2cc18cd5,
  ports: 0x40207d3d,
}

const ALL = RssHash.ipv4 | RssHash.tcpIpv4 | RssHash.ipv6 | RssHash.tcpIpv6
const QUEUES = 4

function opened(
  types: number = ALL,
  table: ArrayLike<number> = Array.from({ length: 128 }, (_, i) => i % QUEUES),
): { guest: Guest; driver: TestDriver } {
  const guest = new Guest()
  const driver = new TestDriver(guest, { rxQueues: QUEUES, features: UptFeature.rxChecksum | UptFeature.rss })
  driver.setRss([types, 1, 40, table.length], KEY, table)
  driver.open()
  return { guest, driver }
}

/** A packet of the suite as a frame; `protocol` and `fragment` are the IPv4 header's. */
function packet(of: typeof V4, { protocol = 6, fragment = 0 } = {}): Uint8Array {
  const v6 = of === V6
  const frame = segment({ v6, port: of.fromPort })
  const [addresses, l4] = v6 ? [22, 54] : [26, 34]
  frame.set(Buffer.from(of.from + of.to, 'hex'), addresses)
  frame.set([of.toPort >> 8, of.toPort & 255], l4 + 2)
  frame[v6 ? 20 : 23] = protocol
  if (!v6) frame[20] = fragment
  return frame
}

/** Where one frame arrived, and what its completion says of its hash. */
function arrival(driver: TestDriver): { queue: number; type: number; hash: number } {
  const all = driver.rx.flatMap((_, queue) => driver.receive(true, queue).map((frame) => ({ queue, frame })))
  expect(all.length).toBe(1)
  const [{ queue, frame }] = all
  return { queue, type: (frame.w0 >>> RxComp.rssTypeShift) & RxComp.rssTypeMask, hash: frame.w1 >>> 0 }
}

describe('receive-side scaling', () => {
  test.each([
    ['TCP over IPv4', packet(V4), RssType.tcpIpv4, V4.ports],
    ['UDP over IPv4', packet(V4, { protocol: 17 }), RssType.ipv4, V4.addresses],
    ['a first fragment', packet(V4, { fragment: 0x20 }), RssType.ipv4, V4.addresses],
    ['TCP over IPv6', packet(V6), RssType.tcpIpv6, V6.ports],
    ['UDP over IPv6', packet(V6, { protocol: 17 }), RssType.ipv6, V6.addresses],
  ])('%s: hash and queue', (_name, frame, type, hash) => {
    const { guest, driver } = opened()
    guest.switch.deliver([{ bytes: frame }])
    expect(arrival(driver)).toEqual({ queue: (hash & 127) % QUEUES, type, hash })
    guest.switch.deliver([{ bytes: tagged(frame, 5) }])
    expect(arrival(driver)).toEqual({ queue: (hash & 127) % QUEUES, type, hash })
  })

  test.each([
    [RssHash.ipv4, packet(V4), RssType.ipv4, V4.addresses],
    [RssHash.ipv6, packet(V6), RssType.ipv6, V6.addresses],
    [RssHash.tcpIpv4, packet(V4, { protocol: 17 }), RssType.none, 0],
    [RssHash.tcpIpv6, packet(V4), RssType.none, 0],
    [0, packet(V6), RssType.none, 0],
  ])('of the hash types %i only', (types, frame, type, hash) => {
    const { guest, driver } = opened(types, new Array<number>(128).fill(3))
    guest.switch.deliver([{ bytes: frame }])
    expect(arrival(driver)).toEqual({ queue: type === RssType.none ? 0 : 3, type, hash })
  })

  test('what is not IP, and headers that make no sense, go to queue 0 without a hash', () => {
    const { guest, driver } = opened(ALL, [3])
    const cut = packet(V4)
    cut[14] = 0x44
    for (const bytes of [plainFrame(60), cut]) {
      guest.switch.deliver([{ bytes }])
      expect(arrival(driver)).toEqual({ queue: 0, type: RssType.none, hash: 0 })
    }
  })

  test('every queue has its interrupt, one for a batch', () => {
    const { guest, driver } = opened()
    const frames = Array.from({ length: 40 }, (_, n) => ({ bytes: segment({ port: n }) }))
    guest.switch.deliver(frames)
    const counts = driver.rx.map((_, queue) => driver.receive(true, queue).length)
    expect(counts.reduce((a, b) => a + b, 0)).toBe(40)
    expect(Math.min(...counts)).toBeGreaterThan(2)
    expect([1, 3, 4, 5].map((vector) => guest.interrupts[vector])).toEqual([1, 1, 1, 1])
  })

  test('UPDATE_RSSIDT takes the table anew, UPDATE_FEATURE turns the whole on and off', () => {
    const { guest, driver } = opened(ALL, [1])
    const queue = (): number => {
      guest.switch.deliver([{ bytes: packet(V4) }])
      return arrival(driver).queue
    }
    expect(queue()).toBe(1)
    driver.setRss([ALL, 1, 40, 1], KEY, [2])
    expect(queue()).toBe(1)
    guest.command(Cmd.updateRssidt)
    expect(queue()).toBe(2)
    guest.put32(driver.shared + Shared.uptFeatures, UptFeature.rxChecksum)
    guest.command(Cmd.updateFeature)
    expect(queue()).toBe(0)
    guest.command(Cmd.updateRssidt)
    expect(queue()).toBe(0)
    guest.put32(driver.shared + Shared.uptFeatures, UptFeature.rss)
    guest.command(Cmd.updateFeature)
    expect(queue()).toBe(2)
    guest.write(Bar.control, Vd.dsal, 0)
    driver.setRss([ALL, 0, 40, 1], KEY, [3])
    driver.open()
    expect(queue()).toBe(0)
  })

  test('a key shorter than the longest one ends in zeros', () => {
    const { guest, driver } = opened()
    driver.setRss([ALL, 1, 16, 128], KEY, new Uint8Array(128))
    guest.command(Cmd.updateRssidt)
    guest.switch.deliver([{ bytes: packet(V4) }])
    // The hash of 12 bytes needs no more than 16 of the key.
    expect(arrival(driver).hash).toBe(V4.ports)
    guest.switch.deliver([{ bytes: packet(V6) }])
    expect(arrival(driver).hash).not.toBe(V6.ports)
  })

  test.each<[string, (driver: TestDriver, guest: Guest) => void]>([
    ['no such hash function', (driver) => driver.setRss([ALL, 2, 40, 128], KEY, [])],
    ['no key', (driver) => driver.setRss([ALL, 1, 0, 128], KEY, [])],
    ['a key of 41 bytes', (driver) => driver.setRss([ALL, 1, 41, 128], KEY, [])],
    ['no table', (driver) => driver.setRss([ALL, 1, 40, 0], KEY, [])],
    ['a table of 129 entries', (driver) => driver.setRss([ALL, 1, 40, 129], KEY, [])],
    ['a queue that is not there', (driver) => driver.setRss([ALL, 1, 40, 2], KEY, [1, QUEUES])],
    [
      'less than a configuration',
      (driver, guest) => guest.put32(driver.shared + Shared.rssConf + 4, RssConf.bytes - 1),
    ],
    ['no memory there', (driver, guest) => guest.put64(driver.shared + Shared.rssConf + 8, 0x5000)],
    ['an address beyond all', (driver, guest) => guest.put64(driver.shared + Shared.rssConf + 8, 2 ** 63)],
  ])('%s: refused, and queue 0 takes all', (_name, spoil) => {
    const { guest, driver } = opened(ALL, [3])
    spoil(driver, guest)
    guest.command(Cmd.updateRssidt)
    expect(guest.device.counters.get('rssRefused')).toBe(1)
    guest.switch.deliver([{ bytes: packet(V4) }])
    expect(arrival(driver)).toEqual({ queue: 0, type: RssType.none, hash: 0 })
  })

  test('whatever the configuration says, every frame arrives in one of the queues', () => {
    const { guest, driver } = opened()
    const bytes = fc.uint8Array({ minLength: RssConf.bytes, maxLength: RssConf.bytes })
    fc.assert(
      fc.property(bytes, fc.nat(45), fc.nat(140), (conf, keyBytes, entries) => {
        conf.set([15, 0, 1, 0, keyBytes, 0, entries, 0])
        guest.bytes(driver.rssConf, RssConf.bytes).set(conf.map((byte, i) => (i < RssConf.table ? byte : byte % 5)))
        guest.command(Cmd.updateRssidt)
        guest.switch.deliver([{ bytes: packet(V4) }, { bytes: packet(V6), flags: FrameFlag.csumGood }])
        expect(driver.rx.flatMap((_, queue) => driver.receive(true, queue)).length).toBe(2)
      }),
    )
  })

  test('frames for others are filtered before they are steered', () => {
    const { guest, driver } = opened()
    const frame = packet(V4)
    frame[5] = MAC[5] ^ 1
    guest.switch.deliver([{ bytes: frame }])
    expect(driver.rx.flatMap((_, queue) => driver.receive(true, queue))).toEqual([])
    expect(guest.device.counters.get('rxFilteredUnicast')).toBe(1)
  })
})
