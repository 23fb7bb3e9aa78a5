import { same } from '../check.js'
import type { Chapter } from '../check.js'
import { addressOf, frameOf, PEER } from '../frames.js'
import { Rx } from '../rings.js'

/** Receive queues and descriptors (82576 7.1, 8.10; 82599 7.1, 8.2.3.8). */
export const receive: Chapter = {
  name: 'receive',
  questions: [
    {
      name: 'a frame arrives as it is, with its length, done and end of packet',
      section: '82576 7.1.5.2; 82599 7.1.6.2',
      ask: async (bench) => {
        const [{ rx }] = await bench.pools(1)
        const frame = frameOf(addressOf(0), PEER, 333)
        await bench.chip.send(frame)
        await bench.settle()
        const [got] = await rx.expect(1)
        same('bytes', got.bytes, frame)
        same('status', got.words[2] & 7, Rx.done | Rx.eop)
        same('errors', got.words[2] >>> 20, 0)
        same('head', await rx.head(), 1)
      },
    },
    {
      name: 'frames come in order, around the end of the ring',
      section: '82576 7.1.7; 82599 7.1.9',
      ask: async (bench) => {
        const [{ rx }] = await bench.pools(1)
        const lengths: number[] = []
        for (let i = 0; i < 40; i++) {
          await bench.chip.send(frameOf(addressOf(0), PEER, 60 + i))
          await bench.settle()
          for (const { bytes } of await rx.take()) lengths.push(bytes.length)
          await rx.post(1)
        }
        same(
          'lengths',
          lengths,
          Array.from({ length: 40 }, (_, i) => 60 + i),
        )
      },
    },
    {
      name: 'a legacy descriptor has length, status and tag in their old places',
      section: '82576 7.1.4; 82599 7.1.5',
      ask: async (bench) => {
        const { family } = bench
        const [{ rx }] = await bench.pools(1)
        await rx.stop()
        await bench.settle()
        await rx.write(family.srrctl, 0x402)
        await rx.start()
        await rx.post(8)
        await bench.settle()
        const frame = frameOf(addressOf(0), PEER, 333)
        await bench.chip.send(frame)
        await bench.settle()
        const words = await rx.words(0)
        same('length', words[2] & 0xffff, 333)
        same('status and errors', words[3] & 0xff03, Rx.done | Rx.eop)
        same('bytes', await rx.fn.load(0x20000, 333), frame)
      },
    },
    {
      name: 'a frame longer than a buffer goes on in the next one',
      section: '82576 7.1.5; 82599 7.1.6',
      ask: async (bench) => {
        const [{ rx }] = await bench.pools(1)
        await rx.stop()
        await rx.write(bench.family.srrctl, 0x02000401)
        await rx.start()
        await rx.post(8)
        await bench.settle()
        const frame = frameOf(addressOf(0), PEER, 1400)
        await bench.chip.send(frame)
        await bench.settle()
        const words = await rx.words(0)
        same('first part', [words[2] & 3, words[3] & 0xffff], [Rx.done, 1024])
        const [got] = await rx.expect(1)
        same('bytes', got.bytes, frame)
        same('last part', got.words[3] & 0xffff, 1400 - 1024)
      },
    },
    {
      name: 'a receiver that is off takes nothing',
      section: '82576 8.10.1; 82599 8.2.3.8.10',
      ask: async (bench) => {
        const all = await bench.pools(1)
        await bench.apply(bench.family.receiver(false))
        same('while off', await bench.arrives(all, frameOf(addressOf(0), PEER)), [])
        same('descriptor', (await all[0].rx.words(0))[2], 0)
      },
    },
    {
      name: 'a pool whose receive enable is off gets nothing, its neighbours do',
      section: '82576 8.14.6; 82599 8.2.3.27.12',
      ask: async (bench) => {
        const all = await bench.pools(2)
        await bench.write(bench.family.pools.receive, 0b110)
        same('its frame', await bench.arrives(all, frameOf(addressOf(0), PEER)), [])
        same('a broadcast', await bench.arrives(all, frameOf(new Uint8Array(6).fill(0xff), PEER)), [1, 2])
      },
    },
    {
      name: 'a queue without descriptors that may drop does so, is counted, and holds nobody up',
      section: '82576 8.10.2, 8.10.20; 82599 7.1.9, 8.2.3.23',
      ask: async (bench) => {
        await bench.port(2)
        const first = await bench.rings(0, { buffers: 0 })
        const second = await bench.rings(1)
        await first.rx.write(bench.family.srrctl, bench.family.dropEnable | 0x02000402)
        await first.rx.post(1)
        await bench.settle()
        const { dropped } = bench.family.statistics
        await bench.read(dropped)
        for (let i = 0; i < 4; i++) await bench.chip.send(frameOf(addressOf(0), PEER))
        await bench.chip.send(frameOf(addressOf(1), PEER))
        await bench.settle()
        same('its frames', (await first.rx.take()).length, 1)
        same("the neighbour's", (await second.rx.take()).length, 1)
        same('dropped', await bench.read(dropped), 3)
      },
    },
    {
      name: 'a frame longer than the limit is not received',
      section: '82576 8.10.5, 8.10.25; 82599 8.2.3.22.13',
      ask: async (bench) => {
        const all = await bench.pools(1)
        await bench.apply(bench.family.maxFrame(1604))
        same('1600 bytes and FCS', await bench.arrives(all, frameOf(addressOf(0), PEER, 1600)), [0])
        same('one more', await bench.arrives(all, frameOf(addressOf(0), PEER, 1601)), [])
      },
    },
    {
      name: 'a queue that is off keeps its descriptors, and takes frames when it is on again',
      section: '82576 8.10.8; 82599 8.2.3.8.8',
      ask: async (bench) => {
        const [{ rx }] = await bench.pools(1)
        await rx.stop()
        await bench.settle()
        same('on', await rx.enabled(), false)
        await rx.start()
        await rx.post(4)
        await bench.settle()
        await bench.chip.send(frameOf(addressOf(0), PEER, 77))
        await bench.settle()
        same(
          'lengths',
          (await rx.take()).map(({ bytes }) => bytes.length),
          [77],
        )
      },
    },
  ],
}
