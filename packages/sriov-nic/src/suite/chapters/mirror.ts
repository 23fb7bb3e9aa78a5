import { same } from '../check.js'
import type { Chapter } from '../check.js'
import { addressOf, frameOf, PEER } from '../frames.js'

/** Copies for an observer (82576 7.10.3.8; 82599 7.10.3.8). */
export const mirror: Chapter = {
  name: 'mirror',
  questions: [
    {
      name: 'what comes in for a pool goes to another one as well',
      section: '82576 8.14.14; 82599 8.2.3.27.20',
      ask: async (bench) => {
        const all = await bench.pools(2)
        await bench.apply(bench.family.mirror(1, 0b001, 1))
        same('for the pool', await bench.arrives(all, frameOf(addressOf(0), PEER)), [0, 1])
        same('for another', await bench.arrives(all, frameOf(addressOf(2), PEER)), [2])
        await all[2].tx.send(frameOf(addressOf(0), addressOf(2)))
        same('from a neighbour', await bench.takers(all), [0, 1])
      },
    },
  ],
}
