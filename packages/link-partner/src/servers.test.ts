import { describe, expect, test } from 'vitest'
import { discard, IperfServer } from './index.js'
import { ScriptedIperf } from './testing/scripted-iperf.js'
import { twoStacks } from './testing/two-stacks.js'

const PORT = 5201

describe('iperf3', () => {
  test.each([1, 3])('counts what %i streams send, test after test', (parallel) => {
    const { clock, server, client } = twoStacks()
    new IperfServer(server, PORT, clock)
    for (let n = 0; n < 3; n++) {
      const iperf = new ScriptedIperf(client, server.ip, PORT, { parallel, bytes: 100_000 })
      clock.run(() => iperf.results !== undefined, clock.nowNs() + 10e9)
      expect(iperf.results?.streams.map(({ id, bytes }) => [id, bytes])).toEqual(
        [1, 3, 4].slice(0, parallel).map((id) => [id, 100_000]),
      )
      clock.run(() => false, clock.nowNs() + 1e9)
    }
  })

  test('sends when it is asked to', () => {
    const { clock, server, client } = twoStacks()
    new IperfServer(server, PORT, clock)
    const iperf = new ScriptedIperf(client, server.ip, PORT, { parallel: 1, reverse: true, bytes: 500_000 })
    clock.run(() => iperf.results !== undefined, 10e9)
    expect(iperf.received).toBeGreaterThanOrEqual(500_000)
    expect(iperf.results?.streams[0].bytes).toBeGreaterThanOrEqual(iperf.received)
  })

  test.each([
    ['no JSON', Buffer.from('\0\0\0\x03{"a')],
    ['a number', Buffer.from('\0\0\0\x017')],
    ['a text that never ends', Buffer.from('\x7f\xff\xff\xff', 'latin1')],
  ])('a client with %s is thrown out, and the next one served', (_, parameters) => {
    const { clock, server, client } = twoStacks()
    new IperfServer(server, PORT, clock)
    const hostile = client.connect(server.ip, PORT)
    let ended = ''
    hostile.onClosed = (reason) => (ended = reason)
    hostile.onConnected = () => {
      const words = Buffer.concat([Buffer.alloc(37), parameters])
      hostile.write(words, 0, words.length)
    }
    clock.run(() => ended !== '', 10e9)
    expect(ended).toBe('reset')
    const iperf = new ScriptedIperf(client, server.ip, PORT, { parallel: 1, bytes: 1000 })
    clock.run(() => iperf.results !== undefined, clock.nowNs() + 10e9)
    expect(iperf.results?.streams[0].bytes).toBe(1000)
  })

  test('a client that goes in the middle leaves the server to the next', () => {
    const { clock, server, client } = twoStacks()
    new IperfServer(server, PORT, clock)
    const first = client.connect(server.ip, PORT)
    first.onConnected = () => first.abort()
    clock.run(() => first.state === 'CLOSED', 10e9)
    clock.run(() => false, clock.nowNs() + 1e9)
    const iperf = new ScriptedIperf(client, server.ip, PORT, { parallel: 2, bytes: 1000 })
    clock.run(() => iperf.results !== undefined, clock.nowNs() + 10e9)
    expect(iperf.results?.streams.length).toBe(2)
  })
})

test('discard reads to the end and closes', () => {
  const { clock, server, client } = twoStacks()
  server.listen(9, discard)
  const connection = client.connect(server.ip, 9)
  const bytes = new Uint8Array(300_000)
  let sent = 0
  const pump = (): void => {
    sent += connection.write(bytes, sent, bytes.length - sent)
    if (sent === bytes.length) connection.close()
  }
  let closed = ''
  connection.onConnected = pump
  connection.onWritable = pump
  connection.onClosed = (reason) => (closed = reason)
  clock.run(() => closed !== '', 60e9)
  expect([sent, closed]).toEqual([bytes.length, 'closed'])
})
