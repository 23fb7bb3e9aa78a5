import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Arena } from '@npa/memory'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ClientChannel } from './client-channel.js'
import { FunctionRegions } from './function-regions.js'
import { GuestMemory } from './guest-memory.js'
import { MessageReader } from './message-reader.js'
import { MsixMirror } from './msix-mirror.js'
import { Command, MessageFlag } from './protocol.js'
import { NO_DESCRIPTORS } from './pure-node.js'
import { Session } from './session.js'
import { SharedFile } from './shared-file.js'
import { message, parse } from './testing/client.js'
import { answered, BEGIN, CANARY, messages as count, PAGE, PAGES, SESSION, session } from './testing/fuzzed.js'
import { SampleFunction } from './testing/sample-function.js'

const MESSAGES = count(100_000)

test(`${MESSAGES} messages of any kind: each is answered once or not at all, and memory beside the maps stays as it was`, () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vfio-user-fuzz-'))
  const file = path.join(folder, 'memory')
  const arena = new Arena(1 << 20)
  const fn = new SampleFunction(arena)
  let moved = 0
  let sent = 0
  try {
    fs.writeFileSync(file, Buffer.alloc(PAGES * PAGE, 0xc5))
    fc.assert(
      fc.property(session, ({ messages, cuts }) => {
        const out: Buffer[] = []
        const socket = {
          destroyed: false,
          writableLength: 0,
          write: (bytes: Buffer) => out.push(bytes),
          destroy: () => 0,
        }
        const channel = new ClientChannel(socket)
        const memory = new GuestMemory(new SharedFile(arena, file))
        const regions = new FunctionRegions(fn, false)
        const interrupts = new MsixMirror(fn, regions, channel)
        const parts = { fn, regions, memory, interrupts, channel, descriptors: NO_DESCRIPTORS, log: () => undefined }
        const served = new Session(parts)
        fn.attach(memory, interrupts, () => undefined)
        const reader = new MessageReader((bytes, at, size) => served.message(bytes, at, size))
        const begin = [
          message(0xabcd, Command.version, Buffer.alloc(4)),
          ...BEGIN.map((payload) => message(0, Command.regionWrite, payload, MessageFlag.noReply)),
        ]
        const stream = Buffer.concat([
          ...begin,
          ...messages.map(([id, [code, payload], bits]) => message(id, code, payload, bits)),
        ])
        for (let at = 0, i = 0; at < stream.length; i++) {
          const next = at + 1 + cuts[i % cuts.length]
          expect(reader.feed(stream.subarray(at, next))).toBe(true)
          at = next
        }
        const { messages: answers, rest } = parse(Buffer.concat(out))
        const replies = answers.filter((got) => (got.flags & 0xf) === MessageFlag.reply)
        expect(rest.length).toBe(0)
        expect(replies.map(({ id }) => id)).toEqual([0xabcd, ...answered(messages)])
        moved += memory.bytes
        sent += messages.length
        fn.reset('power')
        memory.close()
      }),
      { numRuns: Math.ceil(MESSAGES / SESSION), seed: 1 },
    )
    const after = fs.readFileSync(file)
    expect(after.length).toBe(PAGES * PAGE)
    expect(after.subarray(0, PAGE).equals(CANARY)).toBe(true)
    expect(after.subarray(-PAGE).equals(CANARY)).toBe(true)
    expect(sent).toBeGreaterThanOrEqual(MESSAGES)
    // Much of it must have got through, or the canaries prove nothing.
    expect(moved).toBeGreaterThan(MESSAGES)
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}, 600_000)
