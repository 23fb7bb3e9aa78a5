import { describe, expect, test } from 'vitest'
import { establish, write } from '../testing/established.js'

/** `n` segments of 1000 bytes from `first` on. */
function segments(first: number, n: number): string[] {
  return Array.from({ length: n }, (_, i) => `. ${first + i * 1000}+1000 ack 1 win 65535`)
}

describe('windows', () => {
  test('ten segments start, and slow start adds one per ACK (RFC 6928; RFC 5681, 3.1)', () => {
    const { peer, c } = establish()
    write(c, 50_000)
    expect(peer.sent()).toEqual(segments(1, 10))
    peer.send({ flags: '.', seq: 1, ack: 2001 })
    expect(peer.sent()).toEqual(segments(10_001, 3))
    peer.send({ flags: '.', seq: 1, ack: 3001 })
    expect(peer.sent()).toEqual(segments(13_001, 2))
  })

  test('in congestion avoidance a window of ACKs adds one segment', () => {
    const { peer, c } = establish()
    c.tcb.ssthresh = 10_000
    write(c, 50_000)
    peer.sent()
    let next = 10_001
    for (let ack = 2001; ack < 10_001; ack += 2000) {
      peer.send({ flags: '.', seq: 1, ack })
      expect(peer.sent()).toEqual(segments(next, 2))
      next += 2000
    }
    peer.send({ flags: '.', seq: 1, ack: 10_001 })
    expect(peer.sent()).toEqual(segments(next, 3))
  })

  test('after a pause longer than the timeout it starts anew (RFC 5681, 4.1)', () => {
    const { peer, c } = establish()
    write(c, 20_000)
    peer.send({ flags: '.', seq: 1, ack: 10_001 })
    peer.send({ flags: '.', seq: 1, ack: 20_001 })
    peer.sent()
    expect(c.tcb.cwnd).toBe(12_000)
    peer.pass(1.5e9)
    write(c, 20_000)
    expect(peer.sent()).toEqual(segments(20_001, 10))
  })

  test('a pause never opens the window', () => {
    const { peer, c } = establish()
    c.tcb.cwnd = 3000
    peer.pass(5e9)
    write(c, 20_000)
    expect(peer.sent()).toEqual(segments(1, 3))
  })

  test('a small window is used when it is half of the greatest, or all there is fits; else after the timeout', () => {
    const { peer, c } = establish({}, {}, 3000)
    write(c, 3000)
    peer.sent()
    peer.send({ flags: '.', seq: 1, ack: 3001, window: 600 })
    write(c, 600)
    expect(peer.sent()).toEqual(['P. 3001+600 ack 1 win 65535'])
    peer.send({ flags: '.', seq: 1, ack: 3601, window: 500 })
    write(c, 2000)
    expect(peer.timeline(2e9)).toEqual(['1000: . 3601+500 ack 1 win 65535', '2000: . 3601+500 ack 1 win 65535'])
  })

  test('nothing is sent beyond a window that has shrunk', () => {
    const { peer, c } = establish({}, {}, 5000)
    write(c, 9000)
    expect(peer.sent()).toEqual(segments(1, 5))
    peer.send({ flags: '.', seq: 1, ack: 1001, window: 1000 })
    expect(peer.sent()).toEqual([])
  })

  test('an older segment does not change the window', () => {
    const { peer, c } = establish()
    peer.send({ flags: '.', seq: 11, ack: 1, window: 2000 })
    peer.send({ flags: '.', seq: 5, ack: 1, window: 9000 })
    write(c, 5000)
    expect(peer.sent()).toEqual(segments(1, 2))
  })
})

