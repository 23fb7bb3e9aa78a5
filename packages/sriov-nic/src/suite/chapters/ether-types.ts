import type { Bench } from '../bench.js'
import { same } from '../check.js'
import type { Chapter } from '../check.js'
import { addressOf, frameOf, PEER, tagged } from '../frames.js'
import { ringPair } from '../rings.js'
import type { RxRing } from '../rings.js'

const FILTER = 3
const TYPE = 0x88f7
/** Packet type of a receive descriptor: a filter's number in 6:4. */
const MATCHED = 0x8000 | (FILTER << 4)
const TYPES = 0xfff0
const ONE_BUFFER = 0x02000402

function ofType(): Uint8Array {
  const frame = frameOf(addressOf(0), PEER)
  frame.set([TYPE >> 8, TYPE & 0xff], 12)
  return frame
}

/** A receive queue of the PF beside the first, in the second place of its memory. */
async function second(bench: Bench, pool: number, index: number): Promise<RxRing> {
  const { rx } = ringPair(bench.pf, bench.family.queue(pool, index), 1)
  await rx.write(bench.family.srrctl, ONE_BUFFER)
  await rx.start()
  await rx.post(8)
  await bench.settle()
  return rx
}

/** Filters by EtherType (82576 7.1.1.4, 8.10.33; 82599 7.1.2.3, 8.2.3.7.15). */
export const etherTypes: Chapter = {
  name: 'EtherType filters',
  questions: [
    {
      name: 'the descriptor says which filter a frame matches, behind a tag as well',
      section: '82576 7.1.5.2; 82599 7.1.6.2',
      ask: async (bench) => {
        const [{ rx }] = await bench.pools(1)
        const types = async (frame: Uint8Array): Promise<number[]> => {
          await bench.chip.send(frame)
          await bench.settle()
          return (await rx.take()).map(({ words }) => words[0] & TYPES)
        }
        await bench.apply(bench.family.etherType(FILTER, TYPE, {}))
        same('of its type', await types(ofType()), [MATCHED])
        same('behind a tag', await types(tagged(ofType(), 0)), [MATCHED])
        same('of another', await types(frameOf(addressOf(0), PEER)), [0])
        await bench.apply(bench.family.etherType(FILTER, undefined, {}))
        same('once it is off', await types(ofType()), [0])
      },
    },
    {
      name: 'a filter gives its type to a pool, and to a queue',
      section: '82599 7.1.2.3, 8.2.3.7.15, 8.2.3.7.16',
      only: ['82599'],
      ask: async (bench) => {
        const all = await bench.pools(2)
        const other = await second(bench, 2, 1)
        await bench.apply(bench.family.etherType(FILTER, TYPE, { pool: 1 }))
        same('pools', await bench.arrives(all, ofType()), [1])
        await bench.apply(bench.family.etherType(FILTER, TYPE, { pool: 2, queue: 5 }))
        same('pools, when a queue is named', await bench.arrives(all, ofType()), [])
        await other.expect(1)
        await all[1].tx.send(frameOf(addressOf(0), addressOf(1)))
        same('what a neighbour sends', await bench.takers(all), [0])
      },
    },
    {
      name: 'without pools a filter gives its type to a queue',
      section: '82576 7.1.1.4, 8.10.33',
      only: ['82576'],
      ask: async (bench) => {
        await bench.port(1)
        await bench.write(0x5818, 0)
        const { rx } = ringPair(bench.pf, bench.family.queue(0, 0), 0)
        await rx.write(bench.family.srrctl, ONE_BUFFER)
        await rx.start()
        await rx.post(8)
        const five = await second(bench, 5, 0)
        await bench.apply(bench.family.etherType(FILTER, TYPE, { queue: 5 }))
        await bench.chip.send(ofType())
        await bench.chip.send(frameOf(addressOf(0), PEER))
        await bench.settle()
        await five.expect(1)
        await rx.expect(1)
      },
    },
  ],
}
