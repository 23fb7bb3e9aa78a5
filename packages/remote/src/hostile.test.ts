import { Counters, randomStream } from '@npa/core'
import type { Random } from '@npa/core'
import { Arena } from '@npa/memory'
import type { PciFunction } from '@npa/pci'
import { Doorbell } from '@npa/ring-datapath'
import { Frame, FRAME_WORDS, frameBatch, MAX_WIRE_FRAME } from '@npa/wire'
import type { FrameBatch, Port } from '@npa/wire'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  CABLE_BYTES,
  CABLE_STORE_BYTES,
  CableEnd,
  createCable,
  createMessageLink,
  createRequestLink,
  DeviceServer,
  MESSAGE_LINK_BYTES,
  MessageReceiver,
  MessageSender,
  Op,
  REQUEST_LINK_BYTES,
  RequestClient,
  RequestServer,
} from './index.js'
import type { RequestHandler } from './index.js'

/** Rounds of garbage for each link; a million on demand. */
const ROUNDS = Number(process.env['NPA_GARBAGE'] ?? 20_000)
const SEED = Number(process.env['NPA_SEED'] ?? 1)
const LONG = 120_000 + ROUNDS

/** Before a link its two bells, after it nothing that is its own. */
const BELLS = 256
const CANARY = 0x5eed5eed

/** A link in memory whose surroundings nobody may touch. */
class Surrounded {
  readonly buffer: SharedArrayBuffer
  readonly place: { readonly buffer: SharedArrayBuffer; readonly at: number }
  readonly words: Int32Array
  readonly own: Doorbell
  readonly other: Doorbell
  readonly #after: Int32Array

  constructor(bytes: number) {
    this.buffer = new SharedArrayBuffer(BELLS + bytes + 4096)
    this.place = { buffer: this.buffer, at: BELLS }
    this.words = new Int32Array(this.buffer, BELLS, bytes / 4)
    this.own = new Doorbell(this.buffer, 0)
    this.other = new Doorbell(this.buffer, 128)
    this.#after = new Int32Array(this.buffer, BELLS + bytes, 1024).fill(CANARY)
  }

  get untouched(): boolean {
    return this.#after.every((word) => word === CANARY)
  }
}

/** A word that is wrong in an interesting way. */
function word(random: Random): number {
  switch (random.below(6)) {
    case 0:
      return random.u32() | 0
    case 1:
      return random.below(16)
    case 2:
      return -random.below(16)
    case 3:
      return 1 << random.below(32)
    case 4:
      return 0x7fffffff - random.below(4)
    default:
      return random.below(4096)
  }
}

/** Writes garbage anywhere into a link, half of it among the indices: what the other side's thread can do at any time. */
function scribble({ words }: Surrounded, random: Random): void {
  for (let n = random.below(24); n > 0; n--) {
    const at = random.below(2) === 0 ? random.below(96) : random.below(words.length)
    Atomics.store(words, at, random.below(3) === 0 ? Atomics.load(words, at) + random.below(5) - 2 : word(random))
  }
}

/** A function that knows what a bus can ask for, and whom it belongs to. */
class StrictFunction implements PciFunction {
  accesses = 0
  readonly #mine: boolean
  readonly #vfs: readonly PciFunction[]

  constructor(mine: boolean, vfs: readonly PciFunction[] = []) {
    this.#mine = mine
    this.#vfs = vfs
  }

  #check(offset: number, size: number, value = 0): void {
    this.accesses++
    if (!this.#mine) throw new Error('a guest has reached a function that is not its own')
    if (![1, 2, 4].includes(size)) throw new Error(`an access of ${size} bytes`)
    for (const one of [offset, value])
      if (!Number.isInteger(one) || one < 0 || one > 0xffffffff) throw new Error(`${one} is no u32`)
  }

  configRead(): number {
    throw new Error("a guest has reached a VF's configuration space")
  }

  configWrite(): void {
    throw new Error("a guest has reached a VF's configuration space")
  }

  barRead(bar: number, offset: number, size: 1 | 2 | 4): number {
    if (bar !== 4) throw new Error(`a guest has reached BAR ${bar}`)
    this.#check(offset, size)
    return offset
  }

