import fc from 'fast-check'
import { Command, MessageFlag, Region } from '../protocol.js'
import { accessPayload, irqPayload, mapPayload, unmapPayload, words } from './client.js'
import { Sample } from './sample-function.js'

/** Set `NPA_FUZZ_MESSAGES` to 1,000,000 for the long run: some minutes. */
export function messages(unlessSet: number): number {
  return Number(process.env.NPA_FUZZ_MESSAGES ?? unlessSet)
}

/** Messages to one session, before it is broken off and the next begins. */
export const SESSION = 100

/** Id, command with its payload, and flags of each message; where the stream is cut. */
export interface FuzzedSession {
  readonly messages: readonly [id: number, command: [code: number, payload: Uint8Array], flags: number][]
  readonly cuts: readonly number[]
}

export const PAGE = 4096
/** Pages of the file; the first and the last are canaries, which no map that can be taken covers. */
export const PAGES = 16
export const CANARY: Buffer = Buffer.alloc(PAGE, 0xc5)

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
export const BEGIN: readonly Buffer[] = [
  accessPayload(Region.config, 4, 4, words(6)),
  accessPayload(0, Sample.bytes, 4, words(0x1800)),
]

const flags = fc.oneof(
  { weight: 12, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.constant(MessageFlag.noReply) },
  { weight: 3, arbitrary: fc.constantFrom(MessageFlag.reply, MessageFlag.reply | MessageFlag.error) },
  { weight: 1, arbitrary: u32 },
)

export const session: fc.Arbitrary<FuzzedSession> = fc.record({
  messages: fc.array(fc.tuple(fc.nat(0xffff), command, flags), { minLength: SESSION, maxLength: SESSION }),
  cuts: fc.array(fc.nat(600), { minLength: 1, maxLength: 20 }),
})

/** Ids of the messages that get a reply. */
export function answered(messages: FuzzedSession['messages']): number[] {
  return messages
    .filter(([, , bits]) => (bits & 0xf) !== MessageFlag.reply && (bits & MessageFlag.noReply) === 0)
    .map(([id]) => id)
}
