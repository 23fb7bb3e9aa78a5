import { Csum } from '@npa/core'
import { BROADCAST, ethernet, icmp, IpProtocol, ipv4, putU16be, tcp, u16be, udp, verifyFrame, vlan } from '@npa/wire'
import { describe, expect, test } from 'vitest'
import type { GuestStackOptions } from './options.js'
import {
  completeCsum,
  OWN_IP,
  OWN_MAC,
  OWN_PORT,
  PEER_IP,
  PEER_MAC,
  ScriptedPeer,
  tcpFrame,
} from './testing/scripted-peer.js'

const SYN = { flags: 'S', seq: 0 } as const

function listening(options: Partial<GuestStackOptions> = {}): ScriptedPeer {
  const peer = new ScriptedPeer(options).introduce()
  peer.stack.listen(OWN_PORT, () => undefined)
  return peer
}

/** A SYN with changes to its bytes, and the name of the counter that grew; '' when it was answered. */
function fate(change: (frame: Uint8Array) => void, csum: number = Csum.none, fixIp = true): string {
  const peer = listening()
  const frame = tcpFrame(SYN)
  change(frame)
  if (fixIp) ipv4.setChecksum(frame, 14)
  const before = peer.stack.counters.snapshot()
  peer.receive(frame, csum)
  if (peer.sent().length > 0) return ''
  expect(peer.buffers.inUse).toBe(0)
  const after = peer.stack.counters.snapshot()
  return Object.keys(after)
    .filter((name) => name.includes('dropped') && after[name] !== (before[name] ?? 0))
    .join()
}

describe('received frames that are not for us, or not right, are dropped under a name', () => {
  test.each<[string, string, (frame: Uint8Array) => void]>([
    ['nothing wrong', '', () => undefined],
    ['another MAC', 'rx.dropped.otherMac', (frame) => frame.fill(6, 0, 6)],
    ['a multicast MAC', 'rx.dropped.otherMac', (frame) => frame.set([1, 0, 0x5e, 0, 0, 1])],
    ['another EtherType', 'rx.dropped.otherType', (frame) => ethernet.setEtherType(frame, 0, 0x88cc)],
    ['IPv6 in an IPv4 frame', 'ip.dropped.malformed', (frame) => (frame[14] = 0x65)],
    ['a header of 16 bytes', 'ip.dropped.malformed', (frame) => (frame[14] = 0x44)],
    ['a length beyond the frame', 'ip.dropped.malformed', (frame) => ipv4.setTotalLength(frame, 14, 41)],
    ['a length below the header', 'ip.dropped.malformed', (frame) => ipv4.setTotalLength(frame, 14, 19)],
    ['a first fragment', 'ip.dropped.fragment', (frame) => putU16be(frame, 20, 0x2000)],
    ['a later fragment', 'ip.dropped.fragment', (frame) => putU16be(frame, 20, 1)],
    ['another address', 'ip.dropped.otherAddress', (frame) => (frame[33] = 7)],
    ['our own address as source', 'ip.dropped.malformed', (frame) => (frame[29] = 1)],
    ['a multicast source', 'ip.dropped.malformed', (frame) => (frame[26] = 224)],
    ['a broadcast source', 'ip.dropped.malformed', (frame) => (frame[29] = 255)],
    ['another protocol', 'ip.dropped.otherProtocol', (frame) => (frame[23] = 132)],
    ['a TCP header of 16 bytes', 'tcp.dropped.malformed', (frame) => badTcpHeader(frame, 4)],
    ['a TCP header beyond the segment', 'tcp.dropped.malformed', (frame) => badTcpHeader(frame, 6)],
  ])('%s', (_, expected, change) => {
    expect(fate(change)).toBe(expected)
  })

  function badTcpHeader(frame: Uint8Array, words: number): void {
    frame[34 + tcp.Field.dataOffset] = words << 4
    completeCsum(frame, tcp.Field.checksum)
  }

  test('a wrong IP checksum', () => {
    expect(fate((frame) => (frame[24] ^= 1), Csum.none, false)).toBe('ip.dropped.checksum')
  })

  test('a TCP segment to everybody', () => {
    const expected = 'tcp.dropped.broadcast'
    expect(fate((frame) => frame.fill(255, 30, 34))).toBe(expected)
  })
})

describe('checksums of received frames', () => {
  const spoil = (frame: Uint8Array): void => {
    frame[34 + tcp.Field.checksum] ^= 1
  }
  test('are verified when nobody has', () => {
    expect(fate(spoil)).toBe('tcp.dropped.checksum')
  })
  test('are trusted when the device found them good', () => {
    expect(fate(spoil, Csum.good)).toBe('')
  })
  test('drop the frame when it found one bad', () => {
    expect(fate(() => undefined, Csum.bad)).toBe('rx.dropped.checksum')
  })
})

