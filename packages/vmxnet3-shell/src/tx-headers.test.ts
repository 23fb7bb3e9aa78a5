import { SendFlag } from '@npa/plugin-api/guest'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ipFrame } from './testing/stack.js'
import { TxHeaders } from './tx-headers.js'

function parse(bytes: Uint8Array): TxHeaders {
  const headers = new TxHeaders()
  // not at the start of the memory
  const memory = new Uint8Array(bytes.length + 7)
  memory.set(bytes, 7)
  headers.parse(memory, 7, bytes.length)
  return headers
}

describe('headers of a frame to send', () => {
  test('are found', () => {
    expect(parse(ipFrame('tcp4', 9, 1))).toMatchObject({ ip: 14, l4: 34, data: 54, flags: SendFlag.ipv4 })
    expect(parse(ipFrame('udp4', 9, 1))).toMatchObject({ l4: 34, data: 42, flags: SendFlag.ipv4 | SendFlag.udp })
    expect(parse(ipFrame('tcp6', 9, 1))).toMatchObject({ ip: 14, l4: 54, data: 74, flags: SendFlag.ipv6 })
    expect(parse(ipFrame('udp6', 9, 1))).toMatchObject({ l4: 54, data: 62, flags: SendFlag.ipv6 | SendFlag.udp })
  })

  test('with IPv4 options, TCP options and tags', () => {
    const tcp = ipFrame('tcp4', 40, 0)
    tcp[14] = 0x46
    tcp[14 + 24 + 12] = 0x80
    expect(parse(tcp)).toMatchObject({ l4: 38, data: 70 })
    const tagged = new Uint8Array(tcp.length + 8)
    tagged.set([0x88, 0xa8, 0, 1, 0x81, 0, 0, 2], 12)
    tagged.set(tcp.subarray(12), 20)
    expect(parse(tagged)).toMatchObject({ ip: 22, l4: 46, data: 78 })
  })

  test('of a fragment, another protocol, or a damaged frame end where they end', () => {
    const fragment = ipFrame('udp4', 9, 1)
    fragment[20] = 0x20
    expect(parse(fragment)).toMatchObject({ ip: 14, l4: 0 })
    const later = ipFrame('udp4', 9, 1)
    later[21] = 5
    expect(parse(later)).toMatchObject({ ip: 14, l4: 0 })
    const icmp = ipFrame('udp4', 9, 1)
    icmp[23] = 1
    expect(parse(icmp)).toMatchObject({ ip: 14, l4: 0, data: 0 })
    const short = ipFrame('udp4', 9, 1)
    short[14] = 0x44
    expect(parse(short)).toMatchObject({ ip: 0, l4: 0, flags: 0 })
    expect(parse(ipFrame('tcp4', 9, 1).subarray(0, 53))).toMatchObject({ ip: 14, l4: 0 })
    expect(parse(new Uint8Array(60))).toMatchObject({ ip: 0, l4: 0, flags: 0 })
  })

  test('lie inside the frame, whatever it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.constantFrom([0x08, 0x00], [0x86, 0xdd]), (bytes, type) => {
        if (bytes.length >= 14) bytes.set(type, 12)
        const { ip, l4 } = parse(bytes)
        expect(ip).toBeLessThan(Math.max(bytes.length, 1))
        expect(l4).toBeLessThan(Math.max(bytes.length, 1))
      }),
    )
  })
})
