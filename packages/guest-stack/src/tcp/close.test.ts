import { describe, expect, test } from 'vitest'
import { establish, readAll, write } from '../testing/established.js'
import { OWN_PORT, ScriptedPeer } from '../testing/scripted-peer.js'

describe('closing (RFC 9293, 3.6)', () => {
  test('we close first: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT, gone after a minute', () => {
    const { peer, c, closed } = establish()
    write(c, 10)
    c.close()
    expect([c.state, peer.sent()]).toEqual(['FIN-WAIT-1', ['P. 1+10 ack 1 win 65535', 'F. 11+0 ack 1 win 65535']])
    peer.send({ flags: '.', seq: 1, ack: 12 })
    expect(c.state).toBe('FIN-WAIT-2')
    peer.send({ flags: 'P.', seq: 1, ack: 12, length: 5 })
    expect(readAll(c)).toBe(5)
    peer.send({ flags: 'F.', seq: 6, ack: 12 })
    expect([c.state, closed, peer.sent()]).toEqual(['TIME-WAIT', ['closed'], ['. 12+0 ack 7 win 65529']])
    peer.pass(59e9)
    expect(c.state).toBe('TIME-WAIT')
    peer.pass(1e9)
    expect([c.state, closed, peer.stack.connections.length]).toEqual(['CLOSED', ['closed'], 0])
  })

  test('the peer closes first: CLOSE-WAIT, LAST-ACK, gone', () => {
    const { peer, c, closed } = establish()
    peer.send({ flags: 'F.', seq: 1, ack: 1, length: 3 })
    expect([c.state, c.ended, peer.sent()]).toEqual(['CLOSE-WAIT', false, ['. 1+0 ack 5 win 65531']])
    expect([readAll(c), c.ended]).toEqual([3, true])
    write(c, 10)
    c.close()
    expect([c.state, peer.sent()]).toEqual(['LAST-ACK', ['P. 1+10 ack 5 win 65531', 'F. 11+0 ack 5 win 65531']])
    peer.send({ flags: '.', seq: 5, ack: 12 })
    expect([c.state, closed]).toEqual(['CLOSED', ['closed']])
  })

  test('both close at once: CLOSING, TIME-WAIT', () => {
    const { peer, c, closed } = establish()
    c.close()
    peer.sent()
    peer.send({ flags: 'F.', seq: 1, ack: 1 })
    expect([c.state, peer.sent()]).toEqual(['CLOSING', ['. 2+0 ack 2 win 65534']])
    peer.send({ flags: '.', seq: 2, ack: 2 })
    expect([c.state, closed]).toEqual(['TIME-WAIT', ['closed']])
  })

  test('FIN with the ACK of ours goes straight to TIME-WAIT', () => {
    const { peer, c } = establish()
    c.close()
    peer.send({ flags: 'F.', seq: 1, ack: 2 })
    expect(c.state).toBe('TIME-WAIT')
  })

  test('FIN rides on the last data when that is sent together', () => {
    const { peer, c } = establish({}, {}, 1000)
    write(c, 1500)
    c.close()
    peer.sent()
    peer.send({ flags: '.', seq: 1, ack: 1001 })
    expect(peer.sent()).toEqual(['FP. 1001+500 ack 1 win 65535'])
  })

  test('a lost FIN is sent again', () => {
    const { peer, c } = establish()
    c.close()
    expect(peer.timeline(3e9)).toEqual([0, 1000, 3000].map((ms) => `${ms}: F. 1+0 ack 1 win 65535`))
  })

  test("TIME-WAIT answers the peer's FIN and starts anew", () => {
    const { peer, c } = establish()
    c.close()
    peer.send({ flags: 'F.', seq: 1, ack: 2 })
    peer.sent()
    peer.pass(30e9)
    peer.send({ flags: 'F.', seq: 1, ack: 2 })
    expect(peer.sent()).toEqual(['. 2+0 ack 2 win 65534'])
    peer.pass(59e9)
    expect(c.state).toBe('TIME-WAIT')
    peer.pass(1e9)
    expect(c.state).toBe('CLOSED')
  })

  test('a RST in TIME-WAIT ends it, and the program has heard all it needs', () => {
    const { peer, c, closed } = establish()
    c.close()
    peer.send({ flags: 'F.', seq: 1, ack: 2 })
    peer.send({ flags: 'R', seq: 2 })
    expect([c.state, closed]).toEqual(['CLOSED', ['closed']])
  })

  test('given up in TIME-WAIT, it is gone without a word', () => {
    const { peer, c, closed } = establish()
    c.close()
    peer.send({ flags: 'F.', seq: 1, ack: 2 })
    peer.sent()
    c.abort()
    expect([c.state, closed, peer.sent()]).toEqual(['CLOSED', ['closed'], []])
  })

  test('a connection that is gone leaves no timer behind', () => {
    const { peer, c } = establish()
    c.close()
    peer.send({ flags: 'F.', seq: 1, ack: 2 })
    c.abort()
    peer.scheduler.run(() => false, Infinity)
    expect(peer.scheduler.nowNs()).toBe(0)
  })

  test('a FIN out of order waits for what is before it; nothing counts behind it', () => {
    const { peer, c } = establish()
    peer.send({ flags: 'F.', seq: 11, ack: 1, length: 10 })
    expect(c.state).toBe('ESTABLISHED')
    peer.send({ flags: '.', seq: 1, ack: 1, length: 10 })
    expect([c.state, c.readable]).toEqual(['CLOSE-WAIT', 20])
    peer.sent()
    peer.send({ flags: '.', seq: 22, ack: 1, length: 10 })
    expect([c.readable, peer.sent()]).toEqual([20, ['. 1+0 ack 22 win 65514']])
  })

  test('closed in SYN-RECEIVED, it sends FIN once established', () => {
    const peer = new ScriptedPeer().introduce()
    peer.stack.listen(OWN_PORT, () => undefined)
    peer.send({ flags: 'S', seq: 0 })
    const [c] = peer.stack.connections
    c.close()
    peer.sent()
    peer.send({ flags: '.', seq: 1, ack: 1 })
    expect([c.state, peer.sent()]).toEqual(['FIN-WAIT-1', ['F. 1+0 ack 1 win 65535']])
  })

  test('nothing can be written behind a close', () => {
    const { c } = establish()
    c.close()
    expect(write(c, 5)).toBe(0)
  })
})