test('padding behind the datagram is no data, IP options are skipped', () => {
  const peer = listening()
  const frame = new Uint8Array(70)
  const syn = tcpFrame(SYN)
  frame.set(syn.subarray(0, 34))
  frame.set(syn.subarray(34), 38)
  frame[14] = 0x46
  frame.fill(1, 34, 38)
  ipv4.setTotalLength(frame, 14, 44)
  ipv4.setChecksum(frame, 14)
  peer.receive(frame)
  expect(peer.sent()).toEqual(['S. 0+0 ack 1 win 65535'])
})

test('sent datagrams count up, are not to be fragmented, and their checksums are right', () => {
  const peer = new ScriptedPeer().introduce()
  for (let i = 0; i < 3; i++) peer.stack.ping(PEER_IP, i, 1000)
  expect(peer.frames.map((frame) => ipv4.identification(frame, 14))).toEqual([0, 1, 2])
  expect(peer.frames.map((frame) => ipv4.fragment(frame, 14))).toEqual([0x4000, 0x4000, 0x4000])
  expect(peer.frames.map((frame) => verifyFrame(frame, 0, frame.length))).toEqual([1, 1, 1].map(() => Csum.good))
})

test('other networks are reached by the gateway, or not at all', () => {
  const far = ipv4.parseAddress('192.168.7.7')
  const peer = new ScriptedPeer({ gateway: '10.0.0.2' }).introduce()
  peer.stack.connect(far, 80)
  expect([...peer.frames[0].subarray(0, 6)]).toEqual([...PEER_MAC])
  expect(ipv4.destination(peer.frames[0], 14)).toBe(far)
  const alone = listening()
  expect(() => alone.stack.connect(far, 80)).toThrow('no route to 192.168.7.7')
  expect(() => alone.stack.connect(OWN_IP, 80)).toThrow('own address')
  const syn = tcpFrame(SYN)
  syn.set([192, 168, 7, 7], 26)
  ipv4.setChecksum(syn, 14)
  completeCsum(syn, tcp.Field.checksum)
  alone.receive(syn)
  expect(alone.stack.counters.get('tcp.dropped.noRoute')).toBe(1)
})

describe('checksum offload', () => {
  test('leaves the sum of the pseudo-header and says where the rest goes', () => {
    const peer = new ScriptedPeer({ csumOffload: true }).introduce()
    peer.stack.connect(PEER_IP, 80, 5000)
    const { csumStart, csumOffset } = peer.words[0]
    expect([csumStart, csumOffset]).toEqual([34, 16])
    expect(u16be(peer.frames[0], 50)).toBe(0x0a00 + 1 + 0x0a00 + 2 + IpProtocol.tcp + 28)
  })

  test('is not asked for otherwise, nor for ICMP', () => {
    const plain = new ScriptedPeer().introduce()
    plain.stack.connect(PEER_IP, 80, 5000)
    const offload = new ScriptedPeer({ csumOffload: true }).introduce()
    offload.stack.ping(PEER_IP, 1)
    expect([plain.words[0].csumStart, offload.words[0].csumStart]).toEqual([-1, -1])
    expect(verifyFrame(plain.frames[0], 0, plain.frames[0].length)).toBe(Csum.good)
  })
})

