import { arp } from '@npa/wire'
import { describe, expect, test } from 'vitest'
import { arpFrame, OWN_IP, OWN_PORT, PEER_IP, PEER_PORT, ScriptedPeer } from '../testing/scripted-peer.js'
import type { TcpConnection } from './connection.js'
import type { TcpSettings } from '../settings.js'

function active(settings: Partial<TcpSettings> = {}): { peer: ScriptedPeer; c: TcpConnection; events: string[] } {
  const peer = new ScriptedPeer({ tcp: settings }).introduce()
  peer.answers = true
  const c = peer.stack.connect(PEER_IP, PEER_PORT, OWN_PORT)
  const events: string[] = []
  c.onConnected = () => events.push('connected')
  c.onClosed = (reason) => events.push(reason)
  return { peer, c, events }
}

function passive(): { peer: ScriptedPeer; accepted: TcpConnection[] } {
  const peer = new ScriptedPeer().introduce()
  const accepted: TcpConnection[] = []
  peer.stack.listen(OWN_PORT, (c) => accepted.push(c))
  return { peer, accepted }
}

describe('active open', () => {
  test('SYN, SYN+ACK, ACK', () => {
    const { peer, c, events } = active()
    expect(peer.sent()).toEqual(['S 0+0 win 65535'])
    peer.send({ flags: 'S.', seq: 0, ack: 1, mss: 1460 })
    expect(peer.sent()).toEqual(['. 1+0 ack 1 win 65535'])
    expect([c.state, events]).toEqual(['ESTABLISHED', ['connected']])
  })

  test('the SYN carries an MSS of 1460 and a window scale of 0', () => {
    const { peer } = active()
    expect([...peer.frames[0].subarray(54, 62)]).toEqual([2, 4, 0x05, 0xb4, 1, 3, 3, 0])
  })

  test('a lost SYN is sent again after 1, 2, 4 … s, and the connection fails after six times', () => {
    const { peer, c, events } = active()
    peer.sent()
    const times = peer.timeline(122.9e9).map((line) => Number(line.split(':')[0]) / 1000)
    expect(times).toEqual([1, 3, 7, 15, 31, 63])
    expect(c.state).toBe('SYN-SENT')
    peer.pass(0.1e9)
    expect([c.state, events]).toEqual(['CLOSED', ['timeout']])
    expect(peer.stack.connections.length).toBe(0)
  })

  test('after a lost SYN one segment starts, and the timeout is 3 s (RFC 6298, 5.7; RFC 5681, 3.1)', () => {
    const { peer, c } = active()
    peer.pass(1e9)
    peer.send({ flags: 'S.', seq: 0, ack: 1, mss: 1460 })
    peer.sent()
    c.write(new Uint8Array(10_000), 0, 10_000)
    expect(peer.timeline(4e9)).toEqual(['1000: . 1+1460 ack 1 win 65535', '4000: . 1+1460 ack 1 win 65535'])
  })

  test('RST refuses it; a RST that acknowledges nothing of ours does not', () => {
    const { peer, c, events } = active()
    peer.sent()
    peer.send({ flags: 'R', seq: 0 })
    peer.send({ flags: 'R.', seq: 0, ack: 2 })
    expect(c.state).toBe('SYN-SENT')
    peer.send({ flags: 'R.', seq: 0, ack: 1 })
    expect([c.state, events, peer.sent()]).toEqual(['CLOSED', ['refused'], []])
  })

  test('an ACK of what was never sent is answered by RST', () => {
    const { peer, c } = active()
    peer.sent()
    peer.send({ flags: '.', seq: 5, ack: 7 })
    expect([c.state, peer.sent()]).toEqual(['SYN-SENT', ['R 7+0 win 0']])
  })

  test('both open at once (RFC 9293, figure 7)', () => {
    const { peer, c, events } = active()
    peer.sent()
    peer.send({ flags: 'S', seq: 0, mss: 1460 })
    expect([c.state, peer.sent()]).toEqual(['SYN-RECEIVED', ['S. 0+0 ack 1 win 65535']])
    peer.send({ flags: 'S.', seq: 0, ack: 1, mss: 1460 })
    expect([c.state, events]).toEqual(['ESTABLISHED', ['connected']])
  })

  test('closing before the answer just ends it', () => {
    const { peer, c, events } = active()
    peer.sent()
    c.close()
    expect([c.state, events, peer.sent()]).toEqual(['CLOSED', ['closed'], []])
  })

  test('closing after a write waits for the answer: what was written is sent, then FIN', () => {
    const { peer, c } = active()
    peer.sent()
    c.write(new Uint8Array(5), 0, 5)
    c.close()
    expect(c.state).toBe('SYN-SENT')
    peer.send({ flags: 'S.', seq: 0, ack: 1, mss: 1460 })
    expect([c.state, peer.sent()]).toEqual(['FIN-WAIT-1', ['FP. 1+5 ack 1 win 65535']])
  })

  test('the peer without an MSS option gets 536 bytes at a time; a tiny one is not believed', () => {
    const first = active()
    first.peer.send({ flags: 'S.', seq: 0, ack: 1 })
    first.peer.sent()
    first.c.write(new Uint8Array(600), 0, 600)
    expect(first.peer.sent()).toEqual(['. 1+536 ack 1 win 65535', 'P. 537+64 ack 1 win 65535'])
    const second = active()
    second.peer.send({ flags: 'S.', seq: 0, ack: 1, mss: 1 })
    second.peer.sent()
    second.c.write(new Uint8Array(60), 0, 60)
    expect(second.peer.sent()).toEqual(['. 1+48 ack 1 win 65535', 'P. 49+12 ack 1 win 65535'])
  })

  test('no segment is longer than a frame, whatever the peer would take', () => {
    const { peer, c } = active()
    peer.send({ flags: 'S.', seq: 0, ack: 1, mss: 9000 })
    peer.sent()
    c.write(new Uint8Array(2000), 0, 2000)
    expect(peer.sent()).toEqual(['. 1+1460 ack 1 win 65535', 'P. 1461+540 ack 1 win 65535'])
  })

  test('the window of our SYN holds although our ACK cannot be sent yet', () => {
    const peer = new ScriptedPeer({ arp: { capacity: 1 } }).introduce()
    const c = peer.stack.connect(PEER_IP, PEER_PORT, OWN_PORT)
    peer.receive(arpFrame(arp.Operation.request, Uint8Array.of(2, 0, 0, 0, 0, 9), PEER_IP + 5, OWN_IP))
    peer.sent()
    peer.send({ flags: 'S.', seq: 0, ack: 1, mss: 1460 })
    peer.send({ flags: '.', seq: 1, ack: 1, length: 10 })
    expect([c.readable, peer.sent()]).toEqual([10, []])
    peer.introduce()
    expect(c.tcb.ackNow).toBe(false)
  })

  test("the peer's window scale applies from its first segment after the SYN on", () => {
    const { peer, c } = active({ receiveBuffer: 1 << 20 })
    expect([...peer.frames[0].subarray(58, 62)]).toEqual([1, 3, 3, 4])
    peer.send({ flags: 'S.', seq: 0, ack: 1, mss: 1460, scale: 3, window: 1000 })
    expect(peer.sent()).toEqual(['S 0+0 win 65535', '. 1+0 ack 1 win 65535'])
    c.write(new Uint8Array(5000), 0, 5000)
    expect(peer.sent()).toEqual(['. 1+1000 ack 1 win 65535'])
    peer.send({ flags: '.', seq: 1, ack: 1001, window: 400 })
    expect(peer.sent()).toEqual(['. 1001+1460 ack 1 win 65535', '. 2461+1460 ack 1 win 65535'])
  })
})

