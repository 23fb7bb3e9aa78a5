import fc from 'fast-check'
import { Bar, Cmd, Pt, RssConf, RxMode, Shared, UptFeature, Vd } from '@npa/vmxnet3-spec'
import { describe, expect, test } from 'vitest'
import { TestDriver } from './testing/driver.js'
import { plainFrame } from './testing/frames.js'
import { segment, stream } from './testing/segments.js'
import { Guest, RAM, RAM_BYTES } from './testing/guest.js'

/** Where the guest's memory that the device may know of lies; everything else must stay as it is. */
const HOLE = 0x300000
const HOLE_BYTES = 0x100000

/** Numbers that field tests like: edges, flags, addresses in and around memory. */
const word = fc.oneof(
  fc.constantFrom(0, 1, 31, 32, 33, 0x3fff, 0x4000, 0x7fffffff, 0x80000000, 0xffffffff),
  fc.nat(4096),
  fc.integer({ min: RAM >>> 0, max: (RAM + RAM_BYTES + 4096) >>> 0 }),
  fc.integer({ min: 0, max: 0xffffffff }),
)
const command = fc.oneof(
  fc.constantFrom(...Object.values(Cmd)),
  fc.constantFrom(Cmd.activateDev, Cmd.quiesceDev, Cmd.stopEmulation),
)

type Step =
  | { readonly do: 'shared' | 'table' | 'tx' | 'rx1' | 'rx2' | 'rss'; readonly at: number; readonly value: number }
  | { readonly do: 'bar'; readonly bar: number; readonly at: number; readonly value: number }
  | { readonly do: 'command'; readonly value: number }
  | { readonly do: 'send' | 'deliver' | 'grant' | 'open' | 'settle'; readonly value: number }

const poke = fc.record({
  do: fc.constantFrom(...(['shared', 'table', 'tx', 'rx1', 'rx2', 'rss'] as const)),
  at: fc.nat(511),
  value: word,
})
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: poke },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('bar' as const),
      bar: fc.constantFrom(0, 1, 2, 4),
      at: fc.nat(0x1100),
      value: word,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('bar' as const),
      bar: fc.constant(Bar.data),
      at: fc.constantFrom(Pt.txProd, Pt.txProd + 8, Pt.rxProd, Pt.imr),
      value: fc.nat(70),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('command' as const), value: command }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('send' as const, 'deliver' as const, 'grant' as const, 'open' as const, 'settle' as const),
      value: fc.nat(9100),
    }),
  },
)

/** A guest whose memory has a piece that is mapped but no business of the device, and a hole. */
function victim(): { guest: Guest; driver: TestDriver; intact: () => boolean } {
  const guest = new Guest()
  const features = UptFeature.rxChecksum | UptFeature.rxVlan | UptFeature.rss | UptFeature.lro
  const driver = new TestDriver(guest, { txQueues: 2, rxQueues: 2, features })
  driver.setRss([15, 1, 40, 2], new Uint8Array(40).fill(0x5a), [0, 1])
  guest.space.unmap(RAM + HOLE, HOLE_BYTES)
  guest.arena.u8.fill(0x5c, guest.ram + HOLE, guest.ram + HOLE + HOLE_BYTES)
  // What lies in the arena behind the guest's memory and the device's belongs to others.
  const other = guest.arena.allocate(0x20000)
  guest.arena.u8.fill(0x5c, other, other + 0x20000)
  const untouched = (at: number, bytes: number): boolean => {
    const { i32 } = guest.arena
    for (let word = at >> 2; word < (at + bytes) >> 2; word++) if (i32[word] !== 0x5c5c5c5c) return false
    return true
  }
  const intact = (): boolean => untouched(other, 0x20000) && untouched(guest.ram + HOLE, HOLE_BYTES)
  guest.switch.countOnly = true
  return { guest, driver, intact }
}