describe('VLAN', () => {
  const tagged = (id: number): Uint8Array => {
    const frame = new Uint8Array(80)
    const syn = tcpFrame(SYN)
    frame.set(syn)
    vlan.insert(frame, 0, syn.length, vlan.tci(id, 3))
    return frame.subarray(0, syn.length + 4)
  }

  test('with offload the tag goes beside the frame, without into it', () => {
    for (const vlanOffload of [true, false]) {
      const peer = new ScriptedPeer({ vlan: 100, vlanOffload })
      peer.stack.announce()
      expect(peer.words[0].vlan).toBe(vlanOffload ? 100 : -1)
      expect(vlan.outerTci(peer.frames[0], 0, peer.frames[0].length)).toBe(vlanOffload ? -1 : 100)
      expect(peer.frames[0].length).toBe(vlanOffload ? 42 : 46)
    }
  })

  test('with the tag in the bytes, checksum offload counts from there', () => {
    const peer = new ScriptedPeer({ vlan: 100, vlanOffload: false, csumOffload: true })
    peer.stack.listen(OWN_PORT, () => undefined)
    peer.receive(tagged(100))
    peer.stack.connect(PEER_IP, 80)
    expect(peer.frames.length).toBe(1)
    const known = new ScriptedPeer({ vlan: 100, vlanOffload: false, csumOffload: true })
    known.stack.bindUdp(1).send(0xffffffff, 2, new Uint8Array(9), 0, 9)
    expect([known.words[0].csumStart, known.words[0].csumOffset]).toEqual([38, udp.Field.checksum])
  })

  test.each([
    ['no VLAN, no tag', undefined, tcpFrame(SYN), -1, true],
    ['no VLAN, a priority tag', undefined, tagged(0), -1, true],
    ['no VLAN, a tag', undefined, tagged(100), -1, false],
    ['no VLAN, a stripped tag', undefined, tcpFrame(SYN), 100, false],
    ['VLAN, its tag', 100, tagged(100), -1, true],
    ['VLAN, its tag stripped', 100, tcpFrame(SYN), vlan.tci(100, 5), true],
    ['VLAN, another tag', 100, tagged(101), -1, false],
    ['VLAN, another tag stripped', 100, tcpFrame(SYN), 101, false],
    ['VLAN, no tag', 100, tcpFrame(SYN), -1, false],
  ])('%s', (_, id, frame, tag, taken) => {
    const peer = new ScriptedPeer(id === undefined ? {} : { vlan: id })
    peer.receive(frame, Csum.none, tag)
    // What is taken is asked after with an ARP request, before the RST.
    expect(peer.frames.length).toBe(taken ? 1 : 0)
    expect(peer.stack.counters.get('rx.dropped.otherVlan')).toBe(taken ? 0 : 1)
  })

  test('a tag at the end of a frame is too short', () => {
    const peer = new ScriptedPeer({ vlan: 100 })
    peer.receive(tagged(100).subarray(0, 16))
    peer.receive(tagged(100).subarray(0, 13))
    expect(peer.stack.counters.get('rx.dropped.runt')).toBe(2)
  })
})

describe('ICMP echo', () => {
  function echo(length: number, to: number = OWN_IP): Uint8Array {
    const frame = new Uint8Array(14 + 20 + 8 + length)
    ethernet.emit(frame, 0, OWN_MAC, PEER_MAC, ethernet.EtherType.ipv4)
    ipv4.emit(frame, 14, 28 + length, 1, 64, IpProtocol.icmp, PEER_IP, to)
    for (let i = 0; i < length; i++) frame[42 + i] = i * 3
    icmp.emitEcho(frame, 34, 8 + length, icmp.Type.echoRequest, 77, 5)
    return frame
  }

  test('a request is answered with its own payload', () => {
    const peer = new ScriptedPeer().introduce()
    peer.receive(echo(101))
    const [reply] = peer.frames
    expect([icmp.type(reply, 34), icmp.identifier(reply, 34), icmp.sequence(reply, 34)]).toEqual([0, 77, 5])
    expect(reply.subarray(42)).toEqual(echo(101).subarray(42))
    expect(verifyFrame(reply, 0, reply.length)).toBe(Csum.good)
  })

  test('a wrong checksum, a short message and a request to everybody are not', () => {
    const peer = new ScriptedPeer().introduce()
    const bad = echo(10)
    bad[45] ^= 1
    peer.receive(bad, Csum.good)
    const short = echo(10)
    ipv4.setTotalLength(short, 14, 27)
    ipv4.setChecksum(short, 14)
    peer.receive(short)
    peer.receive(echo(10, 0xffffffff))
    expect(peer.frames.length).toBe(0)
    expect(peer.stack.counters.get('icmp.dropped.checksum')).toBe(1)
    expect(peer.stack.counters.get('icmp.dropped.malformed')).toBe(1)
    expect(peer.stack.counters.get('icmp.otherType')).toBe(1)
  })

  test('our own is measured; another answer is not ours', () => {
    const peer = new ScriptedPeer().introduce()
    const pongs: number[][] = []
    peer.stack.onPong = (_, sequence, ns) => pongs.push([sequence, ns])
    peer.stack.ping(PEER_IP, 9, 20)
    const [request] = peer.frames
    peer.pass(3e6)
    const reply = echo(20)
    icmp.emitEcho(reply, 34, 28, icmp.Type.echoReply, icmp.identifier(request, 34) ^ 1, 9)
    peer.receive(reply)
    expect(pongs).toEqual([])
    icmp.emitEcho(reply, 34, 28, icmp.Type.echoReply, icmp.identifier(request, 34), 9)
    peer.receive(reply)
    peer.receive(reply)
    expect(pongs).toEqual([[9, 3e6]])
  })

  test('an unreachable neighbour is told of; too long and too many are refused', () => {
    const peer = new ScriptedPeer()
    const pongs: number[][] = []
    peer.stack.onPong = (ip, sequence, ns) => pongs.push([ip - PEER_IP, sequence, ns])
    peer.stack.ping(PEER_IP, 1)
    peer.pass(4e9)
    expect(pongs).toEqual([[0, 1, -1]])
    expect(() => peer.stack.ping(PEER_IP, 1, 1473)).toThrow('at most 1472')
    const taken = Array.from({ length: 65 }, (_, i) => peer.stack.ping(PEER_IP, i))
    expect(taken.lastIndexOf(true)).toBe(63)
  })
})

