import { PLAIN } from '../bench.js'
import { same } from '../check.js'
import type { Chapter } from '../check.js'
import { addressOf, BROADCAST, frameOf, PEER, tagged } from '../frames.js'
import { Rx, Tx } from '../rings.js'

const TCI = 0x6064

/** Tags: in, out, who gets them (82576 7.4, 7.10.3.5; 82599 7.4, 7.10.3.5). */
export const vlan: Chapter = {
  name: 'VLAN',
  questions: [
    {
      name: 'a tag is left in the frame unless the pool has it taken out',
      section: '82576 7.4.3; 82599 7.4.3',
      ask: async (bench) => {
        const [{ rx }] = await bench.pools(1)
        const frame = tagged(frameOf(addressOf(0), PEER, 80), TCI)
        await bench.chip.send(frame)
        await bench.settle()
        const [kept] = await rx.expect(1)
        same('bytes', kept.bytes, frame)
      },
    },
    {
      name: 'a tag that is taken out is in the descriptor',
      section: '82576 7.4.3; 82599 7.4.3',
      ask: async (bench) => {
        const all = await bench.pools(1)
        await bench.apply(bench.family.rules(0, { ...PLAIN, strip: true }))
        const frame = frameOf(addressOf(0), PEER, 80)
        await bench.chip.send(tagged(frame, TCI))
        await bench.settle()
        const [got] = await all[0].rx.expect(1)
        same('bytes', got.bytes, frame)
        same('VP', got.words[2] & Rx.tag, Rx.tag)
        same('tag', got.words[3] >>> 16, TCI)
        const other = tagged(frameOf(addressOf(1), PEER, 80), TCI)
        await bench.chip.send(other)
        await bench.settle()
        same("the neighbour's", (await all[1].rx.expect(1))[0].bytes, other)
      },
    },
    {
      name: 'of two tags the outer one is taken out and filtered by, the inner one is part of the frame',
      section: '82576 7.4.3, 7.10.3.5; 82599 7.4.3, 7.10.3.3',
      ask: async (bench) => {
        const { family } = bench
        const all = await bench.pools(1)
        await bench.apply([...family.vlanFilter(true), ...family.defaultPool(undefined), ...family.vlan(1, 100, 0b11)])
        await bench.apply(family.rules(0, { ...PLAIN, strip: true }))
        const inner = tagged(frameOf(addressOf(0), PEER, 80), 200)
        await bench.chip.send(tagged(inner, 100))
        await bench.settle()
        const [got] = await all[0].rx.expect(1)
        same('bytes', got.bytes, inner)
        same('tag', got.words[3] >>> 16, 100)
        const outside = tagged(frameOf(addressOf(0), PEER, 80), 100)
        same('the inner one does not count', await bench.arrives(all, tagged(outside, 200)), [])
      },
    },
    {
      name: 'VLE puts the tag of the context into the frame',
      section: '82576 7.4.4; 82599 7.4.4',
      ask: async (bench) => {
        const [{ tx }] = await bench.pools(1)
        await tx.push([(TCI << 16) | (14 << 9), 0, Tx.context, 0])
        const frame = frameOf(PEER, addressOf(0), 80)
        await tx.send(frame, { command: Tx.report | Tx.tag })
        same('frames', await bench.out(), [tagged(frame, TCI)])
      },
    },
    {
      name: "a pool's own tag goes into all its frames",
      section: '82576 8.14.8; 82599 8.2.3.27.11',
      ask: async (bench) => {
        const all = await bench.pools(1)
        await bench.apply(bench.family.portVlan(0, TCI))
        const frame = frameOf(PEER, addressOf(0), 80)
        await all[0].tx.send(frame)
        same('frames', await bench.out(), [tagged(frame, TCI)])
        const other = frameOf(PEER, addressOf(1), 80)
        await all[1].tx.send(other)
        same("the neighbour's", await bench.out(), [other])
      },
    },
    {
      name: 'the filter gives a tagged frame to members of its VLAN that its address names',
      section: '82576 7.10.3.5; 82599 7.10.3.3',
      ask: async (bench) => {
        const { family } = bench
        const all = await bench.pools(2)
        await bench.apply([...family.vlanFilter(true), ...family.defaultPool(undefined)])
        same('in no VLAN', await bench.arrives(all, tagged(frameOf(BROADCAST, PEER), 100)), [])
        await bench.apply(family.vlan(family.vlanEntries - 1, 100, 0b101))
        same('broadcast', await bench.arrives(all, tagged(frameOf(BROADCAST, PEER), 100)), [0, 2])
        same('to a member', await bench.arrives(all, tagged(frameOf(addressOf(2), PEER), 100)), [2])
        same('to another', await bench.arrives(all, tagged(frameOf(addressOf(1), PEER), 100)), [])
        same('another VLAN', await bench.arrives(all, tagged(frameOf(BROADCAST, PEER), 101)), [])
      },
    },
    {
      name: 'an untagged frame reaches pools that take untagged ones',
      section: '82576 7.10.3.5; 82599 7.10.3.3',
      ask: async (bench) => {
        const all = await bench.pools(2)
        await bench.apply([...bench.family.vlanFilter(true), ...bench.family.defaultPool(undefined)])
        await bench.apply(bench.family.rules(1, { broadcast: true }))
        same('broadcast', await bench.arrives(all, frameOf(BROADCAST, PEER)), [0, 2])
      },
    },
  ],
}
