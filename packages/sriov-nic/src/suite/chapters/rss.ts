import type { Bench, Rings } from '../bench.js'
import { same } from '../check.js'
import type { Chapter } from '../check.js'
import { addressOf, packet, PEER } from '../frames.js'

/** The key and the first IPv4 example of Microsoft's "Verifying the RSS Hash Calculation". */
const KEY = [
  0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b,
  0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac,
  0x01, 0xfa,
]
const HASH = 0x51ccc178
const RSS_TCP4 = 1

function example(): Uint8Array {
  const addresses = [66, 9, 149, 187, 161, 142, 100, 80]
  return packet({ to: addressOf(0), from: PEER, payload: 10, addresses, ports: [2794, 1766] }).bytes
}

/** Both queues of pool 0 with RSS between them, the table full of `entry`. */
async function queues(bench: Bench, entry: number): Promise<Rings[]> {
  const { rss } = bench.family
  await bench.port(1)
  await bench.apply(rss.enable())
  for (let i = 0; i < 10; i++) {
    const [a, b, c, d] = KEY.slice(4 * i)
    await bench.write(rss.key + 4 * i, a | (b << 8) | (c << 16) | (d << 24))
  }
  for (let i = 0; i < 32; i++) await bench.write(rss.table + 4 * i, entry * 0x01010101)
  const first = await bench.rings(0)
  return [first, await bench.rings(0, { index: 1 })]
}

/** Receive-side scaling (82576 7.1.2.8; 82599 7.1.2.8). */
export const rss: Chapter = {
  name: 'RSS',
  questions: [
    {
      name: 'the hash of the published example is in the descriptor, with its kind',
      section: '82576 7.1.2.8.1; 82599 7.1.2.8.1',
      ask: async (bench) => {
        const [{ rx }] = await queues(bench, bench.family.rss.entries[0])
        await bench.chip.send(example())
        await bench.settle()
        const [got] = await rx.expect(1)
        same('type', got.words[0] & 0xf, RSS_TCP4)
        same('hash', got.words[1], HASH)
      },
    },
    {
      name: 'the redirection table chooses the queue',
      section: '82576 7.1.2.8.2, 8.10.17; 82599 7.1.2.8.2, 8.2.3.7.12',
      ask: async (bench) => {
        const all = await queues(bench, bench.family.rss.entries[1])
        same('queue 1', await bench.arrives(all, example()), [1])
        // The one entry that the hash names.
        const at = bench.family.rss.table + (HASH & 0x7c)
        await bench.write(at, (await bench.read(at)) & ~(0xff << ((HASH & 3) * 8)))
        same('queue 0', await bench.arrives(all, example()), [0])
      },
    },
  ],
}
