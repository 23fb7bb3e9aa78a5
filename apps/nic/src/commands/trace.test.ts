import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { start } from '../testing/command.js'
import type { Running } from '../testing/command.js'
import { enable, served } from '../testing/served.js'

const VF = { mailbox: 0x2fc, words: 0x200, tdbal: 0x2000, tdlen: 0x2008, tdt: 0x2018 } as const
const RING = 0x1000
const FRAME = 0x2000

/** Starts a trace; it listens once an access of the PF shows in it. */
async function tracing(folder: string, poke: () => Promise<unknown>, ...options: string[]): Promise<Running> {
  const trace = start('trace', folder, ...options)
  while (trace.stdout.text === '') {
    await poke()
    await new Promise((later) => setImmediate(later))
  }
  return trace
}

test('registers by name, mailbox and descriptors in words, frames in a file', async () => {
  const { folder, client, memory } = await served('--model', 'intel-82599', '--vfs', '1')
  const pf = await client('pf')
  await enable(pf, 1)
  const vf = await client('vf0')
  const file = join(folder, 'frames.pcapng')
  const { stdout, interrupt, code } = await tracing(folder, () => pf.read32(0, 8), '--pcapng', file)
  await vf.write32(0, VF.words, 2)
  await vf.write32(0, VF.words + 4, 0x12005452)
  await vf.write32(0, VF.words + 8, 0x5634)
  await vf.write32(0, VF.mailbox, 1)
  const guest = readFileSync(memory)
  const words = [FRAME, 0, 0x2b30003c, 60 << 14]
  for (const [n, word] of words.entries()) guest.writeUInt32LE(word, RING + 4 * n)
  guest.write('a frame of the driver', FRAME + 14)
  writeFileSync(memory, guest)
  await vf.write32(0, VF.tdbal, RING)
  await vf.write32(0, VF.tdlen, 128)
  await vf.write32(0, VF.tdt, 1)
  await stdout.shows('VFTDT(0) <- 0x00000001')
  await stdout.shows('tx queue 0, 0: data, 60 bytes at 0x2000, payload 60 EOP IFCS RS')
  expect(stdout.text).toMatch(/pf {3}read {7}STATUS -> 0x[0-9a-f]{8} .*NUMVFS=1/)
  expect(stdout.text).toMatch(/vf0 {2}mailbox {4}VF asks: SET_MAC_ADDR 52:54:00:12:34:56/)
  interrupt()
  expect(await code).toBe(0)
  while (!readFileSync(file).includes('a frame of the driver')) await new Promise((later) => setImmediate(later))
})

test('a filter, and lines of JSON; it ends with the server', async () => {
  const { folder, client, interrupt } = await served('--model', 'intel-82576', '--vfs', '1')
  const pf = await client('pf')
  const poke = (): Promise<unknown> => pf.read32(0, 8)
  const trace = await tracing(folder, poke, '--json', '--kind', 'read', '--register', 'STATUS')
  await pf.write32(0, 0x100, 2)
  await pf.read32(0, 0x18)
  await pf.read32(0, 8)
  interrupt()
  expect(await trace.code).toBe(0)
  const events = trace.stdout.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string; register: string })
  expect(new Set(events.map(({ kind, register }) => `${kind} ${register}`))).toEqual(new Set(['read STATUS']))
})
