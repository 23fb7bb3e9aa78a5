import { describe, expect, test } from 'vitest'
import { establish, readAll } from '../testing/established.js'
import { OWN_PORT, PEER_IP, PEER_PORT, ScriptedPeer } from '../testing/scripted-peer.js'

describe('acknowledgments (RFC 9293, 3.8.6.3; RFC 5681, 4.2)', () => {
  test('the first full-sized segment waits 40 ms, the second is acknowledged at once', () => {
    const { peer, c } = establish()
    c.onReadable = () => readAll(c)
    peer.send({ flags: '.', seq: 1, ack: 1, length: 1460 })
    expect(peer.timeline(100e6)).toEqual(['40: . 1+0 ack 1461 win 65535'])
    peer.send({ flags: '.', seq: 1461, ack: 1, length: 1460 })
    expect(peer.sent()).toEqual([])
    peer.send({ flags: '.', seq: 2921, ack: 1, length: 1460 })
    expect(peer.sent()).toEqual(['. 1+0 ack 4381 win 65535'])
    expect(peer.timeline(200e6)).toEqual([])
  })

  test('without delay, every segment at once', () => {
    const { peer, c } = establish({ delayedAckNs: 0 })
    c.onReadable = () => readAll(c)
    peer.send({ flags: '.', seq: 1, ack: 1, length: 1460 })
    expect(peer.sent()).toEqual(['. 1+0 ack 1461 win 65535'])
  })

  test('data takes the acknowledgment along', () => {
    const { peer, c } = establish()
    c.onReadable = () => c.write(new Uint8Array(readAll(c)), 0, 5)
    peer.send({ flags: '.', seq: 1, ack: 1, length: 5 })
    expect(peer.timeline(200e6)).toEqual(['0: P. 1+5 ack 6 win 65530'])
  })

  test('out of order at once, and at once when the hole is filled', () => {
    const { peer, c } = establish()
    peer.send({ flags: '.', seq: 1001, ack: 1, length: 1000 })
    peer.send({ flags: '.', seq: 3001, ack: 1, length: 1000 })
    peer.send({ flags: '.', seq: 1, ack: 1, length: 1000 })
    // The bytes beyond the told window's old edge are none of the window's business: it does not shrink.
    expect(peer.sent()).toEqual(['. 1+0 ack 1 win 65535', '. 1+0 ack 1 win 65535', '. 1+0 ack 2001 win 63535'])
    expect([c.readable, c.statistics.outOfOrder]).toEqual([2000, 2])
    peer.send({ flags: '.', seq: 2001, ack: 1, length: 1000 })
    expect(peer.sent()).toEqual(['. 1+0 ack 4001 win 61535'])
    const bytes = new Uint8Array(4000)
    expect(c.read(bytes, 0, 5000)).toBe(4000)
    expect(bytes.every((byte, i) => byte === (((i + 1) * 7) & 255))).toBe(true)
  })

  test('a hole that is filled by little is acknowledged at once', () => {
    const { peer } = establish()
    peer.send({ flags: '.', seq: 101, ack: 1, length: 10 })
    peer.send({ flags: '.', seq: 1, ack: 1, length: 100 })
    expect(peer.sent()).toEqual(['. 1+0 ack 1 win 65535', '. 1+0 ack 111 win 65425'])
  })

  test('what a device has joined does not make the segments longer', () => {
    const { peer, c } = establish()
    c.onReadable = () => readAll(c)
    peer.send({ flags: '.', seq: 1, ack: 1, length: 1900 })
    peer.send({ flags: '.', seq: 1901, ack: 1, length: 1460 })
    peer.sent()
    peer.send({ flags: '.', seq: 3361, ack: 1, length: 1460 })
    peer.send({ flags: '.', seq: 4821, ack: 1, length: 1460 })
    expect(peer.sent()).toEqual(['. 1+0 ack 6281 win 65535'])
  })

  test('an old segment is acknowledged again; what is new of an overlapping one is taken', () => {
    const { peer, c } = establish()
    peer.send({ flags: '.', seq: 1, ack: 1, length: 1000 })
    peer.send({ flags: '.', seq: 1, ack: 1, length: 1000 })
    expect(peer.sent()).toEqual(['. 1+0 ack 1001 win 64535'])
    peer.send({ flags: '.', seq: 501, ack: 1, length: 1000 })
    peer.pass(40e6)
    expect([c.readable, peer.sent()]).toEqual([1500, ['. 1+0 ack 1501 win 64035']])
  })

  test('ranges beyond the limit are dropped, counted, and come again', () => {
    const { peer, c } = establish({ reassemblyRanges: 1 })
    peer.send({ flags: '.', seq: 101, ack: 1, length: 100 })
    peer.send({ flags: '.', seq: 301, ack: 1, length: 100 })
    expect(c.statistics.reassemblyDropped).toBe(1)
    peer.send({ flags: '.', seq: 1, ack: 1, length: 100 })
    peer.send({ flags: '.', seq: 201, ack: 1, length: 200 })
    expect(c.readable).toBe(400)
    expect(peer.stack.counters.get('tcp.dropped.reassembly')).toBe(1)
  })
})

