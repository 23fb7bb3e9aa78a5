import { same } from '../check.js'
import type { Chapter } from '../check.js'
import { addressOf, frameOf, PEER } from '../frames.js'

/** Long enough for a link to be lost or negotiated. */
const STEP_NS = 100_000_000
const STEPS = 30

/** The cable, pulled and put back (82576 3.5; 82599 3.7). */
export const link: Chapter = {
  name: 'link',
  questions: [
    {
      name: 'a cable that is pulled is no link, and what is sent meanwhile does not arrive; put back, frames pass',
      section: '82576 3.5.4, 8.2.2; 82599 3.7.4, 8.2.3.22.19',
      ask: async (bench) => {
        const { chip, family } = bench
        const all = await bench.pools(1)
        const becomes = async (up: number): Promise<number> => {
          for (let step = 0; step < STEPS && (await bench.bit(family.linkUp)) !== up; step++) await chip.pass(STEP_NS)
          return bench.bit(family.linkUp)
        }
        await chip.cable(false)
        same('link, pulled', await becomes(0), 0)
        await all[0].tx.send(frameOf(PEER, addressOf(0), 64, 1))
        same('frames, pulled', await bench.out(), [])
        await chip.cable(true)
        same('link, put back', await becomes(1), 1)
        await bench.out()
        const frame = frameOf(PEER, addressOf(1), 64, 2)
        await all[1].tx.send(frame)
        same('frames, put back', await bench.out(), [frame])
        same('taken', await bench.arrives(all, frameOf(addressOf(0), PEER)), [0])
      },
    },
  ],
}