describe('zero window (RFC 9293, 3.8.6.1)', () => {
  test('is probed with one byte, ever less often, and never given up while the peer answers', () => {
    const { peer, c } = establish({ retries: 2 }, {}, 1000)
    write(c, 5000)
    peer.sent()
    peer.send({ flags: '.', seq: 1, ack: 1001, window: 0 })
    peer.forget()
    const probes = []
    for (let i = 0; i < 8; i++) {
      while (peer.frames.length === 0) peer.pass(100e6)
      probes.push(`${Math.round(peer.scheduler.nowNs() / 1e9)}: ${peer.sent().join()}`)
      peer.send({ flags: '.', seq: 1, ack: 1001, window: 0 })
      peer.forget()
    }
    expect(probes).toEqual([1, 3, 7, 15, 31, 63, 123, 183].map((s) => `${s}: . 1001+1 ack 1 win 65535`))
    expect([c.state, c.statistics.windowProbes]).toEqual(['ESTABLISHED', 8])
    peer.send({ flags: '.', seq: 1, ack: 1001, window: 4000 })
    expect(peer.sent()).toEqual([...segments(1001, 3), 'P. 4001+1000 ack 1 win 65535'])
  })

  test('a window that opens and closes again is probed from the beginning', () => {
    const { peer, c } = establish({}, {}, 1000)
    write(c, 5000)
    peer.send({ flags: '.', seq: 1, ack: 1001, window: 0 })
    peer.pass(8e9)
    peer.send({ flags: '.', seq: 1, ack: 1001, window: 1000 })
    peer.send({ flags: '.', seq: 1, ack: 2001, window: 0 })
    peer.sent()
    expect(peer.timeline(5e9)).toEqual([9000, 11_000].map((ms) => `${ms}: . 2001+1 ack 1 win 65535`))
  })

  test('a window that closes over what is out is probed, and no longer timed out', () => {
    const { peer, c } = establish({}, {}, 3000)
    write(c, 3000)
    peer.send({ flags: '.', seq: 2, ack: 1, window: 0 })
    peer.sent()
    expect(peer.timeline(8e9)).toEqual([3000, 7000].map((ms) => `${ms}: . 1+1 ack 1 win 65535`))
    expect(c.statistics.timeouts).toBe(1)
  })

  test('a byte that the peer does take is not sent again', () => {
    const { peer, c } = establish({}, {}, 1000)
    write(c, 3000)
    peer.send({ flags: '.', seq: 1, ack: 1001, window: 0 })
    peer.pass(1e9)
    peer.sent()
    peer.send({ flags: '.', seq: 1, ack: 1002, window: 1000 })
    expect(peer.sent()).toEqual(['. 1002+1000 ack 1 win 65535'])
  })

  test('unanswered probes end the connection', () => {
    const { peer, c, closed } = establish({ retries: 3 }, {}, 1000)
    write(c, 3000)
    peer.send({ flags: '.', seq: 1, ack: 1001, window: 0 })
    peer.pass(100e9)
    expect(closed).toEqual(['timeout'])
  })

  test('FIN waits for the window as well, and is the probe when nothing else is left', () => {
    const { peer, c } = establish({}, {}, 1000)
    write(c, 1000)
    c.close()
    peer.send({ flags: '.', seq: 1, ack: 1001, window: 0 })
    expect(peer.timeline(1.5e9)).toEqual(['0: P. 1+1000 ack 1 win 65535', '1000: F. 1001+0 ack 1 win 65535'])
    peer.send({ flags: '.', seq: 1, ack: 1001, window: 500 })
    expect(peer.sent()).toEqual(['F. 1001+0 ack 1 win 65535'])
  })

  test('an ACK in front of a closed window has the number that the peer expects', () => {
    const { peer, c } = establish({}, {}, 1000)
    write(c, 3000)
    peer.send({ flags: '.', seq: 1, ack: 1001, window: 0 })
    peer.pass(1e9)
    peer.sent()
    peer.send({ flags: '.', seq: 2, ack: 1001, window: 0, length: 1 })
    expect(peer.sent()).toEqual(['. 1001+0 ack 1 win 65535'])
  })
})

