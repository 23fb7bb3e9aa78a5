import { addressOf, frameOf, PEER } from '../frames.js'
import type { Bench } from '../bench.js'
import { same } from '../check.js'
import type { Chapter } from '../check.js'

const CTRL = 0
const RST = 1 << 26
const CTRL_EXT = 0x18
const PFRSTD = 1 << 14
const RSTI = 1 << 6
const RSTD = 1 << 7

/** All registers with a known value have it. */
async function fresh(bench: Bench): Promise<void> {
  const wrong: string[] = []
  for (const { name, offset, value } of bench.family.resetValues) {
    const is = await bench.read(offset)
    if (is !== value) wrong.push(`${name} 0x${is.toString(16)} instead of 0x${value.toString(16)}`)
  }
  same('values', wrong.join(', '), '')
}

/** Resets of the port and of virtual functions (82576 4.3; 82599 4.2). */
export const reset: Chapter = {
  name: 'reset',
  questions: [
    {
      name: 'registers have their values after power-on',
      section: '82576 8.1.3; 82599 8.2',
      ask: async (bench) => {
        await fresh(bench)
      },
    },
    {
      name: 'registers have them again after a software reset, which ends by itself',
      section: '82576 4.3.1.3; 82599 4.2.1.6.1',
      ask: async (bench) => {
        for (const { offset, spoil } of bench.family.resetValues) await bench.write(offset, spoil)
        await bench.write(CTRL, RST)
        await bench.settle()
        same('CTRL.RST', (await bench.read(CTRL)) & RST, 0)
        await fresh(bench)
      },
    },
    {
      name: 'a software reset stops queues and loads the first address anew',
      section: '82576 4.3.1.3; 82599 4.2.1.6.1',
      ask: async (bench) => {
        const before = await bench.read(bench.family.ral(0))
        const all = await bench.pools(1)
        await all[1].tx.send(frameOf(PEER, addressOf(1)))
        await bench.write(CTRL, RST)
        await bench.settle()
        same('transmit queue on', await all[1].tx.enabled(), false)
        same('receive queue on', await all[1].rx.enabled(), false)
        same('RAL(0)', await bench.read(bench.family.ral(0)), before)
      },
    },
    {
      name: 'the port works again when it is set up after a reset under load',
      section: '82576 4.5; 82599 4.6',
      ask: async (bench) => {
        const all = await bench.pools(1)
        for (let i = 0; i < 10; i++) await all[0].tx.frame(frameOf(PEER, addressOf(0)))
        await all[0].tx.ring()
        for (let i = 0; i < 10; i++) await bench.chip.send(frameOf(addressOf(0), PEER))
        await bench.write(CTRL, RST)
        await bench.out()
        for (const { rx } of all) await rx.take()
        await bench.setUp(1)
        const { tx, rx } = await bench.rings(0)
        await tx.send(frameOf(PEER, addressOf(0), 70))
        same(
          'frames out',
          (await bench.out()).map(({ length }) => length),
          [70],
        )
        await bench.chip.send(frameOf(addressOf(0), PEER, 80))
        await bench.settle()
        same(
          'frames in',
          (await rx.take()).map(({ bytes }) => bytes.length),
          [80],
        )
      },
    },
    {
      name: 'virtual functions see the reset of the port, and its end',
      section: '82576 7.10.2.9; 82599 7.10.2.9',
      ask: async (bench) => {
        const { mailbox } = bench.family
        await bench.port(2)
        for (const vf of bench.vfs) same('RSTI while set up', (await vf.read(0, mailbox.vf)) & RSTI, 0)
        await bench.write(CTRL, RST)
        await bench.settle()
        for (const vf of bench.vfs) same('RSTI', (await vf.read(0, mailbox.vf)) & (RSTI | RSTD), RSTI)
        await bench.write(CTRL_EXT, PFRSTD)
        for (const vf of bench.vfs) {
          same('RSTD', (await vf.read(0, mailbox.vf)) & (RSTI | RSTD), RSTD)
          same('RSTD read again', (await vf.read(0, mailbox.vf)) & RSTD, 0)
        }
      },
    },
    {
      name: "a virtual function's reset is told to the PF, and the PF clears it",
      section: '82576 8.14.5; 82599 8.2.3.27.9',
      ask: async (bench) => {
        const { mailbox, vfControl } = bench.family
        await bench.port(2)
        for (const vf of [0, 1]) await bench.setBit(mailbox.resetClear(vf))
        await bench.vfs[1].write(0, vfControl, RST)
        await bench.settle()
        same('virtual function 0', await bench.bit(mailbox.resetSeen(0)), 0)
        same('virtual function 1', await bench.bit(mailbox.resetSeen(1)), 1)
        await bench.setBit(mailbox.resetClear(0))
        same('after clearing another', await bench.bit(mailbox.resetSeen(1)), 1)
        await bench.setBit(mailbox.resetClear(1))
        same('after clearing', await bench.bit(mailbox.resetSeen(1)), 0)
      },
    },
    {
      name: "a virtual function's reset stops its queues and takes its pool out, and disturbs no other",
      section: '82576 4.3.2; 82599 4.2.2.2',
      ask: async (bench) => {
        const { pools, vfControl } = bench.family
        const all = await bench.pools(2)
        await bench.vfs[0].write(0, vfControl, RST)
        await bench.settle()
        same('its queues', [await all[0].tx.enabled(), await all[0].rx.enabled()], [false, false])
        same("its neighbour's", [await all[1].tx.enabled(), await all[1].rx.enabled()], [true, true])
        same('receiving pools', (await bench.read(pools.receive)) & 7, 6)
        same('sending pools', (await bench.read(pools.transmit)) & 7, 6)
        await all[1].tx.send(frameOf(PEER, addressOf(1)))
        same('frames of the neighbour', (await bench.out()).length, 1)
        same('frames to the neighbour', await bench.arrives([all[1]], frameOf(addressOf(1), PEER)), [0])
      },
    },
    {
      name: "a virtual function's function-level reset is its reset",
      section: '82576 4.3.2; 82599 4.2.2.2',
      ask: async (bench) => {
        const { mailbox } = bench.family
        const all = await bench.pools(2)
        await bench.setBit(mailbox.resetClear(0))
        const [vf] = bench.vfs
        let at = await vf.configRead(0x34, 1)
        while (at !== 0 && (await vf.configRead(at, 1)) !== 0x10) at = await vf.configRead(at + 1, 1)
        await vf.configWrite(at + 8, 2, (await vf.configRead(at + 8, 2)) | 0x8000)
        await bench.settle()
        same('told to the PF', await bench.bit(mailbox.resetSeen(0)), 1)
        const { tx } = bench.family.queue(0, 0)
        same('its queue', (await bench.read(tx + 0x28)) & (1 << 25), 0)
        same("its neighbour's", await all[1].tx.enabled(), true)
        same('bus master', (await vf.configRead(4, 2)) & 4, 0)
      },
    },
  ],
}
