import { same } from '../check.js'
import type { Chapter } from '../check.js'
import { addressOf, frameOf, PEER } from '../frames.js'

const FRAMES = 6
const BYTES = 1500
const MBPS = 10
/** What a frame takes at that rate. */
const FRAME_NS = (BYTES * 8 * 1000) / MBPS

/** RTTDQSEL and RTTDT1C of the 82599. */
const SELECT = 0x4904
const CREDITS = 0x4908
const QUEUES = [0, 1, 64, 127]

/** How fast a queue may send (82576 7.2.2.7; 82599 7.7.2.3). */
export const rateLimit: Chapter = {
  name: 'rate limit',
  questions: [
    {
      name: 'a queue sends no faster than it may, its neighbour as before',
      section: '82576 8.12.18; 82599 8.2.3.10.14',
      ask: async (bench) => {
        const all = await bench.pools(2)
        await bench.apply(bench.family.rateLimit(0, MBPS))
        for (let i = 0; i < FRAMES; i++) await all[0].tx.frame(frameOf(PEER, addressOf(0), BYTES))
        await all[0].tx.ring()
        await bench.settle()
        for (let i = 0; i < FRAMES; i++) await all[1].tx.frame(frameOf(PEER, addressOf(1), 64))
        await all[1].tx.ring()
        const first = await bench.out()
        same("the neighbour's", first.filter(({ length }) => length === 64).length, FRAMES)
        same('at once', first.length - FRAMES < FRAMES / 2, true)
        await bench.chip.pass(FRAMES * FRAME_NS * 1.5)
        same('in the end', first.length + (await bench.out()).length, 2 * FRAMES)
      },
    },
    {
      name: 'the selected queue has its own credits',
      section: '82599 8.2.3.10.13, 8.2.3.10.14; X550 8.2.2.11.4',
      only: ['82599'],
      ask: async (bench) => {
        await bench.port(1)
        for (const queue of QUEUES) {
          await bench.write(SELECT, queue)
          await bench.write(CREDITS, queue + 1)
        }
        for (const queue of QUEUES) {
          await bench.write(SELECT, queue)
          same(`queue ${queue}`, await bench.read(CREDITS), queue + 1)
        }
      },
    },
  ],
}
