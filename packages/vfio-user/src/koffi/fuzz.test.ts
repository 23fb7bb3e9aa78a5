import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Arena } from '@npa/memory'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RealScheduler, serveFunction } from '../index.js'
import type { Backing, BackingSource } from '../backing.js'
import { Command, MessageFlag } from '../protocol.js'
import { Client, message } from '../testing/client.js'
import { answered, BEGIN, CANARY, messages as count, PAGE, PAGES, SESSION, session } from '../testing/fuzzed.js'
import { SampleFunction } from '../testing/sample-function.js'
import { accelerated } from '../testing/ways.js'

const MESSAGES = count(10_000)
/** Ids of the messages around the fuzzed ones, whose ids are below half of it. */
const LAST = 0x10000

/** What comes with a message: sealed memory, a file, event descriptors, what has no business there. */
const KINDS = ['memory', 'file', 'event', 'event', 'null', 'folder', 'read-only'] as const
const some = fc.array(fc.nat(KINDS.length - 1), { maxLength: 20 })
const withMap = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom<number[]>([0], [0], [1]) },
  { weight: 1, arbitrary: some },
)
const withOther = fc.oneof(
  { weight: 3, arbitrary: fc.array(fc.constant(2), { maxLength: 5 }) },
  { weight: 3, arbitrary: fc.constant<number[]>([]) },
  { weight: 1, arbitrary: some },
)

/** What comes with every message of a session. */
const given = (of: fc.Arbitrary<number[]>): fc.Arbitrary<number[][]> => fc.array(of, { minLength: 20, maxLength: 20 })

function open(): number {
  return fs.readdirSync('/proc/self/fd').length
}

accelerated('messages with descriptors', ({ accelerator, sender }) => {
  test(`${MESSAGES} of any kind through a socket: each is answered once or not at all, nothing beside the maps is touched, nothing stays open`, async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vfio-user-fuzz-'))
    const socket = path.join(folder, 'socket')
    const full = Buffer.alloc(PAGES * PAGE, 0xc5)
    const memory = sender.memory(full.length)
    const file = fs.openSync(path.join(folder, 'file'), 'w+')
    for (const fd of [memory, file]) fs.writeSync(fd, full)
    const readOnly = fs.openSync(path.join(folder, 'file'), 'r')
    const fds = [
      memory,
      file,
      sender.eventfd(),
      sender.eventfd(),
      fs.openSync('/dev/null', 'r+'),
      fs.openSync(folder, 'r'),
      readOnly,
    ]
    const arena = new Arena(1 << 20)
    const fn = new SampleFunction(arena)
    const scheduler = new RealScheduler()
    let moved = 0
    let sent = 0
    const counted = (backing: Backing): Backing => ({
      read: (position, bytes, at) => backing.read(position, bytes, at) && (moved += bytes) > 0,
      write: (at, bytes, position) => backing.write(at, bytes, position) && (moved += bytes) > 0,
      release: () => backing.release(),
    })
    const memories = (of: Arena): BackingSource => {
      const source = accelerator.memory(of)
      const { mostMappings } = source
      const back: BackingSource['back'] = (request, received) => {
        const backing = source.back(request, received)
        return typeof backing === 'object' ? counted(backing) : backing
      }
      return { mostMappings, back, close: () => source.close() }
    }
    const platform = { ...accelerator, memory: memories }
    const server = await serveFunction({ socket, accelerator: platform, fn, arena, scheduler })
    try {
      const before = open()
      await fc.assert(
        fc.asyncProperty(
          session,
          given(withMap),
          given(withOther),
          fc.boolean(),
          async ({ messages, cuts }, maps, others, dies) => {
            const it = await Client.connect(socket, sender)
            it.socket.write(message(LAST - 1, Command.version, Buffer.alloc(4)))
            for (const payload of BEGIN) it.socket.write(message(0, Command.regionWrite, payload, MessageFlag.noReply))
            await it.until(() => it.received[0])
            for (const [i, [id, [code, payload], bits]] of messages.entries()) {
              const bytes = message(id & (LAST / 2 - 1), code, payload, bits)
              const cut = Math.min(1 + cuts[i % cuts.length], bytes.length)
              it.sendRaw(
                bytes.subarray(0, cut),
                (code === Command.dmaMap ? maps : others)[i % 20].map((kind) => fds[kind]),
              )
              it.sendRaw(bytes.subarray(cut), [])
              sent++
            }
            if (!dies) {
              it.socket.write(message(LAST - 2, Command.deviceGetInfo, Buffer.alloc(16)))
              await it.until(() => it.received.find(({ id }) => id === LAST - 2))
              const replies = it.received.filter((got) => (got.flags & 0xf) === MessageFlag.reply).map(({ id }) => id)
              const wanted = answered(messages).map((id) => id & (LAST / 2 - 1))
              expect(replies).toEqual([LAST - 1, ...wanted, LAST - 2])
            }
            it.socket.destroy()
            while (server.attached) await new Promise((later) => setImmediate(later))
            await new Promise((later) => setImmediate(later))
            expect(open()).toBe(before)
          },
        ),
        { numRuns: Math.ceil(MESSAGES / SESSION), seed: 1 },
      )
      const after = Buffer.alloc(full.length)
      for (const fd of [memory, file]) {
        expect(fs.fstatSync(fd).size).toBe(full.length)
        fs.readSync(fd, after, 0, after.length, 0)
        expect(after.subarray(0, PAGE).equals(CANARY)).toBe(true)
        expect(after.subarray(-PAGE).equals(CANARY)).toBe(true)
      }
      expect(sent).toBeGreaterThanOrEqual(MESSAGES)
      // Much of it must have got through, or the canaries prove nothing.
      expect(moved).toBeGreaterThan(MESSAGES)
    } finally {
      await server.close()
      scheduler.stop()
      for (const fd of fds) fs.closeSync(fd)
      fs.rmSync(folder, { recursive: true })
    }
  }, 3_600_000)
})
