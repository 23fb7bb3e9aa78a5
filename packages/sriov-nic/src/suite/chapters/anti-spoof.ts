import { same } from '../check.js'
import type { Chapter } from '../check.js'
import { addressOf, frameOf, PEER, STRANGER, tagged } from '../frames.js'
import { Tx } from '../rings.js'

/** What a pool may not send (82576 7.10.3.9.2; 82599 7.10.3.9.2). */
export const antiSpoof: Chapter = {
  name: 'anti-spoof',
  questions: [
    {
      name: "an address that is not the pool's stays inside, of pools that are checked",
      section: '82576 8.12.4; 82599 8.2.3.27.18',
      ask: async (bench) => {
        const all = await bench.pools(2)
        await bench.apply(bench.family.spoofCheck(0b01, 0))
        for (const { tx } of all.slice(0, 2)) await tx.send(frameOf(PEER, STRANGER, 64))
        await all[0].tx.send(frameOf(PEER, addressOf(1), 65))
        await all[0].tx.send(frameOf(PEER, addressOf(0), 66))
        same('lengths on the wire', (await bench.out()).map(({ length }) => length).sort(), [64, 66])
        same('descriptors are done', [await all[0].tx.done(0), await all[0].tx.done(2)], [true, true])
        for (const place of bench.family.statistics.spoofed) same('counted', await bench.read(place), 2)
      },
    },
    {
      name: "a VLAN that is not the pool's stays inside, in the bytes or by VLE",
      section: '82576 8.12.4; 82599 8.2.3.27.18',
      ask: async (bench) => {
        const { family } = bench
        const all = await bench.pools(2)
        await bench.apply(family.vlan(0, 100, 0b01))
        await bench.apply(family.spoofCheck(0b11, 0b11))
        await all[0].tx.send(tagged(frameOf(PEER, addressOf(0), 70), 100))
        await all[1].tx.send(tagged(frameOf(PEER, addressOf(1), 80), 100))
        await all[1].tx.push([(100 << 16) | (14 << 9), 0, Tx.context, 0])
        await all[1].tx.send(frameOf(PEER, addressOf(1), 90), { command: Tx.report | Tx.tag })
        same(
          'lengths on the wire',
          (await bench.out()).map(({ length }) => length),
          [74],
        )
      },
    },
  ],
}
