import { SendFlag, Xsum } from '@npa/plugin-api/guest'
import { FrameFlag } from '@npa/wire'
import { describe, expect, test } from 'vitest'
import { datagram, FAR_MAC, HOST_MAC, numbered, numberOf, VF_MAC } from './frames.js'
import { Guest } from './guest.js'
import { Machine } from './machine.js'
import type { Misbehaviour } from '../pf/index.js'
import type { VendorUnderTest } from './vendor-under-test.js'

/** Plugin and PF driver of a vendor on the modelled chip: the tests, for a test file to register. */
export function virtualFunctionTests(vendor: VendorUnderTest): void {
  describe('the PF on the cable', () => {
    test('frames of all sizes go out and come in byte for byte, in order', () => {
      const machine = new Machine(vendor)
      const sizes = [60, 61, 512, 1513, 1514]
      machine.host.put(...sizes.map((bytes, n) => ({ bytes: numbered(FAR_MAC, HOST_MAC, n, bytes) })))
      machine.far.put(...sizes.map((bytes, n) => ({ bytes: numbered(HOST_MAC, FAR_MAC, n, bytes) })))
      machine.until(() => machine.far.got.length === sizes.length && machine.host.got.length === sizes.length)
      expect(machine.far.got.map(({ bytes }) => bytes)).toEqual(
        sizes.map((bytes, n) => numbered(FAR_MAC, HOST_MAC, n, bytes)),
      )
      expect(machine.host.got.map(({ bytes }) => bytes)).toEqual(
        sizes.map((bytes, n) => numbered(HOST_MAC, FAR_MAC, n, bytes)),
      )
      expect(machine.losses).toEqual({})
    })

    test('a wanted checksum is right on the wire; a tag beside the frame is in it there, and beside it again on the way back', () => {
      const machine = new Machine(vendor)
      const bytes = datagram(FAR_MAC, HOST_MAC, 100, 'wanted')
      machine.host.put({ bytes, flags: FrameFlag.csumWanted, csumStart: 34, csumOffset: 6 })
      machine.host.put({ bytes: numbered(FAR_MAC, HOST_MAC, 1), flags: FrameFlag.vlan, vlan: 0xe007 })
      machine.until(() => machine.far.got.length === 2)
      expect(machine.far.got[0].bytes).toEqual(datagram(FAR_MAC, HOST_MAC, 100, 'right'))
      expect([...machine.far.got[1].bytes.subarray(12, 16)]).toEqual([0x81, 0, 0xe0, 7])
      const back = numbered(new Uint8Array(6).fill(0xff), FAR_MAC, 2)
      machine.far.put({ bytes: datagram(HOST_MAC, FAR_MAC, 100, 'right') })
      machine.far.put({ bytes: Uint8Array.of(...back.subarray(0, 12), 0x81, 0, 0x20, 7, ...back.subarray(12)) })
      machine.until(() => machine.host.got.length === 2)
      expect(machine.host.got[0].flags).toBe(FrameFlag.csumGood)
      expect(machine.host.got[1]).toMatchObject({ bytes: back, flags: FrameFlag.vlan, vlan: 0x2007 })
    })

    test('a burst that is larger than the rings goes through with back pressure, nothing lost', () => {
      const machine = new Machine(vendor)
      const count = 2000
      for (let n = 0; n < count; n++) machine.host.put({ bytes: numbered(FAR_MAC, HOST_MAC, n, 600) })
      machine.until(() => machine.far.got.length === count)
      expect(machine.far.got.every(({ bytes }, n) => numberOf(bytes) === n)).toBe(true)
    })

    test('what the virtual switch does not take at first comes later, in order', () => {
      const machine = new Machine(vendor)
      machine.host.capacity = 10
      for (let n = 0; n < 100; n++) machine.far.put({ bytes: numbered(HOST_MAC, FAR_MAC, n) })
      machine.run(1e6)
      expect(machine.host.got).toHaveLength(10)
      machine.host.capacity = Infinity
      machine.driver.uplink.room()
      machine.until(() => machine.host.got.length === 100)
      expect(machine.host.got.every(({ bytes }, n) => numberOf(bytes) === n)).toBe(true)
    })

    test('the statistics agree with what went through', () => {
      const machine = new Machine(vendor)
      for (let n = 0; n < 20; n++) machine.far.put({ bytes: numbered(HOST_MAC, FAR_MAC, n, 100) })
      machine.host.put({ bytes: numbered(FAR_MAC, HOST_MAC, 1, 60) })
      machine.until(() => machine.host.got.length === 20 && machine.far.got.length === 1)
      expect(machine.driver.statistics()).toMatchObject({ GPRC: 20, GORC: 20 * 104, GPTC: 1, GOTC: 64, TPR: 20 })
      expect(machine.driver.statistics()).toMatchObject({ GPRC: 20, GOTC: 64 })
    })

    test('closing returns all memory', () => {
      const machine = new Machine(vendor)
      machine.driver.close()
      expect(machine.platform.dmaInUse).toBe(0)
      expect(machine.root.vfs(0x100)).toEqual([])
    })
  })

  describe('a VF with the plugin', () => {
    test('sends and receives byte for byte', () => {
      const machine = new Machine(vendor)
      const other = new Guest(machine)
      const guest = new Guest(machine)
      other.activate(Uint8Array.of(2, 9, 9, 9, 9, 9))
      guest.activate(VF_MAC)
      const sizes = [60, 61, 700, 1514]
      sizes.forEach((bytes, n) => guest.send(numbered(FAR_MAC, VF_MAC, n, bytes)))
      sizes.forEach((bytes, n) => {
        machine.far.put({ bytes: numbered(VF_MAC, FAR_MAC, n, bytes) })
      })
      machine.until(() => guest.taken.length === 4 && machine.far.got.length === 4 && guest.completed === 4)
      expect(machine.far.got.map(({ bytes }) => bytes)).toEqual(
        sizes.map((bytes, n) => numbered(FAR_MAC, VF_MAC, n, bytes)),
      )
      expect(guest.taken.map(({ bytes }) => bytes)).toEqual(
        sizes.map((bytes, n) => numbered(VF_MAC, FAR_MAC, n, bytes)),
      )
      expect(machine.host.got).toEqual([])
      expect(other.taken).toEqual([])
      expect(machine.losses).toEqual({})
      expect(machine.root.remapping.faults).toBe(0)
    })

    test('jumbo frames take several descriptors both ways', () => {
      const machine = new Machine(vendor, { mtu: 9000 })
      const guest = new Guest(machine, { mtu: 9000 })
      guest.activate(VF_MAC)
      const out = numbered(FAR_MAC, VF_MAC, 1, 9014)
      guest.send(out, { pieces: [54, 4000, 4096, 864] })
      machine.far.put({ bytes: numbered(VF_MAC, FAR_MAC, 2, 9014) })
      machine.until(() => guest.taken.length === 1 && machine.far.got.length === 1 && guest.completed === 1)
      expect(machine.far.got[0].bytes).toEqual(out)
      expect(guest.taken[0].bytes).toEqual(numbered(VF_MAC, FAR_MAC, 2, 9014))
      expect(guest.taken[0].pieces).toBe(5)
    })

    test('checksum and tag are done by the chip on the way out, found out and taken out on the way in', () => {
      const machine = new Machine(vendor)
      const guest = new Guest(machine)
      guest.activate(VF_MAC)
      guest.run({ op: 'addVlanRange', vf: guest.vf, first: 0, last: 7 })
      const flags = SendFlag.checksum | SendFlag.ipv4 | SendFlag.udp
      guest.send(datagram(FAR_MAC, VF_MAC, 200, 'wanted'), { flags })
      guest.send(datagram(FAR_MAC, VF_MAC, 200, 'wanted'), { flags: flags | SendFlag.vlan, vlanTag: 7 })
      guest.send(numbered(FAR_MAC, VF_MAC, 3))
      machine.until(() => machine.far.got.length === 3)
      const right = datagram(FAR_MAC, VF_MAC, 200, 'right')
      expect(machine.far.got[0].bytes).toEqual(right)
      const tagged = machine.far.got[1].bytes
      expect([...tagged.subarray(12, 16)]).toEqual([0x81, 0, 0, 7])
      expect([...tagged.subarray(0, 12), ...tagged.subarray(16)]).toEqual([...right])
      const back = (kind: 'right' | 'wrong'): Uint8Array => datagram(VF_MAC, FAR_MAC, 50, kind)
      const behindTag = Uint8Array.of(...back('right').subarray(0, 12), 0x81, 0, 0, 7, ...back('right').subarray(12))
      machine.far.put({ bytes: back('right') }, { bytes: back('wrong') }, { bytes: behindTag })
      machine.until(() => guest.taken.length === 3)
      expect(guest.taken.map(({ l4Xsum, ipXsum, vlan }) => [ipXsum, l4Xsum, vlan])).toEqual([
        [Xsum.correct, Xsum.correct, -1],
        [Xsum.correct, Xsum.unknown, -1],
        [Xsum.correct, Xsum.correct, 7],
      ])
      expect(guest.taken[2].bytes).toEqual(back('right'))
    })

    test('frames between VF and PF stay inside the NIC, and broadcasts reach everybody else', () => {
      const machine = new Machine(vendor)
      const guest = new Guest(machine)
      guest.activate(VF_MAC)
      guest.run({ op: 'pfAddMacFilter', mac: HOST_MAC })
      guest.send(numbered(HOST_MAC, VF_MAC, 1))
      machine.host.put({ bytes: numbered(VF_MAC, HOST_MAC, 2) })
      machine.until(() => guest.taken.length === 1 && machine.host.got.length === 1)
      expect(machine.far.got).toEqual([])
      const all = new Uint8Array(6).fill(0xff)
      guest.send(numbered(all, VF_MAC, 3))
      machine.until(() => machine.host.got.length === 2 && machine.far.got.length === 1)
      expect(guest.taken).toHaveLength(1)
    })

    test('an interrupt for many frames: the guest polls, is woken for what came meanwhile, and misses none', () => {
      const machine = new Machine(vendor)
      const guest = new Guest(machine)
      guest.activate(VF_MAC)
      for (let n = 0; n < 3000; n++) machine.far.put({ bytes: numbered(VF_MAC, FAR_MAC, n, 400) })
      machine.until(() => machine.far.waiting === 0)
      machine.run(1e6)
      const lost = machine.losses['drop.noDescriptor'] ?? 0
      expect(guest.taken.length + lost).toBe(3000)
      expect(guest.taken.length).toBeGreaterThan(1500)
      expect(guest.interruptsSeen).toBeLessThan(guest.taken.length / 4)
    })

    test('a spoofed source address does not leave the VF, and is reported', () => {
      let spoofed = 0
      const machine = new Machine(vendor, { events: { spoofed: (frames) => (spoofed += frames) } })
      const guest = new Guest(machine)
      guest.activate(VF_MAC)
      guest.run({ op: 'setAntispoof', vf: guest.vf, enable: true })
      guest.send(numbered(FAR_MAC, HOST_MAC, 1))
      guest.send(numbered(FAR_MAC, VF_MAC, 2))
      machine.until(() => machine.far.got.length === 1)
      expect(numberOf(machine.far.got[0].bytes)).toBe(2)
      machine.driver.statistics()
      expect(spoofed).toBe(1)
    })
  })

  describe('moving between PF and VF', () => {
    test('under load, every frame arrives once, on one of the two, each in order', () => {
      const machine = new Machine(vendor)
      const guest = new Guest(machine, { ringSize: 256 })
      guest.run({ op: 'pfAddMacFilter', mac: VF_MAC })
      const count = 2000
      for (let n = 0; n < count; n++) machine.far.put({ bytes: numbered(VF_MAC, FAR_MAC, n, 500) })
      machine.until(() => machine.host.got.length > 400)
      guest.activate(VF_MAC)
      machine.until(() => guest.taken.length > 400)
      guest.run({ op: 'pfAddMacFilter', mac: VF_MAC })
      machine.until(() => machine.far.waiting === 0)
      machine.run(1e6)
      expect(machine.losses).toEqual({})
      const onPf = machine.host.got.map(({ bytes }) => numberOf(bytes))
      const onVf = guest.taken.map(({ bytes }) => numberOf(bytes))
      expect([...onPf, ...onVf].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, n) => n))
      expect(onVf).toEqual([...onVf].sort((a, b) => a - b))
      expect(onPf).toEqual([...onPf].sort((a, b) => a - b))
    })

    test('after a drain nothing comes out of the PF for an address that has moved', () => {
      const machine = new Machine(vendor)
      const guest = new Guest(machine, { ringSize: 256 })
      guest.run({ op: 'pfAddMacFilter', mac: VF_MAC })
      for (let n = 0; n < 1000; n++) machine.far.put({ bytes: numbered(VF_MAC, FAR_MAC, n, 1000) })
      machine.until(() => machine.host.got.length > 200)
      let delivered = -1
      machine.driver.drain((quiet) => {
        expect(quiet).toBe(true)
        machine.driver.start({ op: 'activate', vf: guest.vf }, () => undefined)
        machine.driver.start({ op: 'setMac', vf: guest.vf, mac: VF_MAC }, () => undefined)
        delivered = machine.host.got.length
      })
      machine.until(() => delivered >= 0)
      machine.until(() => machine.far.waiting === 0)
      machine.run(1e6)
      expect(machine.host.got).toHaveLength(delivered)
      expect(guest.taken).toHaveLength(1000 - delivered)
      expect(numberOf(guest.taken[0].bytes)).toBe(delivered)
    })

    test('quiesce under load: fetched frames are sent and reported, the others stay as they were, and no DMA follows', () => {
      const machine = new Machine(vendor)
      const guest = new Guest(machine, { ringSize: 256 })
      guest.activate(VF_MAC)
      for (let n = 0; n < 600; n++) machine.far.put({ bytes: numbered(VF_MAC, FAR_MAC, n, 800) })
      machine.until(() => guest.taken.length > 100)
      guest.polling = false
      for (let n = 0; n < 250; n++) guest.send(numbered(FAR_MAC, VF_MAC, n, 1514))
      const placed = guest.ringWords('tx')
      // Seven frames' time.
      machine.run((7 * 800 * 8e9) / vendor.rateBps)
      guest.run({ op: 'pfAddMacFilter', mac: VF_MAC })
      const [, result] = guest.run({ op: 'quiesce', vf: guest.vf })
      const left = guest.ringWords('tx')
      const taken = guest.taken.length
      expect(result.untakenRxFrames).toBeGreaterThan(0)
      const rx = guest.ringWords('rx')
      const losses = machine.losses
      machine.until(() => machine.far.waiting === 0)
      machine.run(1e6)
      expect(guest.ringWords('rx')).toEqual(rx)
      expect(guest.ringWords('tx')).toEqual(left)
      guest.poll()
      expect(guest.completed).toBeGreaterThan(0)
      expect(guest.completed).toBeLessThan(250)
      expect(result.unfetchedTxFrames).toBe(250 - guest.completed)
      expect(machine.far.got.map(({ bytes }) => numberOf(bytes))).toEqual(
        Array.from({ length: guest.completed }, (_, n) => n),
      )
      // Descriptors behind the last completed frame are word for word what the plugin wrote.
      const first = (guest.completed + 1) * 4
      expect(left.subarray(first)).toEqual(placed.subarray(first))
      expect(guest.taken.length - taken).toBe(result.untakenRxFrames)
      expect(guest.taken.length + machine.host.got.length).toBe(600)
      expect(losses).toEqual({})
      expect(machine.losses).toEqual({})
      guest.leave()
    })

    test('a VF that is given back can be taken again', () => {
      const machine = new Machine(vendor)
      for (let round = 0; round < 3; round++) {
        const guest = new Guest(machine)
        expect(guest.vf).toBe(0)
        guest.activate(VF_MAC)
        guest.send(numbered(FAR_MAC, VF_MAC, round))
        machine.far.put({ bytes: numbered(VF_MAC, FAR_MAC, round) })
        machine.until(() => guest.taken.length === 1 && machine.far.got.length === round + 1)
        guest.run({ op: 'quiesce', vf: guest.vf })
        guest.leave()
      }
      expect(machine.losses).toEqual({})
    })

    test('a guest that resets its VF is reported; the VF is quiesced and taken again', () => {
      const resets: number[] = []
      const machine = new Machine(vendor, { events: { vfReset: (vf) => resets.push(vf) } })
      const guest = new Guest(machine)
      guest.activate(VF_MAC)
      guest.registers.write32(...vendor.vfReset)
      machine.run(100_000)
      expect(resets).toEqual([0])
      expect(guest.ask({ op: 'setAntispoof', vf: 0, enable: true })[0]).toBe('badParam')
      guest.run({ op: 'quiesce', vf: 0 })
      guest.leave()
      const again = new Guest(machine)
      again.activate(VF_MAC)
      machine.far.put({ bytes: numbered(VF_MAC, FAR_MAC, 1) })
      machine.until(() => again.taken.length === 1)
    })

    test('garbage in a ring stops that VF, names it, and harms nobody else', () => {
      const reports: Misbehaviour[] = []
      const machine = new Machine(vendor, { events: { malicious: (one) => reports.push(one) } })
      const good = new Guest(machine)
      const bad = new Guest(machine)
      bad.activate(HOST_MAC)
      good.activate(VF_MAC)
      bad.window.fill(0x5a5a5a5a, bad.window.length / 2)
      bad.send(numbered(FAR_MAC, HOST_MAC, 1))
      bad.registers.write32(vendor.vfTxTail, 50)
      good.send(numbered(FAR_MAC, VF_MAC, 2))
      machine.until(() => machine.far.got.some(({ bytes }) => numberOf(bytes) === 2))
      machine.run(1e6)
      expect(reports.length).toBeGreaterThan(0)
      expect(reports[0]).toMatchObject(vendor.tellsOf(bad.vf, 'tx'))
      expect(reports[0].cause).toBeGreaterThan(0)
      expect(bad.run({ op: 'quiesce', vf: bad.vf })[0]).toBe('ok')
      bad.leave()
    })
  })
}