function apply(guest: Guest, driver: TestDriver, step: Step): void {
  switch (step.do) {
    case 'shared': {
      guest.put32(driver.shared + (step.at % (Shared.bytes / 4)) * 4, step.value)
      return
    }
    case 'table': {
      guest.put32(driver.table + (step.at % 256) * 4, step.value)
      return
    }
    case 'rss': {
      guest.put32(driver.rssConf + (step.at % (RssConf.bytes / 4)) * 4, step.value)
      return
    }
    case 'tx': {
      guest.put32(driver.tx[0].ring + (step.at % 256) * 4, step.value)
      return
    }
    case 'rx1': {
      guest.put32(driver.rings[0].base + (step.at % 256) * 4, step.value)
      return
    }
    case 'rx2': {
      guest.put32(driver.rings[1].base + (step.at % 128) * 4, step.value)
      return
    }
    case 'bar':
      guest.device.barWrite(step.bar, step.at, 4, step.value)
      guest.device.barRead(step.bar, step.at, 4)
      return
    case 'command':
      guest.command(step.value)
      return
    case 'send':
      driver.put(plainFrame(Math.max(14, step.value % 4000)), {
        cuts: step.value % 3 === 0 ? [8] : [],
        queue: step.value & 1,
      })
      {
        driver.ring(step.value & 1)
        return
      }
    case 'deliver':
      guest.switch.deliver([
        { bytes: plainFrame(step.value) },
        ...[0, 1400, 2800].map((at) => ({
          bytes: segment({ sequence: at, payload: stream(at, 1400), port: step.value }),
        })),
        { bytes: plainFrame(60) },
      ])
      return
    case 'grant':
      if (step.value % 2 === 0) guest.switch.credit = step.value % 40
      {
        guest.switch.grant(step.value % 50)
        return
      }
    case 'open':
      guest.write(Bar.control, Vd.dsal, driver.shared >>> 0)
      guest.write(Bar.control, Vd.dsah, Math.floor(driver.shared / 4294967296))
      guest.command(Cmd.activateDev)
      {
        driver.setMode(RxMode.promiscuous)
        return
      }
    case 'settle': {
      guest.settle()
      return
    }
  }
}

/** Every frame offered to the device is somewhere, exactly once. */
function conserved(guest: Guest): void {
  const count = (...names: string[]): number => names.reduce((sum, name) => sum + guest.device.counters.get(name), 0)
  const dropped = count('pktsRxOutOfBuf', 'pktsRxError', 'rxNotReady')
  const filtered = count('rxFilteredUnicast', 'rxFilteredMulticast', 'rxFilteredBroadcast', 'rxFilteredVlan')
  const delivered = count('ucastPktsRxOK', 'mcastPktsRxOK', 'bcastPktsRxOK')
  expect(delivered + filtered + dropped).toBe(count('rxOffered'))
  const sent = count('ucastPktsTxOK', 'mcastPktsTxOK', 'bcastPktsTxOK')
  expect(sent).toBe(guest.switch.taken)
  // Gathered frames were copied once each; received ones, too, but several segments at a time.
  const copies = count('cpuCopies') - sent - count('pktsTxDiscard') - guest.device.txHeld
  expect(copies).toBeLessThanOrEqual(delivered)
  expect(copies).toBeGreaterThanOrEqual(delivered / 3)
}

describe('a hostile guest', () => {
  test('cannot make the device throw, write elsewhere or lose count', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        const { guest, driver, intact } = victim()
        driver.open(RxMode.promiscuous)
        for (const one of steps) apply(guest, driver, one)
        guest.settle()
        conserved(guest)
        expect(intact()).toBe(true)
        guest.switch.grant(1000)
        guest.device.reset('function')
        expect(guest.device.txHeld).toBe(0)
      }),
      { numRuns: 150 },
    )
  })

  test('cannot make it read descriptors from outside its memory', () => {
    const { guest, driver, intact } = victim()
    // The ring is there at activation and gone afterwards.
    driver.open(RxMode.promiscuous)
    driver.put(plainFrame(60))
    guest.space.unmap(RAM, 0x200000)
    driver.ring()
    guest.settle()
    guest.switch.deliver([{ bytes: plainFrame(60) }])
    for (const value of Object.values(Cmd)) guest.command(value)
    guest.device.raiseEvent(4)
    conserved(guest)
    expect(intact()).toBe(true)
  })

  test('gets no more work out of a turn than its budget', () => {
    const guest = new Guest()
    const driver = new TestDriver(guest, { txRing: 512 })
    driver.open()
    let before = 0
    let most = 0
    const other = guest.scheduler.task('other', () => {
      most = Math.max(most, guest.switch.taken - before)
      before = guest.switch.taken
      return before < 511
    })
    guest.switch.countOnly = true
    for (let i = 0; i < 511; i++) driver.put(plainFrame(60))
    driver.ring()
    other.kick()
    guest.settle()
    expect(guest.switch.taken).toBe(511)
    expect(most).toBeLessThanOrEqual(64)
  })

  test('a multicast table that leaves memory is taken as far as it goes', () => {
    const { guest, driver } = victim()
    driver.open(RxMode.multicast)
    const end = RAM + HOLE - 6
    guest.bytes(end, 6).set([1, 2, 3, 4, 5, 6])
    guest.put32(driver.shared + Shared.multicastLength, 0xffff)
    guest.put64(driver.shared + Shared.multicastAddress, end - 682 * 6 + 6)
    guest.command(Cmd.updateMacFilters)
    guest.switch.deliver([{ bytes: plainFrame(60, 1, [1, 2, 3, 4, 5, 6]) }])
    expect(driver.receive().length).toBe(1)
  })
})