describe('UDP', () => {
  function datagram(length: number, port: number, checksum = true): Uint8Array {
    const frame = new Uint8Array(14 + 28 + length)
    ethernet.emit(frame, 0, BROADCAST, PEER_MAC, ethernet.EtherType.ipv4)
    ipv4.emit(frame, 14, 28 + length, 1, 64, IpProtocol.udp, PEER_IP, OWN_IP)
    udp.emit(frame, 34, 1234, port, 8 + length)
    for (let i = 0; i < length; i++) frame[42 + i] = i
    if (checksum) completeCsum(frame, udp.Field.checksum)
    return frame
  }

  test('datagrams reach the port they are for, with or without checksum', () => {
    const peer = new ScriptedPeer().introduce()
    const socket = peer.stack.bindUdp(53)
    const got: unknown[] = []
    socket.onDatagram = (ip, port, u8, at, length) => got.push([ip, port, [...u8.subarray(at, at + length)]])
    peer.receive(datagram(3, 53))
    peer.receive(datagram(2, 53, false))
    peer.receive(datagram(1, 54))
    const bad = datagram(4, 53)
    bad[44] ^= 4
    peer.receive(bad)
    const short = datagram(4, 53)
    putU16be(short, 38, 13)
    peer.receive(short)
    expect(got).toEqual([
      [PEER_IP, 1234, [0, 1, 2]],
      [PEER_IP, 1234, [0, 1]],
    ])
    const { counters } = peer.stack
    expect(['noPort', 'checksum', 'malformed'].map((name) => counters.get(`udp.dropped.${name}`))).toEqual([1, 1, 1])
    socket.close()
    peer.receive(datagram(3, 53))
    expect(counters.get('udp.dropped.noPort')).toBe(2)
    expect(peer.stack.bindUdp(53).port).toBe(53)
    expect(() => peer.stack.bindUdp(53)).toThrow('UDP port 53 is taken')
  })

  test('sending: refused until the neighbour is known, then right', () => {
    const peer = new ScriptedPeer()
    const socket = peer.stack.bindUdp(53)
    const payload = Uint8Array.of(9, 8, 7)
    const events: unknown[] = []
    socket.onWritable = () => events.push(socket.send(PEER_IP, 99, payload, 0, 3))
    socket.onUnreachable = (ip) => events.push(ip)
    expect(socket.send(PEER_IP, 99, payload, 0, 3)).toBe(false)
    peer.introduce()
    expect(events).toEqual([true])
    expect(() => socket.send(PEER_IP, 1, new Uint8Array(2000), 0, 1473)).toThrow('at most 1472')
    expect(socket.send(PEER_IP + 5, 99, payload, 0, 3)).toBe(false)
    peer.forget()
    socket.onWritable = undefined
    peer.pass(4e9)
    expect(events).toEqual([true, PEER_IP + 5])
    expect(socket.send(PEER_IP, 99, payload, 1, 2)).toBe(true)
    const sent = peer.frames[peer.frames.length - 1]
    expect([udp.sourcePort(sent, 34), udp.destinationPort(sent, 34), udp.length(sent, 34)]).toEqual([53, 99, 10])
    expect([...sent.subarray(42)]).toEqual([8, 7])
    expect(verifyFrame(sent, 0, sent.length)).toBe(Csum.good)
  })

  test('a sum of zero is sent as 0xffff (RFC 768)', () => {
    const peer = new ScriptedPeer().introduce()
    const socket = peer.stack.bindUdp(1)
    socket.send(PEER_IP, 1, Uint8Array.of(0, 0), 0, 2)
    const sum = u16be(peer.frames[0], 40)
    socket.send(PEER_IP, 1, Uint8Array.of(sum >>> 8, sum & 255), 0, 2)
    expect(u16be(peer.frames[1], 40)).toBe(0xffff)
  })
})