  barWrite(bar: number, offset: number, size: 1 | 2 | 4, value: number): void {
    if (bar !== 4) throw new Error(`a guest has reached BAR ${bar}`)
    this.#check(offset, size, value)
  }

  attach(_dma: unknown, _msi: unknown, vfsChanged: (vfs: readonly PciFunction[]) => void): void {
    if (this.#vfs.length > 0) vfsChanged(this.#vfs)
  }

  reset(): void {
    throw new Error('a guest has reset a function')
  }
}

let random: Random
let vf: StrictFunction

beforeEach(() => {
  random = randomStream(SEED, 'garbage')
  vf = new StrictFunction(true)
})

describe("whatever the other side's thread writes into a link", () => {
  test(
    'a server carries out, of the function that is open to it, accesses that a bus can make, and counts the rest',
    () => {
      const link = new Surrounded(REQUEST_LINK_BYTES)
      const pf = new StrictFunction(false, [vf, new StrictFunction(false)])
      createRequestLink(link.place)
      const server = new DeviceServer(new Arena(4 * 65536), pf, unheard(), [{ interrupts: unheard() }], () => undefined)
      server.hostRequest(Op.openWindow, 0, 1, 4, 0, 0, 0)
      let requests = 0
      const handle: RequestHandler = server.guestRequest(0)
      const guest = new RequestServer(link.place, (...request) => {
        requests++
        return handle(...request)
      })
      for (let round = 0; round < ROUNDS; round++) {
        scribble(link, random)
        if (round % 8 === 0) formal(handle)
        const before = requests
        const count = guest.serve(256)
        expect(count).toBeLessThanOrEqual(256)
        expect(requests - before).toBe(count)
      }
      expect(link.untouched).toBe(true)
      expect(vf.accesses).toBeGreaterThan(0)
      expect(server.badRequests).toBeGreaterThan(0)
      expect(pf.accesses).toBe(0)
    },
    LONG,
  )

  /** Requests in form, of operations and arguments that are not. */
  function formal(handle: RequestHandler): void {
    const link = new Surrounded(REQUEST_LINK_BYTES)
    createRequestLink(link.place)
    const client = new RequestClient(link.place, link.own, 'the device')
    for (let n = random.below(64); n > 0; n--) client.post(kind(), ...words6())
    new RequestServer(link.place, handle).serve(256)
  }

  function kind(): number {
    return random.below(4) === 0 ? word(random) : 1 + random.below(16)
  }

  function words6(): [number, number, number, number, number, number] {
    const size = random.below(2) === 0 ? 4 : word(random)
    return [word(random), word(random), word(random), size, word(random), word(random)]
  }

  test(
    'a client writes into its ring and nowhere else',
    () => {
      const link = new Surrounded(REQUEST_LINK_BYTES)
      createRequestLink(link.place)
      const client = new RequestClient(link.place, link.own, 'the device')
      const server = new RequestServer(link.place, () => 0)
      for (let round = 0; round < ROUNDS; round++) {
        // a head that a consumer could have is believed: there is room, or there is none and the post would wait
        const tail = Atomics.load(link.words, TAIL)
        scribble(link, random)
        Atomics.store(link.words, TAIL, tail)
        Atomics.store(link.words, HEAD, tail - random.below(256))
        client.post(Op.barWrite, ...words6())
        server.serve(8)
      }
      expect(link.untouched).toBe(true)
    },
    LONG,
  )

  test(
    'a sender of messages keeps a bounded number of them, and loses no more than it counts',
    () => {
      const link = new Surrounded(MESSAGE_LINK_BYTES)
      createMessageLink(link.place)
      const sender = new MessageSender(link.place, link.own)
      for (let round = 0; round < ROUNDS; round++) {
        if (round % 4 === 0) scribble(link, random)
        sender.send(random.below(4), word(random), word(random), round)
        if (round % 16 === 0) sender.flush()
        expect(sender.held).toBeLessThanOrEqual(1024)
      }
      // one who never takes anything
      createMessageLink(link.place)
      const stuck = new MessageSender(link.place, link.own)
      for (let i = 0; i < 3000; i++) stuck.send(0, 0, 0, i)
      expect([stuck.held, stuck.lost]).toEqual([1024, 3000 - 256 - 1024])
      expect(link.untouched).toBe(true)
    },
    LONG,
  )

  test(
    'a receiver of messages takes a bounded number of words at a time',
    () => {
      const link = new Surrounded(MESSAGE_LINK_BYTES)
      createMessageLink(link.place)
      let taken = 0
      const receiver = new MessageReceiver(link.place, link.other, (from, lo, hi, data) => {
        taken++
        for (const one of [lo, hi, data]) if (one < 0 || !Number.isInteger(one)) throw new Error(`${one} from ${from}`)
      })
      for (let round = 0; round < ROUNDS; round++) {
        scribble(link, random)
        const before = taken
        receiver.drain(64)
        expect(taken - before).toBeLessThanOrEqual(64)
      }
      expect(taken).toBeGreaterThan(0)
      expect(link.untouched).toBe(true)
    },
    LONG,
  )

  test(
    'an end of a cable delivers whole frames of the far end, sends from its own store, and counts what was no frame',
    () => {
      const link = new Surrounded(CABLE_BYTES)
      const arena = new Arena(32 * 65536)
      createCable(link.place)
      const stores = [arena.allocate(CABLE_STORE_BYTES), arena.allocate(CABLE_STORE_BYTES)] as const
      const canary = arena.allocate(CABLE_STORE_BYTES)
      arena.u8.fill(0x5a, canary, canary + CABLE_STORE_BYTES)
      arena.u8.fill(0x3c, stores[1], stores[1] + CABLE_STORE_BYTES)
      const counters = new Counters()
      const far = link.other
      const end = new CableEnd({ place: link.place, end: 0, arena, stores, far, counters, carrier: () => undefined })
      let arrived = 0
      const peer: Port = {
        up: true,
        send: (batch: FrameBatch, from: number, count: number) => {
          for (let i = from; i < from + count; i++) {
            const at = batch.words[i * FRAME_WORDS + Frame.address] - stores[1]
            const length = batch.words[i * FRAME_WORDS + Frame.length]
            if (at < 0 || length < 14 || length > MAX_WIRE_FRAME || at + length > CABLE_STORE_BYTES)
              throw new Error(`${length} bytes at ${at}`)
            arrived++
          }
          return random.below(8) === 0 ? random.below(count + 1) : count
        },
        room: () => undefined,
        connect: () => undefined,
      }
      end.connect(peer)
      const batch = frameBatch(1)
      batch.n = 1
      batch.words[Frame.address] = canary
      for (let round = 0; round < ROUNDS; round++) {
        scribble(link, random)
        // the far end's records, of which some could be right
        const slot = link.words.subarray(LANE_WORDS + RECORDS)
        for (let n = random.below(8); n > 0; n--) {
          const at = 2 * random.below(256)
          slot[at] = random.below(3) === 0 ? word(random) : stores[1] + 64 * random.below(CABLE_STORE_BYTES / 64)
          slot[at + 1] = random.below(3) === 0 ? word(random) : 14 + random.below(9000)
        }
        if (random.below(2) === 0)
          Atomics.store(link.words, LANE_WORDS + TAIL, Atomics.load(link.words, LANE_WORDS + HEAD) + random.below(8))
        batch.words[Frame.length] = 14 + random.below(9000)
        end.send(batch, 0, 1)
        end.poll()
        if (random.below(4) === 0) end.room()
      }
      expect(arrived).toBeGreaterThan(0)
      expect(counters.get('drop.garbled')).toBeGreaterThan(0)
      expect(counters.get('sent')).toBeGreaterThan(0)
      expect(link.untouched).toBe(true)
      const fills = (value: number, at: number): boolean =>
        arena.u8.subarray(at, at + CABLE_STORE_BYTES).every((byte) => byte === value)
      expect([fills(0x5a, canary), fills(0x3c, stores[1])]).toEqual([true, true])
    },
    LONG,
  )
})

/** Where a ring has its indices and its records, words. */
const TAIL = 32
const HEAD = 64
const RECORDS = 96
const LANE_WORDS = CABLE_BYTES / 8 - 32

/** A sender whom nobody hears. */
function unheard(): MessageSender {
  const link = new Surrounded(MESSAGE_LINK_BYTES)
  createMessageLink(link.place)
  return new MessageSender(link.place, link.own)
}
