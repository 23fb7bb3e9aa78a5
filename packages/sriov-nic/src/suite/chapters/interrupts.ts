import type { Bench } from '../bench.js'
import { same } from '../check.js'
import type { Chapter } from '../check.js'
import type { FunctionUnderTest } from '../chip-under-test.js'
import type { InterruptRegisters } from '../family.js'
import { addressOf, frameOf, PEER } from '../frames.js'

interface Side {
  readonly fn: FunctionUnderTest
  readonly at: InterruptRegisters
}

/** Both kinds of function, one after the other, each with messages on and automatic masking allowed. */
async function both(bench: Bench, ask: (side: Side, who: string) => Promise<void>): Promise<void> {
  await bench.port(1)
  const { interrupts, interruptMode } = bench.family
  await bench.apply([interruptMode])
  for (const [who, fn, at] of [
    ['PF', bench.pf, interrupts.pf],
    ['VF', bench.vfs[0], interrupts.vf],
  ] as const) {
    await fn.enableMessages()
    await fn.write(0, at.disable, 0x7fffffff)
    await bench.settle()
    await fn.read(0, at.cause)
    await fn.messages()
    await ask({ fn, at }, who)
  }
}

/** What came since the last time, after the chip has settled. */
async function messages(bench: Bench, fn: FunctionUnderTest): Promise<number[]> {
  await bench.settle()
  return [...new Set(await fn.messages())].sort((a, b) => a - b)
}

const MSIX = 0x11

/** The MSI-X table and pending bits of a function: BAR and offset of each, and the place of the capability. */
async function msix(
  fn: FunctionUnderTest,
): Promise<{ at: number; table: [number, number]; pending: [number, number] }> {
  let at = await fn.configRead(0x34, 1)
  while (at !== 0 && (await fn.configRead(at, 1)) !== MSIX) at = await fn.configRead(at + 1, 1)
  const place = (value: number): [number, number] => [value & 7, value & ~7]
  return { at, table: place(await fn.configRead(at + 4, 4)), pending: place(await fn.configRead(at + 8, 4)) }
}

