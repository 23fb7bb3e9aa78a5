import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { randomStream } from '@npa/core'
import { Command, Region } from '@npa/vfio-user/testing'
import type { Client } from '@npa/vfio-user/testing'
import { expect, test } from 'vitest'
import { npaNic } from '../testing/command.js'
import { enable, served } from '../testing/served.js'

/** Of each kind; NPA_SOAK=1000 for more. */
const CYCLES = Number(process.env.NPA_SOAK ?? 20)
/** Bytes that a run may leave behind in a heap of tens of megabytes. */
const MOST_GROWTH = 4e6
const VFS = 4
const MAILBOX = 0x2fc
/** Registers of 32 bits that BAR 0 has room for. */
const BAR_WORDS = 0x8000

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Does something often; the heap and the descriptors of the process are as before. The first rounds, in which pools fill, do not count. */
async function flat(cycles: number, cycle: (n: number) => Promise<void>): Promise<void> {
  const measure = async (): Promise<{ heap: number; descriptors: number }> => {
    // Sockets that were dropped are closed by the loop.
    for (let n = 0; n < 20; n++) await new Promise((later) => setImmediate(later))
    collect()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return { heap: heapUsed + arrayBuffers, descriptors: readdirSync('/proc/self/fd').length }
  }
  for (let n = 0; n < 5; n++) await cycle(n)
  const before = await measure()
  for (let n = 0; n < cycles; n++) await cycle(n)
  const after = await measure()
  expect(after.descriptors - before.descriptors).toBe(0)
  expect(after.heap - before.heap).toBeLessThan(MOST_GROWTH)
}

/** Forgets what came: a client that lives long would keep it, and grow itself. */
function forget(...clients: Client[]): void {
  for (const { received } of clients) received.length = 0
}

async function detached(folder: string, which: string): Promise<void> {
  for (;;) {
    const { stdout } = await npaNic('ctl', folder, 'status', '--json')
    const { counters } = JSON.parse(stdout) as { counters: { functions: { name: string; attached: boolean }[] } }
    if (counters.functions.find(({ name }) => name === which)?.attached === false) return
  }
}

const card = ['--model', 'intel-82599', '--vfs', String(VFS)]
const HOUR = 3_600_000

test(`${CYCLES} resets by the guest`, { timeout: HOUR }, async () => {
  const { client } = await served(...card)
  const pf = await client('pf')
  await flat(CYCLES, async () => {
    await enable(pf, VFS)
    expect(await pf.errno(Command.deviceReset)).toBe(0)
    forget(pf)
  })
})

test(`virtual functions enabled and disabled ${CYCLES} times`, { timeout: HOUR }, async () => {
  const { client } = await served(...card)
  const pf = await client('pf')
  const vf = await client('vf2')
  await flat(CYCLES, async () => {
    await enable(pf, VFS)
    expect(await vf.read32(0, MAILBOX)).not.toBe(0xffffffff)
    await enable(pf, 0)
    expect(await vf.read32(0, MAILBOX)).toBe(0xffffffff)
    forget(pf, vf)
  })
})

test(`clients come and go ${CYCLES} times`, { timeout: HOUR }, async () => {
  const { client, folder } = await served(...card)
  await flat(CYCLES, async () => {
    const pf = await client('pf')
    await enable(pf, VFS)
    pf.socket.destroy()
    await detached(folder, 'pf')
  })
})

test(`a client is killed at random instants, ${CYCLES} times`, { timeout: HOUR }, async () => {
  const { client, folder } = await served(...card)
  const random = randomStream(1, 'kill')
  // The chip counts accesses to registers that it does not have, a counter for each: they are there before anything is measured.
  const first = await client('pf')
  for (let word = 0; word < BAR_WORDS; word++) first.send(Command.regionWrite, access(word << 2, 0))
  expect(await first.read32(Region.config, 0)).toBe(0x10fb8086)
  first.socket.destroy()
  await detached(folder, 'pf')
  await flat(CYCLES, async () => {
    const pf = await client('pf')
    const acts = 1 + random.below(40)
    for (let act = 0; act < acts; act++) {
      const offset = random.below(BAR_WORDS) << 2
      pf.send(Command.regionWrite, access(offset, random.u32()))
      if (random.below(8) === 0) void enable(pf, random.below(VFS + 1)).catch(() => undefined)
    }
    // Anywhere in a message.
    pf.socket.write(access(0, 0).subarray(0, random.below(16)))
    if (random.below(2) === 0) await new Promise((later) => setImmediate(later))
    pf.socket.destroy()
    await detached(folder, 'pf')
  })
  const last = await client('pf')
  expect(await last.read32(Region.config, 0)).toBe(0x10fb8086)
  await enable(last, VFS)
  const vf = await client(`vf${VFS - 1}`)
  expect(await vf.read32(0, MAILBOX)).toBe(0x40)
})

test('two cards joined by a cable, three clients at once: none disturbs another', async () => {
  const first = await served(...card)
  const second = await served(...card, '--wire', `nic:${first.folder}`)
  const clients = await Promise.all([first.client('pf'), second.client('pf'), first.client('vf0')])
  await enable(clients[0], 1)
  for (let n = 0; n < CYCLES; n++) {
    await Promise.all([
      clients[0].write32(0, 0x5400, n),
      clients[1].write32(0, 0x5400, n + 0x10000),
      clients[2].write32(0, 0x200, n + 0x20000),
    ])
    expect(
      await Promise.all([clients[0].read32(0, 0x5400), clients[1].read32(0, 0x5400), clients[2].read32(0, 0x200)]),
    ).toEqual([n, n + 0x10000, n + 0x20000])
  }
  clients[1].socket.destroy()
  await detached(second.folder, 'pf')
  expect(await clients[0].read32(0, 0x5400)).toBe(CYCLES - 1)
  expect((await npaNic('ctl', first.folder, 'status')).code).toBe(0)
  expect(readdirSync(join(first.folder))).toContain('vf3')
})

/** REGION_WRITE of a word of BAR 0. */
function access(offset: number, value: number): Buffer {
  const payload = Buffer.alloc(20)
  payload.writeUInt32LE(offset, 0)
  payload.writeUInt32LE(0, 8)
  payload.writeUInt32LE(4, 12)
  payload.writeUInt32LE(value, 16)
  return payload
}
