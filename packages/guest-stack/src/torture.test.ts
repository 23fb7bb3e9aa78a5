import { randomStream } from '@npa/core'
import { Arena } from '@npa/memory'
import { describe, expect, test } from 'vitest'
import { StreamSink } from './apps/stream-sink.js'
import { StreamSource } from './apps/stream-source.js'
import type { TcpConnection } from './tcp/connection.js'
import { expectNoLeak, IP_B, pair } from './testing/pair.js'
import type { Pair, StackChoice } from './testing/pair.js'
import type { WireOptions } from './testing/fake-wire.js'

/** Streams in both directions on one connection, closed by both. */
function bothWays(p: Pair, bytes: number): { sinks: StreamSink[]; client: TcpConnection; reasons: string[] } {
  const reasons: string[] = []
  const sinks: StreamSink[] = []
  p.b.listen(7, (server) => {
    server.onClosed = (reason) => reasons.push(reason)
    sinks.push(new StreamSink(server, { seed: 1, close: false }))
    new StreamSource(server, { seed: 2, bytes })
  })
  const client = p.a.connect(IP_B, 7)
  client.onClosed = (reason) => reasons.push(reason)
  new StreamSource(client, { seed: 1, bytes })
  sinks.push(new StreamSink(client, { seed: 2, close: false }))
  p.scheduler.run(() => reasons.length === 2, 3600e9 * 24)
  return { sinks, client, reasons }
}

function expectWhole(p: Pair, bytes: number): TcpConnection {
  const { sinks, client, reasons } = bothWays(p, bytes)
  expect(reasons).toEqual(['closed', 'closed'])
  expect(sinks.map((sink) => [sink.received, sink.badBytes, sink.ended])).toEqual([
    [bytes, 0, true],
    [bytes, 0, true],
  ])
  expectNoLeak(p)
  p.scheduler.run(() => p.a.connections.length + p.b.connections.length === 0, p.scheduler.nowNs() + 300e9)
  expect(p.a.connections.length + p.b.connections.length).toBe(0)
  return client
}

test('packet buffers may lie anywhere in memory that is shared', () => {
  const arena = new Arena(4 << 20)
  arena.allocate(100)
  // Odd places too: nothing says that a device's memory starts on a word.
  const allocate = (bytes: number): Uint8Array => {
    const at = arena.allocate(bytes + 8) + 3
    return arena.u8.subarray(at, at + bytes)
  }
  const p = pair({ allocate, buffers: 100 })
  const client = expectWhole(p, 500_000)
  expect(client.statistics.retransmissions).toBe(0)
})

test('many connections at once share a wire that is too small for them', () => {
  const p = pair({ rate: 0.02, queue: 20, seed: 3 }, { tcp: { minRtoNs: 10e6, sendBuffer: 20_000 } })
  const sinks: StreamSink[] = []
  p.b.listen(7, (server) => sinks.push(new StreamSink(server, { seed: server.remotePort })))
  const clients = Array.from({ length: 40 }, () => p.a.connect(IP_B, 7))
  const closed: string[] = []
  for (const client of clients) {
    client.onClosed = (reason) => closed.push(reason)
    new StreamSink(client, { seed: 0 })
    new StreamSource(client, { seed: client.localPort, bytes: 100_000 })
  }
  p.scheduler.run(() => closed.length === 40, 3600e9)
  expect(closed).toEqual(clients.map(() => 'closed'))
  expect(sinks.map((sink) => [sink.received, sink.badBytes])).toEqual(clients.map(() => [100_000, 0]))
  expect(p.wire.lost).toBeGreaterThan(0)
  expectNoLeak(p)
})

test('a clean wire carries megabytes without a retransmission', () => {
  const p = pair()
  const client = expectWhole(p, 8e6)
  expect(client.statistics.retransmissions).toBe(0)
  expect(p.wire.lost).toBe(0)
})

/** Both devices stop for a while now and then, as they do when a guest's datapath changes. */
function stopNowAndThen(p: Pair, seed: number): void {
  const random = randomStream(seed, 'pauses')
  for (const device of p.wire.ends) {
    const timer = p.scheduler.timer('pause', () => {
      const pause = !device.paused
      if (pause) device.paused = true
      else device.resume()
      timer.arm(p.scheduler.nowNs() + random.below(pause ? 20e6 : 200e6))
    })
    timer.arm(random.below(1e6))
  }
}

const seeds = Array.from({ length: Number(process.env['TORTURE_SEEDS'] ?? 40) }, (_, i) => i + 1)

describe('on a bad wire every byte arrives and nothing leaks', () => {
  test.each(seeds)('seed %i', (seed) => {
    const random = randomStream(seed, 'torture')
    const part = (most: number): number => (random.below(1000) / 1000) * most
    const options: WireOptions = {
      seed,
      loss: part(0.05),
      duplicate: part(0.05),
      reorder: part(0.1),
      corrupt: part(0.03),
      delayNs: 1000 + random.below(200_000),
      mtu: [1500, 1500, 576, 9000][random.below(4)],
      ring: 2 + random.below(64),
      buffers: 48 + random.below(200),
      trusted: random.below(2) === 0,
      strip: random.below(2) === 0,
      ...(random.below(3) === 0 ? { split: 300 + random.below(700) } : {}),
      ...(random.below(3) === 0 ? { rate: 0.01 + part(0.3), queue: 5 + random.below(30) } : {}),
    }
    const vlan = random.below(2) === 0 ? {} : { vlan: 1 + random.below(4094) }
    const choice = (): StackChoice => ({
      ...vlan,
      vlanOffload: random.below(2) === 0,
      csumOffload: random.below(2) === 0,
      transmitQueue: 1 + random.below(8),
      tcp: {
        initialSequence: (2 ** 32 - random.below(200_000)) >>> 0,
        receiveBuffer: [65536, 3000, 700, 1 << 20][random.below(4)],
        sendBuffer: 1000 + random.below(300_000),
        delayedAckNs: [40e6, 0][random.below(2)],
        reassemblyRanges: 1 + random.below(64),
        minRtoNs: 10e6,
        maxRtoNs: 5e9,
        retries: 30,
      },
    })
    const p = pair(options, choice(), choice())
    if (random.below(3) === 0) stopNowAndThen(p, seed)
    expectWhole(p, 300_000 + random.below(700_000))
  })
})
