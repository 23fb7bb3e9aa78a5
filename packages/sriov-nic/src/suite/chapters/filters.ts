import { PLAIN } from '../bench.js'
import { same } from '../check.js'
import type { Chapter } from '../check.js'
import { addressOf, BROADCAST, frameOf, GROUP, hashPlace, PEER, STRANGER } from '../frames.js'

/** Which pools a frame from the wire is for (82576 7.1.1, 7.10.3.3; 82599 7.1.1, 7.10.3.3). */
export const filters: Chapter = {
  name: 'filters',
  questions: [
    {
      name: 'an exact address: all pools of its entry, whichever entry it is',
      section: '82576 8.10.15, 8.10.16; 82599 8.2.3.7.8 to 8.2.3.7.10',
      ask: async (bench) => {
        const { family } = bench
        const all = await bench.pools(2)
        await bench.apply(family.defaultPool(undefined))
        same('its pool', await bench.arrives(all, frameOf(addressOf(1), PEER)), [1])
        await bench.apply(family.exact(family.exactEntries - 1, STRANGER, 0b101))
        same('two pools', await bench.arrives(all, frameOf(STRANGER, PEER)), [0, 2])
        await bench.write(family.ral(family.exactEntries - 1) + 4, 0)
        same('not valid any more', await bench.arrives(all, frameOf(STRANGER, PEER)), [])
      },
    },
    {
      name: 'a broadcast: pools that take broadcasts',
      section: '82576 8.14.11; 82599 8.2.3.27.14',
      ask: async (bench) => {
        const all = await bench.pools(2)
        await bench.apply(bench.family.rules(1, { untagged: true }))
        same('pools', await bench.arrives(all, frameOf(BROADCAST, PEER)), [0, 2])
      },
    },
    {
      name: 'a multicast: pools with the hash filter whose bit is set',
      section: '82576 8.10.14; 82599 8.2.3.7.7',
      ask: async (bench) => {
        const { family } = bench
        const all = await bench.pools(2)
        await bench.apply(family.rules(1, { ...PLAIN, multicastHash: true }))
        same('bit off', await bench.arrives(all, frameOf(GROUP, PEER)), [])
        const { word, bit } = hashPlace(GROUP)
        await bench.write(family.multicastTable + 4 * word, bit)
        same('bit on', await bench.arrives(all, frameOf(GROUP, PEER)), [1])
      },
    },
    {
      name: 'a multicast: pools that take all of them',
      section: '82576 8.14.11; 82599 8.2.3.27.14',
      ask: async (bench) => {
        const all = await bench.pools(2)
        await bench.apply(bench.family.rules(0, { ...PLAIN, allMulticast: true }))
        same('pools', await bench.arrives(all, frameOf(GROUP, PEER)), [0])
      },
    },
    {
      name: 'a unicast to nobody known: pools with the unicast hash filter whose bit is set',
      section: '82576 8.10.32; 82599 8.2.3.27.17',
      ask: async (bench) => {
        const { family } = bench
        const all = await bench.pools(2)
        await bench.apply(family.defaultPool(undefined))
        const { word, bit } = hashPlace(STRANGER)
        await bench.write(family.unicastTable + 4 * word, bit)
        same('without ROPE', await bench.arrives(all, frameOf(STRANGER, PEER)), [])
        await bench.apply(family.rules(0, { ...PLAIN, unicastHash: true }))
        same('with ROPE', await bench.arrives(all, frameOf(STRANGER, PEER)), [0])
      },
    },
    {
      name: 'a unicast to nobody known: nobody, or the default pool of a promiscuous port',
      section: '82576 7.10.3.3; 82599 7.10.3.3',
      ask: async (bench) => {
        const { family } = bench
        const all = await bench.pools(2)
        same('not promiscuous', await bench.arrives(all, frameOf(STRANGER, PEER)), [])
        await bench.apply(family.promiscuous(true, false))
        same('promiscuous', await bench.arrives(all, frameOf(STRANGER, PEER)), [2])
        await bench.apply(family.defaultPool(0))
        same('another default pool', await bench.arrives(all, frameOf(STRANGER, PEER)), [0])
        await bench.apply(family.defaultPool(undefined))
        same('no default pool', await bench.arrives(all, frameOf(STRANGER, PEER)), [])
      },
    },
  ],
}
