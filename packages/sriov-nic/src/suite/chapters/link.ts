import { same } from '../check.js'
import type { Chapter } from '../check.js'
import { addressOf, frameOf, PEER } from '../frames.js'

/** Long enough for a link to be lost or negotiated. */
const STEP_NS = 100_000_000
const STEPS = 30

/** LINKS of the 82599: up, and never down since the last read. */
const STAYED = 7

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
    {
      name: 'that the cable was out is told once when it is back',
      section: '82599 8.2.3.22.20',
      only: ['82599'],
      ask: async (bench) => {
        const { chip, family } = bench
        const stayed = { offset: family.linkUp.offset, bit: STAYED }
        await bench.port(1)
        await bench.bit(stayed)
        same('all the while', await bench.bit(stayed), 1)
        await chip.cable(false)
        await chip.pass(STEP_NS)
        await chip.cable(true)
        for (let step = 0; step < STEPS; step++) await chip.pass(STEP_NS)
        same('at first', await bench.bit(stayed), 0)
        same('then', await bench.bit(stayed), 1)
      },
    },
  ],
}
