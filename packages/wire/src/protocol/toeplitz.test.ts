import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseAddress } from './ipv4.js'
import { RSS_KEY_BYTES, Toeplitz } from './toeplitz.js'

/** The key of Microsoft's verification suite ("Verifying the RSS Hash Calculation"). */
const KEY =
  '6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa'
    .match(/../g)
    ?.map((byte) => parseInt(byte, 16)) ?? []

/** Its packets: destination, source, each address and port, the hash of addresses alone and of ports, too. */
const IPV4 = [
  ['161.142.100.80', 1766, '66.9.149.187', 2794, 0x323e8fc2, 0x51ccc178],
  ['65.69.140.83', 4739, '199.92.111.2', 14230, 0xd718262a, 0xc626b0ea],
  ['12.22.207.184', 38024, '24.19.198.95', 12898, 0xd2d0a5de, 0x5c2b394a],
  ['209.142.163.6', 2217, '38.27.205.30', 48228, 0x82989176, 0xafc7327f],
  ['202.188.127.2', 1303, '153.39.163.191', 44251, 0x5d1809c5, 0x10e828a2],
] as const
const IPV6 = [
  ['3ffe:2501:200:3::1', 1766, '3ffe:2501:200:1fff::7', 2794, 0x2cc18cd5, 0x40207d3d],
  ['ff02::1', 4739, '3ffe:501:8::260:97ff:fe40:efab', 14230, 0x0f0c461c, 0xdde51bbf],
  ['fe80::200:f8ff:fe21:67cf', 38024, '3ffe:1900:4545:3:200:f8ff:fe21:67cf', 44251, 0x4b61e985, 0x02d1feef],
] as const

function keyed(key: ArrayLike<number>): Toeplitz {
  const hash = new Toeplitz()
  for (let word = 0; word < RSS_KEY_BYTES / 4; word++) {
    const at = word * 4
    hash.key(word, key[at] | (key[at + 1] << 8) | (key[at + 2] << 16) | (key[at + 3] << 24))
  }
  return hash
}

function v4(text: string): number[] {
  const address = parseAddress(text)
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255)
}

function v6(text: string): number[] {
  const [left, right] = text.split('::').map((half) => half.split(':').map((group) => parseInt(group, 16)))
  const middle = new Array<number>(8 - left.length - ((right as number[] | undefined) ?? []).length).fill(0)
  return [...left, ...middle, ...((right as number[] | undefined) ?? [])].flatMap((group) => [group >> 8, group & 255])
}

function ports(source: number, destination: number): number[] {
  return [source >> 8, source & 255, destination >> 8, destination & 255]
}

describe('Toeplitz hash', () => {
  test.each([
    ...IPV4.map(([to, toPort, from, fromPort, ...hashes]) => ({
      input: [...v4(from), ...v4(to)],
      fromPort,
      toPort,
      hashes,
    })),
    ...IPV6.map(([to, toPort, from, fromPort, ...hashes]) => ({
      input: [...v6(from), ...v6(to)],
      fromPort,
      toPort,
      hashes,
    })),
  ])('published vector $hashes', ({ input, fromPort, toPort, hashes }) => {
    const hash = keyed(KEY)
    const addresses = hash.hash(Uint8Array.from(input), 0, input.length, 0, 0)
    const both = hash.hash(Uint8Array.from(ports(fromPort, toPort)), 0, 4, input.length, addresses)
    expect([addresses, both]).toEqual(hashes)
  })

  test('a new key counts from the next hash on', () => {
    const hash = keyed(KEY)
    const input = Uint8Array.from([...v4('66.9.149.187'), ...v4('161.142.100.80')])
    expect(hash.hash(input, 0, 8, 0, 0)).toBe(0x323e8fc2)
    hash.key(0, 0)
    expect(hash.hash(input, 0, 8, 0, 0)).not.toBe(0x323e8fc2)
  })

  test('it is linear: the hash of two inputs’ exclusive or is the exclusive or of their hashes', () => {
    const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length })
    fc.assert(
      fc.property(bytes(RSS_KEY_BYTES), bytes(36), bytes(36), (key, a, b) => {
        const hash = keyed(key)
        const of = (input: Uint8Array): number => hash.hash(input, 0, 36, 0, 0)
        expect(of(a.map((byte, i) => byte ^ b[i]))).toBe((of(a) ^ of(b)) >>> 0)
      }),
      { numRuns: 20 },
    )
  })
})