describe('passive open', () => {
  test('SYN, SYN+ACK, ACK; accepted when established', () => {
    const { peer, accepted } = passive()
    peer.send({ flags: 'S', seq: 0, mss: 1460 })
    expect(peer.sent()).toEqual(['S. 0+0 ack 1 win 65535'])
    expect(accepted.length).toBe(0)
    peer.send({ flags: '.', seq: 1, ack: 1 })
    expect(accepted.map((c) => c.state)).toEqual(['ESTABLISHED'])
    expect(peer.sent()).toEqual([])
  })

  test('the SYN+ACK offers no window scale unless asked', () => {
    const { peer } = passive()
    peer.send({ flags: 'S', seq: 0, mss: 1460 })
    expect(peer.frames[0].length).toBe(14 + 20 + 24)
  })

  test('a repeated SYN gets the SYN+ACK again, and so does silence', () => {
    const { peer } = passive()
    peer.send({ flags: 'S', seq: 0, mss: 1460 })
    peer.sent()
    peer.send({ flags: 'S', seq: 0, mss: 1460 })
    expect(peer.timeline(3e9)).toEqual([
      '0: S. 0+0 ack 1 win 65535',
      '1000: S. 0+0 ack 1 win 65535',
      '3000: S. 0+0 ack 1 win 65535',
    ])
  })

  test('the round trip of a SYN+ACK that was sent twice is not measured (RFC 6298, 3)', () => {
    const { peer, accepted } = passive()
    peer.send({ flags: 'S', seq: 0 })
    peer.pass(100e6)
    peer.send({ flags: 'S', seq: 0 })
    peer.pass(100e6)
    peer.send({ flags: '.', seq: 1, ack: 1 })
    expect(accepted[0].rttNs).toBe(-1)
  })

  test('a wrong ACK in SYN-RECEIVED gets RST; a RST goes back to LISTEN', () => {
    const { peer, accepted } = passive()
    peer.send({ flags: 'S', seq: 0 })
    peer.sent()
    peer.send({ flags: '.', seq: 1, ack: 9 })
    expect(peer.sent()).toEqual(['R 9+0 win 0'])
    peer.send({ flags: 'R', seq: 1 })
    expect([peer.stack.connections.length, accepted.length]).toEqual([0, 0])
  })

  test('data that comes with the last ACK is not lost', () => {
    const { peer, accepted } = passive()
    peer.send({ flags: 'S', seq: 0 })
    peer.send({ flags: 'P.', seq: 1, ack: 1, length: 10 })
    expect(accepted[0].readable).toBe(10)
  })

  test('no listener: RST, with the number the sender will believe', () => {
    const peer = new ScriptedPeer().introduce()
    peer.send({ flags: 'S', seq: 0 })
    peer.send({ flags: '.', seq: 0, ack: 77, length: 5 })
    peer.send({ flags: 'R', seq: 0 })
    expect(peer.sent()).toEqual(['R. 16+0 ack 1 win 0', 'R 77+0 win 0'])
  })

  test('a flood of SYNs fills the table and no more', () => {
    const peer = new ScriptedPeer({ tcp: { connections: 1 } }).introduce()
    peer.stack.listen(OWN_PORT, () => undefined)
    peer.stack.connect(PEER_IP, PEER_PORT)
    peer.sent()
    peer.send({ flags: 'S', seq: 0 })
    expect(peer.sent()).toEqual([])
    expect(peer.stack.counters.get('tcp.dropped.connections')).toBe(1)
    expect(() => peer.stack.connect(PEER_IP, PEER_PORT)).toThrow('all 1 connections are in use')
  })
})