/** Causes, masks, vectors, moderation (82576 7.3, 8.8; 82599 7.3, 8.2.3.5). */
export const interrupts: Chapter = {
  name: 'interrupts',
  questions: [
    {
      name: 'a cause is sent when it is enabled, and waits while it is not',
      section: '82576 8.8.1 to 8.8.4; 82599 8.2.3.5.1 to 8.2.3.5.6',
      ask: (bench) =>
        both(bench, async ({ fn, at }, who) => {
          await fn.write(0, at.set, 0b11)
          same(`${who}: messages of masked causes`, await messages(bench, fn), [])
          await fn.write(0, at.enable, 0b10)
          same(`${who}: enabled`, (await fn.read(0, at.enable)) & 7, 0b10)
          same(`${who}: messages once enabled`, await messages(bench, fn), [1])
          await fn.write(0, at.disable, 0b10)
          same(`${who}: disabled`, (await fn.read(0, at.enable)) & 7, 0)
          await fn.write(0, at.set, 0b10)
          same(`${who}: messages after disabling`, await messages(bench, fn), [])
        }),
    },
    {
      name: 'a one written to the cause register clears that cause and no other',
      section: '82576 8.8.1; 82599 8.2.3.5.1',
      ask: (bench) =>
        both(bench, async ({ fn, at }, who) => {
          await fn.write(0, at.set, 0b11)
          await fn.write(0, at.cause, 0b01)
          same(`${who}: causes left`, (await fn.read(0, at.cause)) & 7, 0b10)
        }),
    },
    {
      name: 'reading the cause register clears it',
      section: '82576 7.3.4.3; 82599 7.3.1.4',
      ask: (bench) =>
        both(bench, async ({ fn, at }, who) => {
          // Of the 82599's PF, GPIE.OCD keeps reads from clearing queue causes.
          if (who === 'PF' && bench.family.name === '82599') await bench.write(0x898, 0xc000c010)
          await fn.write(0, at.set, 0b101)
          same(`${who}: first read`, (await fn.read(0, at.cause)) & 7, 0b101)
          same(`${who}: second read`, (await fn.read(0, at.cause)) & 7, 0)
        }),
    },
    {
      name: 'a sent cause clears itself by EIAC and masks itself by EIAM',
      section: '82576 7.3.4; 82599 7.3.1.4, 7.3.1.5',
      ask: (bench) =>
        both(bench, async ({ fn, at }, who) => {
          await fn.write(0, at.autoClear, 0b11)
          await fn.write(0, at.autoMask, 0b10)
          await fn.write(0, at.enable, 0b11)
          await fn.write(0, at.set, 0b11)
          same(`${who}: messages`, await messages(bench, fn), [0, 1])
          same(`${who}: still enabled`, (await fn.read(0, at.enable)) & 7, 0b01)
          same(`${who}: causes left`, (await fn.read(0, at.cause)) & 3, 0)
          await fn.write(0, at.set, 0b11)
          same(`${who}: the second time`, await messages(bench, fn), [0])
          await fn.write(0, at.enable, 0b10)
          same(`${who}: what waited`, await messages(bench, fn), [1])
        }),
    },
    {
      name: 'what is not in EIAC stays until it is cleared',
      section: '82576 7.3.4; 82599 7.3.1.4',
      ask: (bench) =>
        both(bench, async ({ fn, at }, who) => {
          await fn.write(0, at.autoClear, 0)
          await fn.write(0, at.autoMask, 0)
          await fn.write(0, at.enable, 0b1)
          await fn.write(0, at.set, 0b1)
          same(`${who}: messages`, await messages(bench, fn), [0])
          same(`${who}: cause`, (await fn.read(0, at.cause)) & 1, 1)
        }),
    },
    {
      name: 'the throttle keeps two messages of a vector apart',
      section: '82576 7.3.3, 8.8.12; 82599 7.3.2, 8.2.3.5.12',
      ask: (bench) =>
        both(bench, async ({ fn, at }, who) => {
          const { value, ns } = bench.family.longestThrottle
          await fn.write(0, at.throttle, value)
          await bench.chip.pass(ns)
          await fn.messages()
          await fn.write(0, at.autoClear, 1)
          await fn.write(0, at.autoMask, 0)
          await fn.write(0, at.enable, 1)
          await fn.write(0, at.set, 1)
          await bench.chip.pass(ns / 100)
          const first = (await fn.messages()).length
          await fn.write(0, at.set, 1)
          await bench.chip.pass(ns / 100)
          const soon = (await fn.messages()).length
          await bench.chip.pass(ns * 1.5)
          same(`${who}: at once, soon, later`, [first, soon, (await fn.messages()).length], [1, 0, 1])
        }),
    },
    {
      name: 'a masked MSI-X vector is pending, and sent when it is unmasked',
      section: 'PCI 3.0, 6.8.3',
      ask: (bench) =>
        both(bench, async ({ fn, at }, who) => {
          const { table, pending } = await msix(fn)
          await fn.write(0, at.autoClear, 1)
          await fn.write(0, at.enable, 1)
          await fn.write(table[0], table[1] + 12, 1)
          await fn.write(0, at.set, 1)
          same(`${who}: messages while masked`, await messages(bench, fn), [])
          same(`${who}: pending`, (await fn.read(pending[0], pending[1])) & 1, 1)
          await fn.write(table[0], table[1] + 12, 0)
          same(`${who}: messages`, await messages(bench, fn), [0])
          same(`${who}: pending afterwards`, (await fn.read(pending[0], pending[1])) & 1, 0)
        }),
    },
    {
      name: "a virtual function's queues raise the vectors that VTIVAR says",
      section: '82576 7.3.1.2; 82599 8.3.5.5',
      ask: async (bench) => {
        const [{ tx, rx }] = await bench.pools(2)
        const [vf, neighbour] = bench.vfs
        const { interrupts, interruptMode, vfVectors } = bench.family
        await bench.apply([interruptMode])
        for (const fn of [vf, neighbour]) {
          await fn.enableMessages()
          await fn.write(0, vfVectors.queues, 0x8281)
          await fn.write(0, interrupts.vf.autoClear, 7)
          await fn.write(0, interrupts.vf.enable, 7)
        }
        await tx.send(frameOf(PEER, addressOf(0)))
        same('transmit', await messages(bench, vf), [2])
        await bench.chip.send(frameOf(addressOf(0), PEER))
        same('receive', await messages(bench, vf), [1])
        await vf.write(0, vfVectors.queues, 0x0201)
        await rx.take()
        await tx.send(frameOf(PEER, addressOf(0)))
        same('without valid bits', await messages(bench, vf), [])
        same('the neighbour', await messages(bench, neighbour), [])
      },
    },
  ],
}
