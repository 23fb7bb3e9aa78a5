import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as arp from './arp.js'
import * as ethernet from './ethernet.js'
import * as icmp from './icmp.js'
import * as ipv4 from './ipv4.js'
import * as ipv6 from './ipv6.js'
import * as tcp from './tcp.js'
import * as tcpOptions from './tcp-options.js'
import * as udp from './udp.js'
import * as vlan from './vlan.js'
import { sumGood } from './checksum.js'
import { formatMac, parseMac } from './mac.js'

const u16 = fc.integer({ min: 0, max: 0xffff })
const u32 = fc.integer({ min: 0, max: 0xffffffff })
const u8 = fc.integer({ min: 0, max: 255 })
const AT = 3

/** Emits into a buffer of ones and checks that exactly `bytes` bytes at `AT` were touched. */
function emitted(bytes: number, emit: (buffer: Uint8Array) => void): Uint8Array {
  const buffer = new Uint8Array(AT + bytes + 5).fill(0xee)
  emit(buffer)
  expect([...buffer.subarray(0, AT), ...buffer.subarray(AT + bytes)].every((byte) => byte === 0xee)).toBe(true)
  return buffer
}

describe('what is emitted is read back', () => {
  test('Ethernet and ARP', () => {
    const a = parseMac('00:50:56:00:00:0a')
    const b = parseMac('00:50:56:00:00:0b')
    const frame = emitted(ethernet.HEADER_BYTES, (to) => ethernet.emit(to, AT, b, a, ethernet.EtherType.arp))
    expect(formatMac(frame, AT + ethernet.Field.destination)).toBe('00:50:56:00:00:0b')
    expect(formatMac(frame, AT + ethernet.Field.source)).toBe('00:50:56:00:00:0a')
    expect(ethernet.etherType(frame, AT)).toBe(0x0806)
    fc.assert(
      fc.property(u32, u32, (from, to) => {
        const packet = emitted(arp.PACKET_BYTES, (out) => arp.emit(out, AT, arp.Operation.reply, a, from, b, to))
        expect(arp.isForIpv4(packet, AT, arp.PACKET_BYTES)).toBe(true)
        expect(arp.isForIpv4(packet, AT, arp.PACKET_BYTES - 1)).toBe(false)
        expect([arp.operation(packet, AT), arp.senderIp(packet, AT), arp.targetIp(packet, AT)]).toEqual([2, from, to])
        expect(formatMac(packet, AT + arp.Field.senderMac)).toBe(formatMac(a))
        expect(formatMac(packet, AT + arp.Field.targetMac)).toBe(formatMac(b))
      }),
    )
  })

  test('IPv4, with a right checksum', () => {
    fc.assert(
      fc.property(u16, u16, u8, u8, u32, u32, (total, ident, ttl, protocol, from, to) => {
        const header = emitted(20, (out) => ipv4.emit(out, AT, total, ident, ttl, protocol, from, to))
        expect(ipv4.checksumGood(header, AT)).toBe(true)
        expect([ipv4.version(header, AT), ipv4.headerBytes(header, AT), ipv4.trafficClass(header, AT)]).toEqual([
          4, 20, 0,
        ])
        expect([ipv4.totalLength(header, AT), ipv4.identification(header, AT)]).toEqual([total, ident])
        expect([ipv4.ttl(header, AT), ipv4.protocol(header, AT), ipv4.fragment(header, AT)]).toEqual([
          ttl,
          protocol,
          0x4000,
        ])
        expect([ipv4.source(header, AT), ipv4.destination(header, AT)]).toEqual([from, to])
        ipv4.setTotalLength(header, AT, total ^ 1)
        ipv4.setIdentification(header, AT, ident)
        expect(ipv4.checksumGood(header, AT)).toBe(false)
        ipv4.setChecksum(header, AT)
        expect(ipv4.checksumGood(header, AT)).toBe(true)
        expect(ipv4.checksum(header, AT)).not.toBe(0xffff)
        expect(ipv4.parseAddress(ipv4.formatAddress(from))).toBe(from)
      }),
    )
    expect(ipv4.formatAddress(0xc000020a)).toBe('192.0.2.10')
    for (const bad of ['1.2.3', '1.2.3.256', '1.2.3.04', '1.2.3.4.5', '1.2.3.x', '']) {
      expect(() => ipv4.parseAddress(bad)).toThrow(`'${bad}' is not an IPv4 address`)
    }
  })

  test('IPv6', () => {
    const address = fc.uint8Array({ minLength: 16, maxLength: 16 })
    fc.assert(
      fc.property(u16, u8, u8, address, address, (payload, next, hops, from, to) => {
        const header = emitted(40, (out) => ipv6.emit(out, AT, payload, next, hops, from, to))
        expect([ipv6.version(header, AT), ipv6.trafficClass(header, AT), ipv6.flowLabel(header, AT)]).toEqual([6, 0, 0])
        expect([ipv6.payloadLength(header, AT), ipv6.nextHeader(header, AT), ipv6.hopLimit(header, AT)]).toEqual([
          payload,
          next,
          hops,
        ])
        expect(ipv6.addressEqual(header, AT + ipv6.Field.source, from, 0)).toBe(true)
        expect(ipv6.addressEqual(header, AT + ipv6.Field.destination, to, 0)).toBe(true)
        header[AT + ipv6.Field.destination + 15] ^= 1
        expect(ipv6.addressEqual(header, AT + ipv6.Field.destination, to, 0)).toBe(false)
        ipv6.setPayloadLength(header, AT, payload ^ 0x8001)
        expect(ipv6.payloadLength(header, AT)).toBe(payload ^ 0x8001)
      }),
    )
    expect([
      ipv6.trafficClass(Uint8Array.of(0x6a, 0xb1, 2, 3), 0),
      ipv6.flowLabel(Uint8Array.of(0x6a, 0xb1, 2, 3), 0),
    ]).toEqual([0xab, 0x10203])
  })

  test('UDP and an ICMP echo', () => {
    fc.assert(
      fc.property(u16, u16, u16, (from, to, bytes) => {
        const header = emitted(8, (out) => udp.emit(out, AT, from, to, bytes))
        expect([udp.sourcePort(header, AT), udp.destinationPort(header, AT), udp.length(header, AT)]).toEqual([
          from,
          to,
          bytes,
        ])
        expect(udp.checksum(header, AT)).toBe(0)
        udp.setChecksum(header, AT, from)
        expect(udp.checksum(header, AT)).toBe(from)
        const echo = emitted(8, (out) => icmp.emitEcho(out, AT, 8, icmp.Type.echoRequest, from, to))
        expect([icmp.type(echo, AT), icmp.code(echo, AT), icmp.identifier(echo, AT), icmp.sequence(echo, AT)]).toEqual([
          8,
          0,
          from,
          to,
        ])
        expect(sumGood(echo, AT, 8, 0)).toBe(true)
      }),
    )
  })

  test('TCP', () => {
    fc.assert(
      fc.property(u16, u16, u32, u32, u8, u16, (from, to, seq, ack, flags, wnd) => {
        const header = emitted(20, (out) => tcp.emit(out, AT, from, to, seq, ack, 28, flags, wnd))
        expect([tcp.sourcePort(header, AT), tcp.destinationPort(header, AT)]).toEqual([from, to])
        expect([tcp.sequence(header, AT), tcp.acknowledgment(header, AT)]).toEqual([seq, ack])
        expect([tcp.headerBytes(header, AT), tcp.flags(header, AT), tcp.window(header, AT)]).toEqual([28, flags, wnd])
        tcp.setSequence(header, AT, ack)
        tcp.setFlags(header, AT, tcp.Flag.syn)
        tcp.setChecksum(header, AT, wnd)
        expect([tcp.sequence(header, AT), tcp.flags(header, AT), tcp.checksum(header, AT)]).toEqual([ack, 2, wnd])
      }),
    )
  })

  test('TCP options', () => {
    const found = new Int32Array(tcpOptions.OPTION_WORDS)
    fc.assert(
      fc.property(u16, fc.integer({ min: 0, max: 14 }), (mss, shift) => {
        const header = new Uint8Array(tcp.MAX_HEADER_BYTES)
        const end = tcpOptions.emitWindowScale(header, tcpOptions.emitMss(header, 20, mss), shift)
        expect(end).toBe(28)
        expect(tcpOptions.parse(header, 0, end, found)).toBe(true)
        expect([...found]).toEqual([mss, shift])
        expect(tcpOptions.parse(header, 0, 24, found)).toBe(true)
        expect([...found]).toEqual([mss, -1])
      }),
    )
    // RFC 7323, 2.3: a shift above 14 counts as 14.
    expect(tcpOptions.parse(Uint8Array.of(...new Uint8Array(20), 3, 3, 200, 0), 0, 24, found)).toBe(true)
    expect([...found]).toEqual([-1, 14])
    // A length of 0 or 1 must not stop or reverse the walk, and none may reach behind the header.
    for (const bytes of [
      [2, 0, 1, 1],
      [2, 1, 1, 1],
      [1, 1, 1, 2],
      [2, 5, 1, 1],
    ]) {
      expect(tcpOptions.parse(Uint8Array.of(...new Uint8Array(20), ...bytes, 0, 0, 0, 0), 0, 24, found)).toBe(false)
    }
  })

  test('VLAN tags: inserted, read and stripped', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 14, maxLength: 90 }), u16, (frame, tci) => {
        fc.pre(!vlan.isTag(ethernet.etherType(frame, 0)))
        const buffer = new Uint8Array(frame.length + 7).fill(0xee)
        buffer.set(frame, AT)
        expect(vlan.strip(buffer, AT, frame.length)).toBe(-1)
        vlan.insert(buffer, AT, frame.length, tci)
        expect(vlan.outerTci(buffer, AT, frame.length + 4)).toBe(tci)
        expect(vlan.tci(vlan.id(tci), vlan.priority(tci), vlan.dropEligible(tci))).toBe(tci)
        expect(vlan.strip(buffer, AT, frame.length + 4)).toBe(tci)
        expect(buffer.subarray(AT, AT + frame.length)).toEqual(frame)
      }),
    )
    expect(vlan.outerTci(Uint8Array.of(...new Uint8Array(12), 0x81, 0, 0, 100), 0, 16)).toBe(-1)
  })
})
