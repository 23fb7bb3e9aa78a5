import { Counters } from '@npa/core'
import { Arena } from '@npa/memory'
import { Doorbell } from '@npa/ring-datapath'
import { Frame, FRAME_WORDS, frameBatch } from '@npa/wire'
import type { FrameBatch, Port } from '@npa/wire'
import { describe, expect, test } from 'vitest'
import {
  CABLE_BYTES,
  CABLE_STORE_BYTES,
  CableEnd,
  createCable,
  createMessageLink,
  MESSAGE_LINK_BYTES,
  MessageReceiver,
  MessageSender,
} from './index.js'

describe('MessageSender', () => {
  test('what finds no room waits, once each, and follows in order when there is room', () => {
    const buffer = new SharedArrayBuffer(256 + MESSAGE_LINK_BYTES)
    const link = { buffer, at: 256 }
    createMessageLink(link)
    const got: number[] = []
    const sender = new MessageSender(link, new Doorbell(buffer, 0))
    const receiver = new MessageReceiver(link, new Doorbell(buffer, 128), (_from, _lo, _hi, data) => got.push(data))
    for (let i = 0; i < 300; i++) sender.send(0, 0xfee00000, 0, i)
    for (let i = 250; i < 300; i++) sender.send(0, 0xfee00000, 0, i)
    // 256 are in the ring; 250 to 255 were sent again, since those in the ring may be taken already
    expect(sender.held).toBe(50)
    while (receiver.drain(64) || sender.flush());
    expect(sender.held).toBe(0)
    expect(got.slice(0, 300)).toEqual(Array.from({ length: 300 }, (_, i) => i))
    expect(got.slice(300)).toEqual([250, 251, 252, 253, 254, 255])
  })
})

/** Takes frames as long as it may, and keeps their first words. */
class Sink implements Port {
  readonly got: number[] = []
  readonly up = true
  takes = Infinity
  rooms = 0
  readonly #arena: Arena
  constructor(arena: Arena) {
    this.#arena = arena
  }
  send(batch: FrameBatch, from: number, count: number): number {
    const taken = Math.min(count, this.takes)
    for (let i = from; i < from + taken; i++)
      this.got.push(this.#arena.i32[batch.words[i * FRAME_WORDS + Frame.address] >> 2])
    return taken
  }
  room(): void {
    this.rooms++
  }
  connect(): void {
    /* it sends nothing */
  }
}

describe('CableEnd', () => {
  test('frames arrive once and in order; a sender that was refused hears of room; carriers are told', () => {
    const arena = new Arena(16 * 65536)
    const buffer = new SharedArrayBuffer(256 + CABLE_BYTES)
    const place = { buffer, at: 256 }
    createCable(place)
    const stores = [arena.allocate(CABLE_STORE_BYTES), arena.allocate(CABLE_STORE_BYTES)] as const
    const counters = [new Counters(), new Counters()]
    const carriers = [0, 0]
    const ends = ([0, 1] as const).map((end) => {
      const carrier = (): void => {
        carriers[end]++
      }
      return new CableEnd({
        place,
        end,
        arena,
        stores,
        far: new Doorbell(buffer, end * 128),
        counters: counters[end],
        carrier,
      })
    })
    const [near, far] = [new Sink(arena), new Sink(arena)]
    ends[0].connect(near)
    ends[1].connect(far)
    for (let i = 0; i < 2; i++) for (const end of ends) end.poll()
    expect([ends[0].up, ends[1].up, ...carriers]).toEqual([true, true, 1, 1])

    const frame = arena.allocate(4096)
    const batch = frameBatch(1)
    batch.n = 1
    batch.words[Frame.address] = frame
    let sent = 0
    const burst = (): void => {
      for (;;) {
        arena.i32[frame >> 2] = sent
        batch.words[Frame.length] = 60 + ((sent * 97) % 1500)
        if (ends[0].send(batch, 0, 1) === 0) return
        sent++
      }
    }
    for (let round = 0; round < 50; round++) {
      burst()
      const rooms = near.rooms
      expect(ends[0].poll()).toBe(false)
      far.takes = round % 3 === 0 ? 10 : Infinity
      while (ends[1].poll()) {
        if (far.takes === Infinity) continue
        far.takes = Infinity
        ends[1].room()
      }
      ends[0].poll()
      expect(near.rooms).toBe(rooms + 1)
    }
    expect(sent).toBeGreaterThan(50 * 100)
    expect(far.got).toEqual(Array.from({ length: sent }, (_, i) => i))
    expect([counters[0].get('sent'), counters[1].get('delivered')]).toEqual([sent, sent])
    batch.words[Frame.length] = 10
    expect(ends[0].send(batch, 0, 1)).toBe(1)
    expect(counters[0].get('drop.undersize')).toBe(1)
  })
})
