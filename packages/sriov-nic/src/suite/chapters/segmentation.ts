import { same } from '../check.js'
import type { Chapter } from '../check.js'
import type { Bench } from '../bench.js'
import { get16, packet, sound, unfinished } from '../frames.js'
import type { Packet } from '../frames.js'
import { Tx, TxInfo } from '../rings.js'

/** Where a message lies in the function's memory: in the place of transmit buffers. */
const AT = 0x10000
const MSS = 1000

/** Sends a message to be cut at `MSS`, and returns what came out of the chip. */
async function cut(bench: Bench, of: Packet): Promise<readonly Uint8Array[]> {
  const [{ tx }] = await bench.pools(1)
  await tx.fn.store(AT, unfinished(of, 0))
  const type = (of.tcp ? 1 << 11 : 0) | (of.v4 ? 1 << 10 : 0)
  await tx.push([(of.l3 << 9) | (of.l4 - of.l3), 0, Tx.context | type, (MSS << 16) | ((of.data - of.l4) << 8)])
  await tx.buffer(AT, of.bytes.length, {
    pieces: [of.data, of.bytes.length - of.data],
    command: Tx.segment | Tx.report,
    info: TxInfo.l4Checksum | (of.v4 ? TxInfo.ipChecksum : 0),
    payload: of.bytes.length - of.data,
  })
  await tx.ring()
  return bench.out()
}

/** Large sends that the chip cuts (82576 7.2.4; 82599 7.2.4). */
export const segmentation: Chapter = {
  name: 'segmentation',
  questions: [4, 6].map((version) => ({
    name: `TCP over IPv${version}: every segment stands for itself, together they are the message`,
    section: '82576 7.2.4; 82599 7.2.4',
    ask: async (bench: Bench): Promise<void> => {
      const of = packet({ version: version === 4 ? 4 : 6, payload: 3500 })
      const out = await cut(bench, of)
      same(
        'lengths',
        out.map(({ length }) => length - of.data),
        [1000, 1000, 1000, 500],
      )
      const view = (bytes: Uint8Array): number => get16(bytes, of.l4 + 4) * 65536 + get16(bytes, of.l4 + 6)
      same(
        'sequence',
        out.map(view),
        [0, 1000, 2000, 3000].map((n) => 0x12345678 + n),
      )
      same(
        'flags',
        out.map((bytes) => bytes[of.l4 + 13]),
        [0x10, 0x10, 0x10, 0x19],
      )
      if (of.v4)
        same(
          'identification',
          out.map((bytes) => get16(bytes, of.l3 + 4)),
          [0x1234, 0x1235, 0x1236, 0x1237],
        )
      same(
        'checksums',
        out.map((bytes) => sound(of, bytes)),
        [true, true, true, true],
      )
      same('payload', Uint8Array.from(out.flatMap((bytes) => [...bytes.subarray(of.data)])), of.bytes.subarray(of.data))
    },
  })),
}
