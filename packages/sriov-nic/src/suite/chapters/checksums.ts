import { same } from '../check.js'
import type { Chapter } from '../check.js'
import { addressOf, packet, PEER, sound, unfinished } from '../frames.js'
import type { Packet, PacketOptions } from '../frames.js'
import { Rx, Tx, TxInfo } from '../rings.js'

/** The context that describes a packet's headers, in slot 0. */
function context(of: Packet): number[] {
  return [(of.l3 << 9) | (of.l4 - of.l3), 0, Tx.context | (of.tcp ? 1 << 11 : 0) | (of.v4 ? 1 << 10 : 0), 0]
}

const KINDS: readonly [string, PacketOptions][] = [
  ['TCP over IPv4', { payload: 1001 }],
  ['UDP over IPv4', { protocol: 'udp', payload: 64 }],
  ['TCP over IPv6', { version: 6, payload: 333 }],
  ['UDP over IPv6', { version: 6, protocol: 'udp', payload: 100 }],
]

/** Packet type of a receive descriptor: 6:4 or so of its first word (82576 7.1.5.2; 82599 7.1.6.2). */
function typeOf({ v4, tcp }: Packet): number {
  return (v4 ? 0x10 : 0x40) | (tcp ? 0x100 : 0x200)
}

/** Checksums that the chip inserts, and what it says of those it receives (82576 7.1.10, 7.2.5; 82599 7.1.11, 7.2.5). */
export const checksums: Chapter = {
  name: 'checksums',
  questions: [
    ...KINDS.map(([kind, options]) => ({
      name: `${kind}: inserted`,
      section: '82576 7.2.5; 82599 7.2.5',
      ask: async (bench: Parameters<Chapter['questions'][number]['ask']>[0]): Promise<void> => {
        const [{ tx }] = await bench.pools(1)
        const of = packet(options)
        await tx.push(context(of))
        const info = TxInfo.l4Checksum | (of.v4 ? TxInfo.ipChecksum : 0)
        await tx.send(unfinished(of), { pieces: [20, of.bytes.length - 20], info })
        same('frames', await bench.out(), [of.bytes])
      },
    })),
    ...KINDS.map(([kind, options]) => ({
      name: `${kind}: judged`,
      section: '82576 7.1.10; 82599 7.1.11',
      ask: async (bench: Parameters<Chapter['questions'][number]['ask']>[0]): Promise<void> => {
        const [{ rx }] = await bench.pools(1)
        await bench.apply(bench.family.receiveChecksums)
        const { l4, ip } = bench.family.checksumErrors
        const of = packet({ ...options, to: addressOf(0), from: PEER })
        await bench.chip.send(of.bytes)
        const bad = of.bytes.slice()
        bad[of.data] ^= 1
        await bench.chip.send(bad)
        await bench.settle()
        const [right, wrong] = await rx.expect(2)
        same(
          'checked',
          right.words[2] & (Rx.l4Checked | (of.v4 ? Rx.ipChecked : 0)),
          Rx.l4Checked | (of.v4 ? Rx.ipChecked : 0),
        )
        same('errors of a good one', right.words[2] & (l4 | ip), 0)
        same('errors of a bad one', wrong.words[2] & (l4 | ip), l4)
        same('packet type', right.words[0] & 0x3f0, typeOf(of))
        same('the bad one is received', wrong.bytes, bad)
      },
    })),
    {
      name: 'a wrong IPv4 header checksum is told apart',
      section: '82576 7.1.10; 82599 7.1.11',
      ask: async (bench) => {
        const [{ rx }] = await bench.pools(1)
        await bench.apply(bench.family.receiveChecksums)
        const of = packet({ to: addressOf(0), from: PEER, payload: 20 })
        const bad = of.bytes.slice()
        bad[of.l3 + 10] ^= 0x40
        await bench.chip.send(bad)
        await bench.settle()
        const [got] = await rx.expect(1)
        same('errors', (got.words[2] & bench.family.checksumErrors.ip) !== 0, true)
      },
    },
    {
      name: 'a queue keeps two contexts, and a frame names its own',
      section: '82576 7.2.2.2; 82599 7.2.3.2.3',
      ask: async (bench) => {
        const [{ tx }] = await bench.pools(1)
        const [one, two] = [packet({ payload: 100 }), packet({ version: 6, protocol: 'udp', payload: 80 })]
        await tx.push(context(one))
        const [a, b, c, d] = context(two)
        await tx.push([a, b, c, d | (1 << 4)])
        for (const [of, slot] of [
          [two, 1],
          [one, 0],
        ] as const) {
          await tx.frame(unfinished(of), { info: TxInfo.l4Checksum | (of.v4 ? TxInfo.ipChecksum : 0) | (slot << 4) })
        }
        await tx.ring()
        const out = await bench.out()
        same('frames', out.length, 2)
        same('sound', [sound(two, out[0]), sound(one, out[1])], [true, true])
      },
    },
  ],
}
