import { same } from '../check.js'
import type { Chapter } from '../check.js'
import { addressOf, BROADCAST, frameOf, PEER } from '../frames.js'
import { Rx } from '../rings.js'

/** Frames between pools (82576 7.10.3.4; 82599 7.10.3.4). */
export const loopback: Chapter = {
  name: 'loopback',
  questions: [
    {
      name: 'a unicast to a neighbour stays inside, and says so',
      section: '82576 7.10.3.4; 82599 7.10.3.4',
      ask: async (bench) => {
        const all = await bench.pools(2)
        const frame = frameOf(addressOf(1), addressOf(0), 100)
        await all[0].tx.send(frame)
        same('on the wire', (await bench.out()).length, 0)
        const [got] = await all[1].rx.expect(1)
        same('bytes', got.bytes, frame)
        same('LB', (got.words[2] & Rx.looped) !== 0, true)
        await bench.chip.send(frameOf(addressOf(1), PEER))
        await bench.settle()
        same('LB from the wire', (await all[1].rx.expect(1))[0].words[2] & Rx.looped, 0)
      },
    },
    {
      name: 'a unicast to somebody else goes to the wire only',
      section: '82576 7.10.3.4; 82599 7.10.3.4',
      ask: async (bench) => {
        const all = await bench.pools(2)
        await all[0].tx.send(frameOf(PEER, addressOf(0)))
        same('inside', await bench.takers(all), [])
        same('on the wire', (await bench.out()).length, 1)
      },
    },
    {
      name: 'a broadcast goes to all others and to the wire, not back',
      section: '82576 7.10.3.4; 82599 7.10.3.4',
      ask: async (bench) => {
        const all = await bench.pools(2)
        await all[1].tx.send(frameOf(BROADCAST, addressOf(1)))
        same('inside', await bench.takers(all), [0, 2])
        same('on the wire', (await bench.out()).length, 1)
      },
    },
    {
      name: 'without loopback everything goes to the wire',
      section: '82576 8.12.4; 82599 8.2.3.27.19',
      ask: async (bench) => {
        const all = await bench.pools(2)
        await bench.apply(bench.family.loopback(false))
        await all[0].tx.send(frameOf(addressOf(1), addressOf(0)))
        same('inside', await bench.takers(all), [])
        same('on the wire', (await bench.out()).length, 1)
      },
    },
  ],
}
