import type { Bench, Rings } from '../bench.js'
import { same } from '../check.js'
import type { Chapter } from '../check.js'
import { addressOf, frameOf, PEER } from '../frames.js'
import { RING, Tx } from '../rings.js'
import type { TxRing } from '../rings.js'

/** Beyond what any function can reach. */
const NOWHERE = [0xfffff000, 0x7fffffff]
const LENGTH = 100

/** What a driver can do wrong in a transmit ring. Each ends where the tail is to be written. */
const WRONG: readonly (readonly [string, (tx: TxRing) => Promise<void>])[] = [
  ['an unknown type', (tx) => tx.push([...tx.address(0x10000), 0x20500000 | Tx.eop | LENGTH, LENGTH << 14])],
  ['no data, and no end of packet', (tx) => tx.push([...tx.address(0x10000), Tx.data, LENGTH << 14])],
  ['a length that is not that of the data', (tx) => tx.frame(frameOf(PEER, addressOf(0), LENGTH), { payload: 99 })],
  ['less than a MAC header', (tx) => tx.frame(frameOf(PEER, addressOf(0), 16).subarray(0, 13))],
  [
    'a context inside a packet',
    async (tx) => {
      await tx.push([...tx.address(0x10000), Tx.data | 50, LENGTH << 14])
      await tx.push([14 << 9, 0, Tx.context, 0])
    },
  ],
  ['data outside the address space', (tx) => tx.push([...NOWHERE, Tx.data | Tx.eop | Tx.fcs | LENGTH, LENGTH << 14])],
  [
    'no end of packet in the whole ring',
    async (tx) => {
      for (let i = 0; i < RING - 1; i++) await tx.push([...tx.address(0x10000), Tx.data | 10, ((RING - 1) * 10) << 14])
    },
  ],
]

/** Throws a `Mismatch` unless the neighbour sends and receives. */
async function works(bench: Bench, pool: number, { tx, rx }: Rings, beside: string): Promise<void> {
  const frame = frameOf(PEER, addressOf(pool), 200)
  await tx.send(frame)
  same(`what the neighbour sends beside ${beside}`, await bench.out(), [frame])
  await bench.chip.send(frameOf(addressOf(pool), PEER, 201))
  await bench.settle()
  same(
    `what it receives`,
    (await rx.take()).map(({ bytes }) => bytes.length),
    [201],
  )
}

/** Descriptors that make no sense (82576 7.2.2, 8.14.23; 82599 7.10.4.3). */
export const malformed: Chapter = {
  name: 'malformed descriptors',
  questions: [
    {
      name: 'a wrong transmit descriptor stops its queue and no other; disabling and enabling starts it again',
      section: '82576 8.14.23; 82599 7.10.4.3',
      ask: async (bench) => {
        const all = await bench.pools(2)
        const [{ tx }, neighbour] = all
        for (const [what, put] of WRONG) {
          await put(tx)
          await tx.ring()
          await works(bench, 1, neighbour, what)
          await tx.send(frameOf(PEER, addressOf(0), LENGTH))
          same(`frames behind ${what}`, (await bench.out()).length, 0)
          await tx.stop()
          await bench.settle()
          same(`on after ${what}`, await tx.enabled(), false)
          await tx.start()
          await bench.settle()
          await tx.send(frameOf(PEER, addressOf(0), LENGTH))
          same(`frames once it is on again`, (await bench.out()).length, 1)
        }
      },
    },
    {
      name: 'a ring outside the address space stops its queue and no other',
      section: '82576 8.14.23; 82599 7.10.4.3',
      ask: async (bench) => {
        const [{ tx }, neighbour] = await bench.pools(2)
        await tx.stop()
        await bench.settle()
        await tx.write(0x00, NOWHERE[0])
        await tx.write(0x04, NOWHERE[1])
        await tx.write(0x28, 1 << 25)
        await bench.settle()
        await tx.ring()
        await works(bench, 1, neighbour, 'a ring that is nowhere')
      },
    },
    {
      name: 'a receive buffer outside the address space stops its queue and no other',
      section: '82576 8.14.23; 82599 7.10.4.3',
      ask: async (bench) => {
        await bench.port(2)
        const { rx } = await bench.rings(0, { buffers: 0 })
        const neighbour = await bench.rings(1)
        await rx.push([...NOWHERE, 0, 0])
        await rx.post(8)
        await bench.chip.send(frameOf(addressOf(0), PEER))
        await bench.chip.send(frameOf(addressOf(0), PEER))
        await bench.settle()
        same('done', [(await rx.words(0))[2] & 1, (await rx.words(1))[2] & 1], [0, 0])
        await works(bench, 1, neighbour, 'a buffer that is nowhere')
      },
    },
    {
      name: 'the PF is told, and why; reading the reason clears it',
      section: '82576 8.14.23, 8.12.3; 82599 8.2.3.27.21',
      ask: async (bench) => {
        const { misbehaviour } = bench.family
        const [{ tx }] = await bench.pools(2)
        await bench.apply(misbehaviour.setUp)
        same('the reason before', await bench.read(misbehaviour.transmitReason), 0)
        await bench.read(misbehaviour.cause.offset)
        await tx.frame(frameOf(PEER, addressOf(0), LENGTH), { payload: 99 })
        await tx.ring()
        await bench.settle()
        same('the cause', await bench.bit(misbehaviour.cause), 1)
        same('a reason', (await bench.read(misbehaviour.transmitReason)) !== 0, true)
        same('the reason once read', await bench.read(misbehaviour.transmitReason), 0)
      },
    },
  ],
}