describe('loss', () => {
  test('three duplicate ACKs bring the segment again, the first two one new segment each (RFC 5681, 3.2; RFC 3042)', () => {
    const { peer, c } = establish()
    write(c, 60_000)
    peer.sent()
    for (const expected of [segments(10_001, 1), segments(11_001, 1), segments(1, 1)]) {
      peer.send({ flags: '.', seq: 1, ack: 1 })
      expect(peer.sent()).toEqual(expected)
    }
    // ssthresh is half of the 12 in flight; the window is that and three, too little for more.
    expect([c.tcb.ssthresh, c.tcb.cwnd, c.tcb.recovering]).toEqual([6000, 9000, true])
    for (let i = 0; i < 3; i++) peer.send({ flags: '.', seq: 1, ack: 1 })
    expect(peer.sent()).toEqual([])
    peer.send({ flags: '.', seq: 1, ack: 1 })
    expect(peer.sent()).toEqual(segments(12_001, 1))
    // A partial ACK: the next hole, and the window shrinks by what was acknowledged.
    peer.send({ flags: '.', seq: 1, ack: 5001 })
    expect(peer.sent()).toEqual([...segments(5001, 1), ...segments(13_001, 1)])
    expect(c.tcb.cwnd).toBe(9000)
    // All that was out when the loss was found: recovery ends with the halved window.
    peer.send({ flags: '.', seq: 1, ack: 12_001 })
    expect([c.tcb.recovering, c.tcb.cwnd]).toEqual([false, 3000])
    expect(peer.sent()).toEqual(segments(14_001, 1))
    expect([c.statistics.retransmissions, c.statistics.fastRetransmits, c.statistics.duplicateAcks]).toEqual([2, 1, 7])
  })

  test('a fast retransmission starts the timer anew, and so does the first partial ACK (RFC 6582, 3.2)', () => {
    const { peer, c } = establish()
    write(c, 10_000)
    const { srttNs } = c.tcb
    peer.pass(0.2e9)
    for (let i = 0; i < 3; i++) peer.send({ flags: '.', seq: 1, ack: 1 })
    peer.sent()
    expect(c.retransmission.deadlineNs).toBe(1.2e9)
    peer.pass(0.2e9)
    peer.send({ flags: '.', seq: 1, ack: 3001 })
    expect(c.retransmission.deadlineNs).toBe(1.4e9)
    peer.pass(0.2e9)
    peer.send({ flags: '.', seq: 1, ack: 6001 })
    expect(peer.sent()).toEqual([...segments(3001, 1), ...segments(6001, 1)])
    expect(c.retransmission.deadlineNs).toBe(1.4e9)
    expect(c.tcb.srttNs).toBe(srttNs)
  })

  test('ACKs with data or another window are no duplicates', () => {
    const { peer, c } = establish()
    write(c, 10_000)
    peer.sent()
    for (let i = 0; i < 4; i++) peer.send({ flags: '.', seq: 1 + i, ack: 1, length: 1 })
    for (let i = 0; i < 4; i++) peer.send({ flags: '.', seq: 5, ack: 1, window: 60_000 + i })
    for (let i = 0; i < 2; i++) peer.send({ flags: '.', seq: 5, ack: 1, window: 60_003 })
    peer.send({ flags: 'F.', seq: 5, ack: 1, window: 60_003 })
    expect(c.statistics.fastRetransmits).toBe(0)
  })

  test('the timeout doubles, and sends one segment (RFC 6298, 5.5; RFC 5681, 3.1)', () => {
    const { peer, c } = establish({ retries: 4 })
    write(c, 5000)
    peer.sent()
    expect(peer.timeline(100e9)).toEqual([1000, 3000, 7000, 15_000].map((ms) => `${ms}: . 1+1000 ack 1 win 65535`))
    expect([c.state, c.statistics.timeouts]).toEqual(['CLOSED', 4])
  })

  test('after a timeout all that was out is sent again in slow start, and what the peer has is skipped', () => {
    const { peer, c } = establish()
    write(c, 5000)
    peer.pass(1e9)
    peer.forget()
    peer.send({ flags: '.', seq: 1, ack: 1001 })
    expect(peer.sent()).toEqual(segments(1001, 2))
    peer.send({ flags: '.', seq: 1, ack: 4001 })
    expect(peer.sent()).toEqual(['P. 4001+1000 ack 1 win 65535'])
    expect(c.tcb.ssthresh).toBe(2500)
  })

  test('duplicate ACKs after a timeout cause no fast retransmission (RFC 6582, 3.2, step 4)', () => {
    const { peer, c } = establish()
    write(c, 5000)
    peer.pass(1e9)
    peer.sent()
    for (let i = 0; i < 5; i++) peer.send({ flags: '.', seq: 1, ack: 1 })
    expect([c.statistics.fastRetransmits, peer.sent()]).toEqual([0, []])
  })

  test('more than two duplicate ACKs that find no loss let no more new segments out', () => {
    const { peer, c } = establish()
    write(c, 60_000)
    c.tcb.recover = c.tcb.sndUna
    peer.sent()
    for (let i = 0; i < 5; i++) peer.send({ flags: '.', seq: 1, ack: 1 })
    expect(peer.sent()).toEqual(segments(10_001, 2))
  })

  test('a round trip of something sent twice is not measured (RFC 6298, 3)', () => {
    const { peer, c } = establish()
    write(c, 1000)
    peer.pass(1.2e9)
    const { srttNs } = c.tcb
    peer.send({ flags: '.', seq: 1, ack: 1001 })
    expect(c.tcb.srttNs).toBe(srttNs)
    write(c, 1000)
    peer.pass(80e6)
    peer.send({ flags: '.', seq: 1, ack: 2001 })
    expect(c.rttNs).toBe(10e6)
    expect(c.tcb.backoff).toBe(0)
  })

  test('a fast retransmission that is still due is not sent besides the one of the timeout', () => {
    const { peer, c } = establish()
    write(c, 5000)
    c.tcb.rexmitNow = true
    peer.sent()
    expect(peer.timeline(1.5e9)).toEqual(['1000: . 1+1000 ack 1 win 65535'])
  })

  test('while frames are parked below, the timeout says nothing about the network', () => {
    const { peer, c } = establish()
    peer.refuse = true
    write(c, 5000)
    expect(peer.stack.parkedFrames).toBe(1)
    peer.pass(60e9)
    expect([c.statistics.timeouts, c.tcb.backoff]).toEqual([0, 0])
    peer.wake()
    expect(peer.sent()).toEqual([...segments(1, 4), 'P. 4001+1000 ack 1 win 65535'])
  })
})
