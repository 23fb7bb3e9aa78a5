import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { parseWires } from './wire-spec.js'

test.each([
  [['loop'], { kind: 'loop' }],
  [['peer'], { kind: 'peer', ip: '192.168.77.2' }],
  [['peer:10.0.0.9'], { kind: 'peer', ip: '10.0.0.9' }],
  [['pcap:a:b.pcap'], { kind: 'pcap', file: 'a:b.pcap', pace: 'recorded' }],
  [['pcap:x.pcap,fast'], { kind: 'pcap', file: 'x.pcap', pace: 'fast' }],
  [['socket:/tmp/s'], { kind: 'socket', path: '/tmp/s' }],
  [['nic:other'], { kind: 'nic', folder: resolve('other') }],
])('%j', (texts, far) => {
  expect(parseWires(texts)).toEqual({ far, captures: [] })
})

test('captures go with a far end, and alone', () => {
  expect(parseWires(['capture:a', 'loop', 'capture:b'])).toEqual({ far: { kind: 'loop' }, captures: ['a', 'b'] })
  expect(parseWires(['capture:a'])).toEqual({ far: undefined, captures: ['a'] })
})

test.each([
  [['loop', 'peer'], 'a cable has one far end'],
  [['capture:a', 'capture:a'], 'this file is written already'],
  [['pcap:'], 'no such far end'],
  [['loop:x'], 'no such far end'],
  [['peer:10.0.0'], 'expected an IPv4 address'],
  [[''], 'no such far end'],
])('%j is refused', (texts, why) => {
  expect(() => parseWires(texts)).toThrow(why)
})
