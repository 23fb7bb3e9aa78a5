import { arp, ethernet, formatMac } from '@npa/wire'
import { describe, expect, test } from 'vitest'
import { arpFrame, OWN_IP, OWN_MAC, PEER_IP, PEER_MAC, ScriptedPeer } from './testing/scripted-peer.js'

const OTHER_MAC = Uint8Array.of(2, 0, 0, 0, 0, 9)

/** ARP packets sent, in words. */
function packets(peer: ScriptedPeer): string[] {
  return peer.frames
    .filter((frame) => ethernet.etherType(frame, 0) === ethernet.EtherType.arp)
    .map((frame) => {
      const operation = arp.operation(frame, 14) === arp.Operation.request ? 'request' : 'reply'
      return `${operation} for .${arp.targetIp(frame, 14) & 255} from .${arp.senderIp(frame, 14) & 255} to ${formatMac(frame)}`
    })
}

const everybody = 'ff:ff:ff:ff:ff:ff'
const request = `request for .2 from .1 to ${everybody}`

test('a request for us is answered to its sender, who is known from then on', () => {
  const peer = new ScriptedPeer()
  peer.receive(arpFrame(arp.Operation.request, PEER_MAC, PEER_IP, OWN_IP))
  expect(packets(peer)).toEqual(['reply for .2 from .1 to 02:00:00:00:00:02'])
  expect([...peer.frames[0].subarray(22, 28)]).toEqual([...OWN_MAC])
  expect(peer.stack.ping(PEER_IP, 1)).toBe(true)
  expect(peer.frames.length).toBe(2)
})

test('a request for somebody else is not answered, and its sender not remembered', () => {
  const peer = new ScriptedPeer()
  peer.receive(arpFrame(arp.Operation.request, PEER_MAC, PEER_IP, PEER_IP + 1))
  expect([peer.frames.length, peer.stack.save().neighbours]).toEqual([0, []])
})

describe('asking', () => {
  test('three times, a second apart; then the program hears that nobody is there', () => {
    const peer = new ScriptedPeer()
    const closed: string[] = []
    peer.stack.connect(PEER_IP, 80).onClosed = (reason) => closed.push(reason)
    peer.pass(2.9e9)
    expect([packets(peer), closed]).toEqual([[request, request, request], []])
    peer.pass(0.1e9)
    expect(closed).toEqual(['unreachable'])
    expect([peer.stack.connections.length, peer.stack.save().neighbours]).toEqual([0, []])
  })

  test('what waits is sent when the answer comes', () => {
    const peer = new ScriptedPeer()
    peer.stack.connect(PEER_IP, 80)
    peer.receive(arpFrame(arp.Operation.reply, PEER_MAC, PEER_IP, OWN_IP))
    expect(peer.sent().length).toBe(1)
    expect([...peer.frames[1].subarray(0, 6)]).toEqual([...PEER_MAC])
    peer.pass(2.9e9)
    expect(packets(peer)).toEqual([request])
  })

  test('an answer for one neighbour does not end the wait for another', () => {
    const peer = new ScriptedPeer()
    const closed: string[] = []
    peer.stack.connect(PEER_IP + 1, 80).onClosed = (reason) => closed.push(reason)
    peer.pass(1.5e9)
    peer.stack.connect(PEER_IP, 80)
    peer.receive(arpFrame(arp.Operation.reply, PEER_MAC, PEER_IP, OWN_IP))
    expect(peer.sent().length).toBe(1)
    peer.pass(1.5e9)
    expect(closed).toEqual(['unreachable'])
  })

  test('an old answer is used while it is confirmed, by asking that neighbour alone', () => {
    const peer = new ScriptedPeer({ arp: { lifetimeNs: 10e9 } }).introduce()
    peer.pass(11e9)
    peer.stack.ping(PEER_IP, 1)
    expect(packets(peer)).toEqual(['request for .2 from .1 to 02:00:00:00:00:02'])
    expect(peer.frames.length).toBe(2)
    peer.receive(arpFrame(arp.Operation.reply, PEER_MAC, PEER_IP, OWN_IP))
    peer.pass(5e9)
    expect(packets(peer).length).toBe(1)
  })

  test('a neighbour that does not answer TCP is asked whether it is still there, and found where it is now', () => {
    const peer = new ScriptedPeer().introduce()
    const c = peer.stack.connect(PEER_IP, 80, 5000)
    peer.pass(2.9e9)
    expect(packets(peer)).toEqual([])
    peer.pass(4.2e9)
    const again = 'request for .2 from .1 to 02:00:00:00:00:02'
    expect(packets(peer)).toEqual([again, again, again, request])
    peer.receive(arpFrame(arp.Operation.reply, OTHER_MAC, PEER_IP, OWN_IP))
    const last = peer.frames[peer.frames.length - 1]
    expect([c.state, formatMac(last), peer.sent().length]).toEqual(['SYN-SENT', '02:00:00:00:00:09', 4])
  })

  test('an established connection outlives a neighbour that is gone for a while', () => {
    const peer = new ScriptedPeer({ arp: { lifetimeNs: 1e9 } }).introduce()
    const c = peer.stack.connect(PEER_IP, 80, 5000)
    peer.send({ flags: 'S.', seq: 0, ack: 1, mss: 1000 })
    peer.pass(2e9)
    peer.forget()
    c.write(new Uint8Array(10), 0, 10)
    peer.pass(20e9)
    expect(c.state).toBe('ESTABLISHED')
    peer.forget()
    peer.receive(arpFrame(arp.Operation.request, PEER_MAC, PEER_IP, OWN_IP))
    peer.pass(60e9)
    expect(peer.sent()[0]).toBe('P. 1+10 ack 1 win 65535')
  })
})