describe('the receive window', () => {
  test('closes as data is left unread, and opens by half of it or two segments at least (RFC 9293, 3.8.6.2.2)', () => {
    const { peer, c } = establish({ receiveBuffer: 4000 })
    for (let at = 1; at < 4001; at += 1000) peer.send({ flags: '.', seq: at, ack: 1, length: 1000 })
    expect(peer.sent()).toEqual(['. 1+0 ack 2001 win 2000', '. 1+0 ack 4001 win 0'])
    const bytes = new Uint8Array(4000)
    c.read(bytes, 0, 1400)
    expect(peer.sent()).toEqual([])
    c.read(bytes, 0, 600)
    expect(peer.sent()).toEqual(['. 1+0 ack 4001 win 2000'])
  })

  test('what does not fit a closed window is refused, its ACK taken', () => {
    const { peer, c } = establish({ receiveBuffer: 1000 })
    c.write(new Uint8Array(10), 0, 10)
    peer.send({ flags: '.', seq: 1, ack: 1, length: 1000 })
    peer.pass(40e6)
    peer.sent()
    peer.send({ flags: '.', seq: 1001, ack: 11, length: 1 })
    expect(peer.sent()).toEqual(['. 11+0 ack 1001 win 0'])
    expect([c.readable, c.unacknowledged]).toEqual([1000, 0])
  })

  test('a FIN right behind the window is beyond it', () => {
    const { peer, c } = establish({ receiveBuffer: 1000 })
    peer.send({ flags: 'F.', seq: 1, ack: 1, length: 1000 })
    peer.pass(40e6)
    expect([c.state, peer.sent()]).toEqual(['ESTABLISHED', ['. 1+0 ack 1001 win 0']])
    peer.send({ flags: 'F.', seq: 1001, ack: 1 })
    expect([c.state, peer.sent()]).toEqual(['ESTABLISHED', ['. 1+0 ack 1001 win 0']])
    readAll(c)
    peer.sent()
    peer.send({ flags: 'F.', seq: 1001, ack: 1 })
    expect([c.state, peer.sent()]).toEqual(['CLOSE-WAIT', ['. 1+0 ack 1002 win 999']])
  })

  test('what reaches beyond the window is cut off', () => {
    const { peer, c } = establish({ receiveBuffer: 1000 })
    peer.send({ flags: 'F.', seq: 1, ack: 1, length: 1400 })
    expect([c.readable, c.state]).toEqual([1000, 'ESTABLISHED'])
  })

  test('with a scale it is rounded so that its right edge never moves back', () => {
    const peer = new ScriptedPeer({ tcp: { receiveBuffer: 100_000, delayedAckNs: 0 } }).introduce()
    const c = peer.stack.connect(PEER_IP, PEER_PORT, OWN_PORT)
    peer.send({ flags: 'S.', seq: 0, ack: 1, mss: 1460, scale: 5 })
    expect(c.tcb.rcvScale).toBe(1)
    let next = 1
    for (const length of [1, 1, 2, 3, 1, 1]) {
      peer.send({ flags: '.', seq: next, ack: 1, length })
      next += length
    }
    const edges = peer.sent().map((line) => {
      const [, ack, window] = /ack (\d+) win (\d+)/.exec(line) ?? []
      return Number(ack) + 2 * Number(window)
    })
    expect(edges.length).toBe(8)
    expect(edges).toEqual([...edges].sort((a, b) => a - b))
  })

  test('is told no more once the peer has closed', () => {
    const { peer, c } = establish({ delayedAckNs: 0 })
    for (let at = 1; at < 50_001; at += 1000) peer.send({ flags: '.', seq: at, ack: 1, length: 1000 })
    peer.send({ flags: 'F.', seq: 50_001, ack: 1 })
    peer.sent()
    expect([readAll(c), peer.sent()]).toEqual([50_000, []])
  })
})

describe('what makes no sense', () => {
  test('RST in the window but not next is challenged (RFC 5961, 3); exactly next, it resets', () => {
    const { peer, c, closed } = establish()
    peer.send({ flags: 'R', seq: 100 })
    expect([c.state, peer.sent()]).toEqual(['ESTABLISHED', ['. 1+0 ack 1 win 65535']])
    peer.send({ flags: 'R', seq: 70000 })
    expect([c.state, peer.sent()]).toEqual(['ESTABLISHED', []])
    peer.send({ flags: 'R', seq: 1 })
    expect([c.state, closed, peer.sent()]).toEqual(['CLOSED', ['reset'], []])
  })

  test('SYN is challenged (RFC 5961, 4), at most every 500 ms', () => {
    const { peer, c } = establish()
    peer.send({ flags: 'S', seq: 10 })
    peer.send({ flags: 'S', seq: 10 })
    expect(peer.sent()).toEqual(['. 1+0 ack 1 win 65535'])
    peer.pass(500e6)
    peer.send({ flags: 'S', seq: 10 })
    expect([c.state, peer.sent()]).toEqual(['ESTABLISHED', ['. 1+0 ack 1 win 65535']])
    expect(peer.stack.counters.get('tcp.dropped.unacceptable')).toBe(1)
  })

  test('an ACK of what was never sent is answered, its data not taken', () => {
    const { peer, c } = establish()
    peer.send({ flags: '.', seq: 1, ack: 50, length: 10 })
    expect([c.readable, peer.sent()]).toEqual([0, ['. 1+0 ack 1 win 65535']])
  })

  test('a segment without ACK is dropped', () => {
    const { peer, c } = establish()
    peer.send({ flags: '', seq: 1, length: 10 })
    expect([c.readable, peer.sent()]).toEqual([0, []])
  })
})