describe('abort', () => {
  test('sends RST and forgets', () => {
    const { peer, c, closed } = establish()
    write(c, 10)
    peer.sent()
    c.abort()
    expect([c.state, closed, peer.sent()]).toEqual(['CLOSED', ['aborted'], ['R. 11+0 ack 1 win 65535']])
    peer.send({ flags: '.', seq: 1, ack: 11 })
    expect(peer.sent()).toEqual(['R 11+0 win 0'])
    peer.pass(100e9)
    expect(peer.sent()).toEqual([])
  })

  test('in a handler, it ends the event', () => {
    const { peer, c, closed } = establish()
    c.onReadable = () => c.abort()
    peer.send({ flags: 'F.', seq: 1, ack: 1, length: 5 })
    expect([c.state, closed, peer.sent()]).toEqual(['CLOSED', ['aborted'], ['R. 1+0 ack 7 win 65529']])
  })

  test('without room for the RST it is counted', () => {
    const { peer, c } = establish()
    peer.refuse = true
    write(c, 10)
    c.abort()
    expect(peer.stack.counters.get('tcp.dropped.resetNotSent')).toBe(1)
    peer.wake()
    expect(peer.sent()).toEqual(['P. 1+10 ack 1 win 65535'])
  })
})

describe('handlers', () => {
  test('onWritable follows a short write once half of the buffer is free; onAcked when all is acknowledged', () => {
    const { peer, c } = establish({ sendBuffer: 4000 })
    const events: string[] = []
    c.onWritable = () => events.push('writable')
    c.onAcked = () => events.push('acked')
    expect([write(c, 6000), c.unacknowledged]).toEqual([4000, 4000])
    peer.send({ flags: '.', seq: 1, ack: 1001 })
    expect(events).toEqual([])
    peer.send({ flags: '.', seq: 1, ack: 2001 })
    expect(events).toEqual(['writable'])
    peer.send({ flags: '.', seq: 1, ack: 4001 })
    expect(events).toEqual(['writable', 'acked'])
  })

  test('a reset connection reads what had arrived', () => {
    const { peer, c } = establish()
    peer.send({ flags: '.', seq: 1, ack: 1, length: 5 })
    peer.send({ flags: 'R', seq: 6 })
    expect([c.state, readAll(c)]).toEqual(['CLOSED', 5])
  })
})