test('data for a neighbour that cannot be found is kept, and the neighbour looked for again', () => {
  const peer = new ScriptedPeer({ arp: { capacity: 1 } }).introduce()
  const c = peer.stack.connect(PEER_IP, 80, 5000)
  peer.send({ flags: 'S.', seq: 0, ack: 1, mss: 1000 })
  peer.receive(arpFrame(arp.Operation.request, OTHER_MAC, PEER_IP + 1, OWN_IP))
  peer.forget()
  c.write(new Uint8Array(10), 0, 10)
  peer.pass(3.5e9)
  expect([c.state, packets(peer)]).toEqual(['ESTABLISHED', [request, request, request]])
  peer.pass(1e9)
  expect(packets(peer)).toEqual([request, request, request, request])
  peer.introduce()
  peer.pass(3e9)
  expect([peer.sent()[0], c.state]).toEqual(['P. 1+10 ack 1 win 65535', 'ESTABLISHED'])
})

describe('announcements', () => {
  test('are sent on demand, and when the link comes up again', () => {
    const peer = new ScriptedPeer()
    const gratuitous = `request for .1 from .1 to ${everybody}`
    peer.stack.announce()
    peer.stack.link(true)
    expect(packets(peer)).toEqual([gratuitous])
    peer.stack.link(false)
    peer.stack.link(true)
    expect(packets(peer)).toEqual([gratuitous, gratuitous])
  })

  test('change what is known, and teach nothing new', () => {
    const peer = new ScriptedPeer().introduce()
    peer.receive(arpFrame(arp.Operation.request, OTHER_MAC, PEER_IP, PEER_IP))
    peer.receive(arpFrame(arp.Operation.request, OTHER_MAC, PEER_IP + 1, PEER_IP + 1))
    expect(peer.stack.save().neighbours.map(({ ip, mac }) => [ip, mac])).toEqual([[PEER_IP, '02:00:00:00:00:09']])
  })

  test('of our own address by another are counted', () => {
    const peer = new ScriptedPeer()
    peer.receive(arpFrame(arp.Operation.request, OTHER_MAC, OWN_IP, OWN_IP))
    peer.receive(arpFrame(arp.Operation.request, OWN_MAC, OWN_IP, OWN_IP))
    expect([peer.stack.counters.get('arp.conflict'), peer.frames.length]).toEqual([1, 0])
  })
})

test('the oldest neighbour makes room', () => {
  const peer = new ScriptedPeer({ arp: { capacity: 2 } })
  for (let i = 0; i < 4; i++) peer.receive(arpFrame(arp.Operation.request, PEER_MAC, PEER_IP + i, OWN_IP))
  expect(peer.stack.save().neighbours.map(({ ip }) => ip - PEER_IP)).toEqual([2, 3])
  expect(peer.stack.counters.get('arp.evicted')).toBe(2)
})

test('packets of other kinds and short ones are counted', () => {
  const peer = new ScriptedPeer()
  const odd = arpFrame(arp.Operation.request, PEER_MAC, PEER_IP, OWN_IP)
  odd[15] = 6
  peer.receive(odd)
  peer.receive(arpFrame(arp.Operation.request, PEER_MAC, PEER_IP, OWN_IP).subarray(0, 40))
  expect([peer.stack.counters.get('arp.dropped.malformed'), peer.frames.length]).toEqual([2, 0])
})
