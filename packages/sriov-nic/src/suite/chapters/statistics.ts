import { same } from '../check.js'
import type { Chapter } from '../check.js'
import { addressOf, BROADCAST, frameOf, GROUP, hashPlace, PEER } from '../frames.js'
import { PLAIN } from '../bench.js'

const FCS = 4

/** Counters of the port, cleared by reading, and of virtual functions, which run freely (82576 8.18; 82599 8.2.3.23). */
export const statistics: Chapter = {
  name: 'statistics',
  questions: [
    {
      name: 'what the port received: frames by kind, octets with FCS; reading clears',
      section: '82576 8.18; 82599 8.2.3.23',
      ask: async (bench) => {
        const { statistics: at, rules } = bench.family
        await bench.pools(1)
        await bench.apply(rules(0, { ...PLAIN, multicastHash: true }))
        const { word, bit } = hashPlace(GROUP)
        await bench.write(bench.family.multicastTable + 4 * word, bit)
        await bench.chip.send(frameOf(addressOf(0), PEER, 100))
        await bench.chip.send(frameOf(BROADCAST, PEER, 200))
        await bench.chip.send(frameOf(GROUP, PEER, 300))
        await bench.settle()
        same('good', [await bench.read(at.received), await bench.read(at.received)], [3, 0])
        same('broadcasts', [await bench.read(at.broadcastsReceived), await bench.read(at.broadcastsReceived)], [1, 0])
        same('multicasts', [await bench.read(at.multicastsReceived), await bench.read(at.multicastsReceived)], [1, 0])
        same('octets', await bench.read(at.octetsReceived), 600 + 3 * FCS)
        await bench.read(at.octetsReceived + 4)
        same('octets read again', await bench.read(at.octetsReceived), 0)
      },
    },
    {
      name: 'what the port sent',
      section: '82576 8.18; 82599 8.2.3.23',
      ask: async (bench) => {
        const { statistics: at } = bench.family
        const [{ tx }] = await bench.pools(1)
        await tx.send(frameOf(PEER, addressOf(0), 100))
        await tx.send(frameOf(PEER, addressOf(0), 150))
        await bench.out()
        same('good', [await bench.read(at.sent), await bench.read(at.sent)], [2, 0])
        same('octets', await bench.read(at.octetsSent), 250 + 2 * FCS)
      },
    },
    {
      name: "a virtual function's own counters run freely and count nobody else's frames",
      section: '82576 8.26; 82599 8.3.5.9',
      ask: async (bench) => {
        const { statistics: at } = bench.family
        const all = await bench.pools(2)
        const [vf, other] = bench.vfs
        await bench.chip.send(frameOf(addressOf(0), PEER, 100))
        await bench.chip.send(frameOf(addressOf(0), PEER, 200))
        await all[0].tx.send(frameOf(PEER, addressOf(0), 300))
        await bench.settle()
        const read = (fn: typeof vf): Promise<number[]> =>
          Promise.all(
            [at.vf.received, at.vf.octetsReceived, at.vf.sent, at.vf.octetsSent].map((place) => fn.read(0, place)),
          )
        const expected = [2, 300 + 2 * FCS, 1, 300 + FCS]
        same('VF 0', await read(vf), expected)
        same('VF 0, read again', await read(vf), expected)
        same('VF 1', await read(other), [0, 0, 0, 0])
      },
    },
    {
      name: "a virtual function's multicasts",
      section: '82576 8.26; 82599 8.3.5.9',
      ask: async (bench) => {
        const { statistics: at, rules } = bench.family
        await bench.pools(2)
        await bench.apply(rules(0, { ...PLAIN, multicastHash: true }))
        const { word, bit } = hashPlace(GROUP)
        await bench.write(bench.family.multicastTable + 4 * word, bit)
        await bench.chip.send(frameOf(GROUP, PEER, 100))
        await bench.settle()
        same('VF 0', await bench.vfs[0].read(0, at.vf.multicasts), 1)
        same('VF 1', await bench.vfs[1].read(0, at.vf.multicasts), 0)
      },
    },
  ],
}
