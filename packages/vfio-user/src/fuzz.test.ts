import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Arena } from '@npa/memory'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ClientChannel } from './client-channel.js'
import { GuestMemory } from './guest-memory.js'
import { MessageReader } from './message-reader.js'
import { Command, MessageFlag, Region } from './protocol.js'
import { Session } from './session.js'
import { accessPayload, irqPayload, mapPayload, message, parse, unmapPayload, words } from './testing/client.js'
import { Sample, SampleFunction } from './testing/sample-function.js'

/** Set it to 1,000,000 for the long run: some minutes. */
const MESSAGES = Number(process.env.NPA_FUZZ_MESSAGES ?? 100_000)
/** Messages to one session, before it is broken off and the next begins. */
const SESSION = 100

const PAGE = 4096
/** Pages of the file; the first and the last are canaries, which no map that can be taken covers. */
const PAGES = 16
const CANARY = Buffer.alloc(PAGE, 0xc5)

const pages = (most: number): fc.Arbitrary<number> => fc.nat(most).map((n) => n * PAGE)
const u32 = fc.oneof(fc.nat(64), fc.nat(0x2000), fc.integer({ min: 0, max: 0xffffffff }))
const wide = fc.oneof(u32, pages(32), fc.maxSafeNat(), fc.constant(2 ** 53 - PAGE))
const someBytes = fc.uint8Array({ maxLength: 80 })

/** A map that misses the canaries: inside the file, or reaching past its end. */
const map = fc
  .tuple(pages(40), fc.integer({ min: 1, max: PAGES - 2 }), fc.integer({ min: 1, max: PAGES - 2 }), fc.nat(4))
  .map(([address, first, count, flags]) => {
    const inside = first + count <= PAGES - 1 || first + count > PAGES
    return mapPayload(address, (inside ? count : PAGES - 1 - first) * PAGE, first * PAGE, flags)
  })
const wildMap = fc
  .tuple(wide, wide, wide, u32)
  .filter(([, bytes, offset]) => bytes + offset > PAGES * PAGE)
  .map((of) => mapPayload(...of))

const region = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(0, 2, Region.config) }, { weight: 1, arbitrary: u32 })
const count = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(1, 2, 4, 8) }, { weight: 1, arbitrary: u32 })
const read = fc.tuple(region, wide, count).map((of) => accessPayload(...of))
const write = fc.tuple(region, wide, count, fc.boolean(), someBytes).map(([where, offset, n, right, data]) => {
  const body = right ? Buffer.concat([data, Buffer.alloc(80)]).subarray(0, Math.min(n, 80)) : data
  return accessPayload(where, offset, n, body)
})
/** Steps of the engine: what makes it move memory, raise interrupts, lose and gain the bus. */
const drive = fc
  .oneof(
    fc.tuple(fc.constant(0), fc.constantFrom<number>(Sample.addressLo, Sample.raise), pages(40)),
    fc.tuple(fc.constant(0), fc.constant<number>(Sample.addressHi), fc.constantFrom(0, 0, 0, 1, 0x1fffff, 0xffffffff)),
    fc.tuple(fc.constant(0), fc.constant<number>(Sample.bytes), fc.constantFrom(0, 1, 64, PAGE, 0x1800, 0xffffffff)),
    { weight: 3, arbitrary: fc.tuple(fc.constant(0), fc.constant<number>(Sample.command), fc.constantFrom(1, 2)) },
    fc.tuple(fc.constant<number>(Region.config), fc.constant(4), fc.constantFrom(6, 6, 6, 0)),
    fc.tuple(fc.constant<number>(Region.config), fc.constantFrom(0x18, Sample.msix), fc.constantFrom(0x80000000, 0)),
  )
  .map(([where, offset, value]) => accessPayload(where, offset, 4, words(value)))

const command = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant(Command.dmaMap), fc.oneof(map, map, wildMap)) },
  {
    weight: 2,
    arbitrary: fc.tuple(
      fc.constant(Command.dmaUnmap),
      fc.tuple(wide, wide, fc.constantFrom(0, 0, 0, 0, 0, 0, 1, 2, 3)).map((of) => unmapPayload(...of)),
    ),
  },
  { weight: 4, arbitrary: fc.tuple(fc.constant(Command.regionRead), read) },
  { weight: 4, arbitrary: fc.tuple(fc.constant(Command.regionWrite), write) },
  { weight: 12, arbitrary: fc.tuple(fc.constant(Command.regionWrite), drive) },
  {
    weight: 3,
    arbitrary: fc.tuple(
      fc.constant(Command.deviceSetIrqs),
      fc.tuple(fc.constantFrom(0x24, 0x21, 0x11), fc.nat(5), fc.nat(5), fc.nat(6)).map((of) => irqPayload(...of)),
    ),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constant(Command.deviceReset), fc.constant(Buffer.alloc(0))) },
  // Neither command nor payload means anything; but a DMA_MAP of luck could cover a canary.
  {
    weight: 4,
    arbitrary: fc.tuple(
      fc.nat(20).filter((n) => n !== Command.dmaMap),
      someBytes,
    ),
  },
)

/** So that the engine works from the first command on. */
const BEGIN = [accessPayload(Region.config, 4, 4, words(6)), accessPayload(0, Sample.bytes, 4, words(0x1800))]

const flags = fc.oneof(
  { weight: 12, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.constant(MessageFlag.noReply) },
  { weight: 3, arbitrary: fc.constantFrom(MessageFlag.reply, MessageFlag.reply | MessageFlag.error) },
  { weight: 1, arbitrary: u32 },
)

const sessionBytes = fc.record({
  messages: fc.array(fc.tuple(fc.nat(0xffff), command, flags), { minLength: SESSION, maxLength: SESSION }),
  cuts: fc.array(fc.nat(600), { minLength: 1, maxLength: 20 }),
})

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
      fc.property(sessionBytes, ({ messages, cuts }) => {
        const out: Buffer[] = []
        const socket = {
          destroyed: false,
          writableLength: 0,
          write: (bytes: Buffer) => out.push(bytes),
          destroy: () => 0,
        }
        const channel = new ClientChannel(socket)
        const memory = new GuestMemory(arena, file)
        const session = new Session({ fn, sriov: false, memory, channel, log: () => undefined })
        fn.attach(memory, { message: (lo, hi, data) => channel.dmaWriteWord(lo, hi, data) }, () => undefined)
        const reader = new MessageReader((bytes, at, size) => session.message(bytes, at, size))
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
        const wanted = messages.filter(
          ([, , bits]) => (bits & 0xf) !== MessageFlag.reply && (bits & MessageFlag.noReply) === 0,
        )
        const replies = answers.filter((got) => (got.flags & 0xf) === MessageFlag.reply)
        expect(rest.length).toBe(0)
        expect(replies.map(({ id }) => id)).toEqual([0xabcd, ...wanted.map(([id]) => id)])
        moved += memory.bytes
        sent += messages.length
        fn.reset('power')
        memory.clear()
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
