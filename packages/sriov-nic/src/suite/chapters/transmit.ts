import { same } from '../check.js'
import type { Chapter } from '../check.js'
import { addressOf, frameOf, PEER, tagged } from '../frames.js'
import { Tx } from '../rings.js'

/** Transmit queues and descriptors (82576 7.2, 8.12; 82599 7.2, 8.2.3.9). */
export const transmit: Chapter = {
  name: 'transmit',
  questions: [
    {
      name: 'a frame goes out as it is, its descriptor is done, the head is at the tail',
      section: '82576 7.2.2.3; 82599 7.2.3.2.4',
      ask: async (bench) => {
        const [{ tx }] = await bench.pools(1)
        const frame = frameOf(PEER, addressOf(0), 333)
        await tx.send(frame)
        same('frames', await bench.out(), [frame])
        same('done', await tx.done(0), true)
        same('head', await tx.head(), 1)
      },
    },
    {
      name: 'the PF sends through its own registers',
      section: '82576 8.12; 82599 8.2.3.9',
      ask: async (bench) => {
        const all = await bench.pools(1)
        const frame = frameOf(PEER, addressOf(1), 100)
        await all[1].tx.send(frame)
        same('frames', await bench.out(), [frame])
      },
    },
    {
      name: 'a frame of several descriptors is one frame, also around the end of the ring',
      section: '82576 7.2.2; 82599 7.2.3.3',
      ask: async (bench) => {
        const [{ tx }] = await bench.pools(1)
        const sent: Uint8Array[] = []
        const seen: Uint8Array[] = []
        for (let i = 0; i < 14; i++) {
          const frame = frameOf(PEER, addressOf(0), 200, i)
          sent.push(frame)
          await tx.send(frame, { pieces: [14, 1, 99, 86] })
          seen.push(...(await bench.out()))
        }
        same('frames', seen, sent)
        same('head', await tx.head(), (14 * 4) % 32)
      },
    },
    {
      name: 'descriptors without RS are not written back',
      section: '82576 7.2.2.3; 82599 7.2.3.5.2',
      ask: async (bench) => {
        const [{ tx }] = await bench.pools(1)
        await tx.frame(frameOf(PEER, addressOf(0)), { command: 0 })
        await tx.frame(frameOf(PEER, addressOf(0)))
        await tx.ring()
        same('frames', (await bench.out()).length, 2)
        same('done', [await tx.done(0), await tx.done(1)], [false, true])
      },
    },
    {
      name: 'with TDWBA the head is written instead of descriptors',
      section: '82576 7.2.4; 82599 7.2.3.5.3',
      ask: async (bench) => {
        const [{ tx }] = await bench.pools(1)
        const [lo, hi] = tx.address(0x100)
        await tx.write(0x3c, hi)
        await tx.write(0x38, lo | 1)
        await tx.send(frameOf(PEER, addressOf(0)))
        same('frames', (await bench.out()).length, 1)
        same('head in memory', [...(await tx.fn.load(0x100, 4))], [1, 0, 0, 0])
        same('descriptor done', await tx.done(0), false)
      },
    },
    {
      name: 'a queue that is off sends nothing, and what waits when it is turned on',
      section: '82576 8.12.15; 82599 8.2.3.9.10',
      ask: async (bench) => {
        const [{ tx }] = await bench.pools(1)
        await tx.stop()
        await bench.settle()
        same('on', await tx.enabled(), false)
        await tx.send(frameOf(PEER, addressOf(0)))
        same('frames', (await bench.out()).length, 0)
        await tx.start()
        await bench.settle()
        same('on', await tx.enabled(), true)
        await tx.send(frameOf(PEER, addressOf(0)))
        same('frames later', (await bench.out()).length, 1)
      },
    },
    {
      name: "a pool whose transmit enable is off sends nothing, its neighbours' frames go",
      section: '82576 8.14.7; 82599 8.2.3.27.13',
      ask: async (bench) => {
        const all = await bench.pools(2)
        await bench.write(bench.family.pools.transmit, 0b110)
        await all[0].tx.send(frameOf(PEER, addressOf(0), 64))
        await all[1].tx.send(frameOf(PEER, addressOf(1), 65))
        same(
          'lengths',
          (await bench.out()).map(({ length }) => length),
          [65],
        )
      },
    },
    {
      name: 'a context descriptor is no frame',
      section: '82576 7.2.2.2; 82599 7.2.3.2.3',
      ask: async (bench) => {
        const [{ tx }] = await bench.pools(1)
        await tx.push([14 << 9, 0, Tx.context, 0])
        await tx.send(frameOf(PEER, addressOf(0)))
        same('frames', (await bench.out()).length, 1)
        same('head', await tx.head(), 2)
      },
    },
    {
      name: 'a legacy descriptor is a frame, or a part of one',
      section: '82576 7.2.2.1; 82599 7.2.3.2.1',
      ask: async (bench) => {
        const [{ tx }] = await bench.pools(1)
        const frame = frameOf(PEER, addressOf(0), 90)
        await tx.fn.store(0x10000, frame)
        await tx.push([...tx.address(0x10000), Tx.eop | Tx.fcs | Tx.report | 90, 0])
        await tx.push([...tx.address(0x10000), Tx.fcs | 50, 0])
        await tx.push([...tx.address(0x10032), Tx.eop | Tx.fcs | Tx.report | Tx.tag | 40, 7 << 16])
        await tx.ring()
        same('frames', await bench.out(), [frame, tagged(frame, 7)])
        same('done', [await tx.done(0), await tx.done(1), await tx.done(2)], [true, false, true])
      },
    },
    {
      name: 'a short frame is padded to 60 bytes',
      section: '82576 8.11.1; 82599 8.2.3.22.8',
      ask: async (bench) => {
        const [{ tx }] = await bench.pools(1)
        await tx.send(frameOf(PEER, addressOf(0), 40))
        const out = await bench.out()
        same('frames', out.length, 1)
        const [frame] = out
        same('length', frame.length, 60)
        same('bytes', frame.subarray(0, 40), frameOf(PEER, addressOf(0), 40))
        same(
          'padding',
          [...frame.subarray(40)].every((byte) => byte === 0),
          true,
        )
      },
    },
  ],
}
