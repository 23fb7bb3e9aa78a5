import { Csum, frameSegments } from '@npa/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EchoApp } from './apps/echo-app.js'
import { establish, write } from './testing/established.js'
import { expectNoLeak, IP_B, pair } from './testing/pair.js'
import { OWN_PORT, ScriptedPeer, tcpFrame } from './testing/scripted-peer.js'
import type { Scripted } from './testing/scripted-peer.js'

const csums = fc.constantFrom(Csum.none, Csum.good, Csum.bad)

/** A stack with a bit of everything going on. */
function busyStack(): ScriptedPeer {
  const { peer, c } = establish({ receiveBuffer: 3000, timeWaitNs: 1e9 })
  const echo = new EchoApp(c)
  expect(echo.echoed).toBe(0)
  write(c, 5000)
  peer.stack.listen(OWN_PORT, (accepted) => new EchoApp(accepted))
  peer.stack.bindUdp(53)
  return peer
}

describe('whatever arrives, nothing is thrown and no buffer is lost', () => {
  test('random bytes', () => {
    const peer = busyStack()
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        csums,
        fc.integer({ min: -1, max: 0xffff }),
        (bytes, csum, tag) => {
          peer.receive(bytes, csum, tag)
          expect(peer.buffers.inUse).toBe(0)
        },
      ),
      { numRuns: 2000 },
    )
  })

  const template = fc.record({
    flags: fc.subarray(['S', 'F', 'R', 'P', '.']).map((letters) => letters.join('')),
    seq: fc.oneof(fc.integer({ min: -5, max: 5000 }), fc.integer()),
    ack: fc.oneof(fc.integer({ min: -5, max: 6000 }), fc.integer()),
    window: fc.oneof(fc.constantFrom(0, 1), fc.nat(0xffff)),
    length: fc.nat(1400),
    mss: fc.option(fc.nat(0xffff), { nil: undefined }),
    scale: fc.option(fc.nat(255), { nil: undefined }),
  })

  /** Without the keys that hold nothing. */
  function segment(fields: object): Scripted {
    return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as unknown as Scripted
  }

  test('segments of any flags and numbers, in any order, while time passes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(template, fc.nat(3e9)), { maxLength: 40 }), (segments) => {
        const peer = busyStack()
        for (const [fields, ns] of segments) {
          peer.receive(tcpFrame(segment(fields)), Csum.good)
          expect(peer.buffers.inUse).toBe(0)
          if (ns % 4 === 0) peer.pass(ns)
          for (const { tcb } of peer.stack.save().connections) {
            // What the stack believes stays in order.
            expect((tcb.sndNxt - tcb.sndUna) | 0).toBeGreaterThanOrEqual(0)
            expect((tcb.sndMax - tcb.sndNxt) | 0).toBeGreaterThanOrEqual(0)
            expect((tcb.sndEnd + 1 - tcb.sndMax) | 0).toBeGreaterThanOrEqual(0)
            expect((tcb.rcvAdv - tcb.rcvNxt) | 0).toBeGreaterThanOrEqual(0)
            expect((tcb.rcvNxt - tcb.rcvRead) | 0).toBeGreaterThanOrEqual(0)
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  test('real frames with some bytes changed', () => {
    const { peer, c } = establish()
    write(c, 4000)
    const real = [
      ...[
        { flags: 'S', seq: 0, mss: 1000, scale: 7 },
        { flags: '.', seq: 1, ack: 1, length: 100 },
      ].map(tcpFrame),
      ...peer.frames,
    ]
    const victim = busyStack()
    fc.assert(
      fc.property(
        fc.constantFrom(...real),
        fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 6 }),
        csums,
        fc.option(fc.nat(100)),
        (frame, changes, csum, cut) => {
          const changed = frame.slice(0, cut === null ? undefined : cut)
          for (const [at, value] of changes) if (at < changed.length) changed[at] = value
          victim.receive(changed, csum)
          expect(victim.buffers.inUse).toBe(0)
        },
      ),
      { numRuns: 3000 },
    )
    victim.pass(600e9)
    expect(victim.buffers.inUse).toBe(0)
  })

  test('frame records with impossible places are counted, and their buffers come back', () => {
    const peer = new ScriptedPeer()
    const frame = frameSegments()
    const odd = [
      [2000, 100],
      [-1, 60],
      [0, -1],
      [0, 2049],
    ]
    for (const [offset, length] of odd) {
      frame.count = 2
      for (let i = 0; i < 2; i++) {
        frame.buffer[i] = peer.buffers.alloc()
        frame.offset[i] = offset
        frame.length[i] = length
      }
      peer.stack.receive(frame)
    }
    frame.count = 0
    peer.stack.receive(frame)
    expect([peer.stack.counters.get('rx.dropped.malformed'), peer.buffers.inUse]).toEqual([odd.length, 0])
    expect(peer.stack.counters.get('rx.dropped.runt')).toBe(1)
  })

  test('frames of several buffers longer than any datagram are counted', () => {
    const peer = new ScriptedPeer({}, 16, 8192)
    const frame = frameSegments()
    frame.count = 9
    for (let i = 0; i < 9; i++) {
      frame.buffer[i] = peer.buffers.alloc()
      frame.length[i] = 8192
    }
    peer.stack.receive(frame)
    expect([peer.stack.counters.get('rx.dropped.malformed'), peer.buffers.inUse]).toEqual([1, 0])
  })
})

test('two stacks that disagree do not shout at each other for ever', () => {
  const p = pair()
  p.b.listen(7, () => undefined)
  const c = p.a.connect(IP_B, 7)
  p.scheduler.run(() => c.state === 'ESTABLISHED' && p.wire.flying === 0, 1e9)
  // Somebody has shifted one side's numbers.
  c.tcb.rcvNxt = (c.tcb.rcvNxt + 100_000) | 0
  c.tcb.rcvAdv = (c.tcb.rcvAdv + 100_000) | 0
  const [server] = p.b.connections
  server.tcb.rcvNxt = (server.tcb.rcvNxt + 100_000) | 0
  server.tcb.rcvAdv = (server.tcb.rcvAdv + 100_000) | 0
  write(c, 1)
  const before = p.wire.ends[1].transmitted
  p.scheduler.run(() => false, p.scheduler.nowNs() + 0.9e9)
  expect(p.wire.ends[1].transmitted - before).toBeLessThan(10)
  c.abort()
  expectNoLeak(p)
})
