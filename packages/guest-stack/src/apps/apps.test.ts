import { describe, expect, test } from 'vitest'
import type { TcpConnection } from '../tcp/connection.js'
import { establish } from '../testing/established.js'
import { expectNoLeak, IP_B, pair, runFor } from '../testing/pair.js'
import type { Pair } from '../testing/pair.js'
import { EchoApp } from './echo-app.js'
import { patternWord } from './pattern.js'
import { StreamSink } from './stream-sink.js'
import { StreamSource } from './stream-source.js'

function stream(
  p: Pair,
  options: { bytes?: number; messageBytes?: number } = {},
): { source: StreamSource; sink: () => StreamSink; client: TcpConnection } {
  let sink: StreamSink | undefined
  p.b.listen(7, (c) => (sink = new StreamSink(c, { seed: 5 })))
  const client = p.a.connect(IP_B, 7)
  const source = new StreamSource(client, { seed: 5, ...options })
  runFor(p, 1e6)
  return {
    source,
    client,
    sink: () => {
      if (sink === undefined) throw new Error('nobody has connected')
      return sink
    },
  }
}

describe('a stream', () => {
  test('of odd length and odd messages arrives whole, and both sides close', () => {
    const p = pair()
    const { source, sink, client } = stream(p, { bytes: 99_999, messageBytes: 1001 })
    runFor(p, 1e9)
    expect([source.written, sink().received, sink().badBytes, sink().ended]).toEqual([99_999, 99_999, 0, true])
    expect(client.state).toBe('TIME-WAIT')
    expectNoLeak(p)
  })

  test('can be paused and resumed at either end', () => {
    const p = pair({ rate: 1 })
    const { source, sink } = stream(p)
    source.pause()
    runFor(p, 10e6)
    const { written } = source
    expect(sink().received).toBe(written)
    runFor(p, 10e6)
    expect(source.written).toBe(written)
    source.resume()
    sink().pause()
    runFor(p, 10e6)
    const { received } = sink()
    runFor(p, 10e6)
    expect(sink().received).toBe(received)
    expect(source.written).toBeGreaterThan(written)
    sink().resume()
    runFor(p, 10e6)
    expect(sink().received).toBeGreaterThan(received + 100_000)
    expect(sink().badBytes).toBe(0)
  })

  test('stops with everything acknowledged, and stays open', () => {
    const p = pair({ rate: 1 })
    const { source, sink, client } = stream(p)
    let quiet = 0
    source.stop(() => quiet++)
    expect(quiet).toBe(0)
    p.scheduler.run(() => quiet > 0, 10e9)
    expect([quiet, client.unacknowledged, sink().received, client.state]).toEqual([1, 0, source.written, 'ESTABLISHED'])
    source.stop(() => quiet++)
    expect(quiet).toBe(2)
    runFor(p, 10e6)
    expect(source.stopped).toBe(true)
    expectNoLeak(p)
  })

  test('two sinks of the same bytes have the same hash, whatever the pieces', () => {
    const hashes = [1500, 576].map((mtu) => {
      const p = pair({ mtu })
      const { sink } = stream(p, { bytes: 50_000 })
      runFor(p, 1e9)
      return sink().hash
    })
    expect(hashes[0]).toBe(hashes[1])
    expect(hashes[0]).not.toBe(0)
  })
})

describe('a sink', () => {
  /** Feeds bytes in pieces to a sink. */
  function feed(bytes: Uint8Array, pieces: number[]): StreamSink {
    const { c } = establish()
    let at = 0
    let available = 0
    c.read = (into, where, max) => {
      const n = Math.min(max, available)
      into.set(bytes.subarray(at, at + n), where)
      at += n
      available -= n
      return n
    }
    const sink = new StreamSink(c, { seed: 3 })
    for (const piece of pieces) {
      available = piece
      c.onReadable?.()
    }
    return sink
  }

  const words = Int32Array.from({ length: 64 }, (_, i) => patternWord(3, i))
  const good = new Uint8Array(words.buffer)

  test('counts each wrong byte and says where the first one is', () => {
    const pieces = [1, 2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31]
    expect(feed(good, pieces).badBytes).toBe(0)
    for (let i = 0; i < 161; i++) {
      const bad = good.slice()
      bad[i] ^= 0x10
      const sink = feed(bad, pieces)
      expect([sink.received, sink.firstBad, sink.badBytes]).toEqual([161, i, 1])
    }
  })

  test('notices bytes that are missing, repeated or swapped', () => {
    for (const shift of [1, 4, 8, 100]) {
      expect(feed(good.subarray(shift), [100]).firstBad).toBeLessThan(2)
    }
  })

  test('its hash depends on the bytes', () => {
    const bad = good.slice()
    bad[77] ^= 1
    expect(feed(bad, [160]).hash).not.toBe(feed(good, [160]).hash)
    expect(feed(good, [33, 127]).hash).toBe(feed(good, [160]).hash)
  })
})

test('an echo sends everything back, however slow the reader, and closes', () => {
  const p = pair({ loss: 0.01 }, { tcp: { sendBuffer: 5000, receiveBuffer: 5000 } })
  const echoes: EchoApp[] = []
  p.b.listen(7, (c) => echoes.push(new EchoApp(c)))
  const client = p.a.connect(IP_B, 7)
  new StreamSource(client, { seed: 1, bytes: 200_000 })
  const sink = new StreamSink(client, { seed: 1 })
  for (let i = 0; i < 20; i++) {
    sink.pause()
    runFor(p, 20e6)
    sink.resume()
    runFor(p, 20e6)
  }
  p.scheduler.run(() => sink.ended, 1e13)
  expect([sink.received, sink.badBytes, echoes[0].echoed]).toEqual([200_000, 0, 200_000])
  expectNoLeak(p)
})
