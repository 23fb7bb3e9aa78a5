import { Frame, FRAME_WORDS, frameBatch, FrameFlag } from '@npa/wire'
import type { FrameBatch, Port } from '@npa/wire'
import { describe, expect, test } from 'vitest'
import { DESCRIPTOR_WORDS } from '@npa/vendor-intel-common/layout'
import type { IntelPf } from '@npa/vendor-intel-common/pf'
import * as R from './registers.js'
import { FakeChip } from './testing/fake-chip.js'

const QUEUE = 14
const EOP_DD = 3

interface Received {
  readonly bytes: number[]
  readonly flags: number
  readonly vlan: number
}

/** The PF's queue pair by hand: the test plays the chip and the virtual switch. */
class Bench {
  readonly chip = new FakeChip()
  readonly driver: IntelPf
  readonly received: Received[] = []
  /** Sizes of the batches delivered. */
  readonly batches: number[] = []
  rooms = 0
  capacity = Infinity
  readonly peer: Port = {
    send: (batch, from, count) => {
      const taken = Math.min(count, this.capacity)
      this.capacity -= taken
      this.batches.push(count)
      for (let i = from; i < from + taken; i++) this.#keep(batch, i)
      return taken
    },
    room: () => {
      this.rooms++
    },
    connect: () => undefined,
    up: true,
  }
  readonly #at: number
  constructor() {
    this.driver = this.chip.running()
    this.#at = this.chip.arena.allocate(0x10000)
    this.driver.uplink.connect(this.peer)
    this.settle()
    this.chip.taken()
  }
  settle(): void {
    this.chip.scheduler.run(() => false, this.chip.scheduler.nowNs() + 1000)
  }
  /** Word of a descriptor in the ring at a base register. */
  word(base: number, index: number, word: number): number {
    const i32 = this.#i32(base)
    return (i32.memory[i32.at + index * DESCRIPTOR_WORDS + word] ?? 0) >>> 0
  }
  words(base: number, index: number): number[] {
    return [0, 1, 2, 3].map((word) => this.word(base, index, word))
  }
  set(base: number, index: number, words: readonly number[]): void {
    const { memory, at } = this.#i32(base)
    memory.set(words, at + index * DESCRIPTOR_WORDS)
  }
  /** The chip receives a frame into a buffer. */
  arrive(index: number, bytes: readonly number[], type = 0, status = 0, vlan = 0): void {
    const to = this.#arenaOf(this.chip.get(R.RDBAL(QUEUE)), 0x2000) + index * 2048
    this.chip.arena.u8.set(bytes, to)
    this.set(R.RDBAL(QUEUE), index, [type, 0, EOP_DD | status, (vlan << 16) | bytes.length])
  }
  /** Bytes of the bounce buffer that a transmit descriptor names. */
  bounced(index: number, length: number): number[] {
    const at = this.#arenaOf(this.word(R.TDBAL(QUEUE), index, 0), 0)
    return [...this.chip.arena.u8.subarray(at, at + length)]
  }
  batch(
    frames: readonly { bytes: readonly number[]; flags?: number; start?: number; offset?: number; vlan?: number }[],
  ): FrameBatch {
    const batch = frameBatch(frames.length)
    let at = this.#at
    frames.forEach(({ bytes, flags = 0, start = 0, offset = 0, vlan = 0 }, i) => {
      this.chip.arena.u8.set(bytes, at)
      batch.words.set([at, bytes.length, flags, start, offset, vlan], i * FRAME_WORDS)
      at += bytes.length
    })
    batch.n = frames.length
    return batch
  }
  #keep(batch: FrameBatch, i: number): void {
    const at = batch.words[i * FRAME_WORDS + Frame.address]
    const length = batch.words[i * FRAME_WORDS + Frame.length]
    this.received.push({
      bytes: [...this.chip.arena.u8.subarray(at, at + length)],
      flags: batch.words[i * FRAME_WORDS + Frame.flags],
      vlan: batch.words[i * FRAME_WORDS + Frame.vlan],
    })
  }
  #arenaOf(lo: number, offset: number): number {
    const block = this.chip.memory.map(lo, 1, 4)
    return block.u8.byteOffset + offset
  }
  #i32(base: number): { memory: Int32Array; at: number } {
    return { memory: this.chip.arena.i32, at: this.#arenaOf(this.chip.get(base), 0) >> 2 }
  }
}

const TX = R.TDBAL(QUEUE)
const RX = R.RDBAL(QUEUE)

function frame(length: number, fill = 0x5a): number[] {
  return Array<number>(length).fill(fill)
}

/** A TCP or UDP frame over IPv4 or IPv6, the headers as far as the driver looks at them. */
function ipFrame(type: number, length: number, tagged = false): number[] {
  const bytes = frame(length, 0)
  bytes.splice(12, tagged ? 6 : 2, ...(tagged ? [0x81, 0, 0, 7] : []), type >> 8, type & 0xff)
  return bytes
}

describe('transmit', () => {
  test('frames are copied into bounce buffers; one context at first, one doorbell for the batch', () => {
    const bench = new Bench()
    const batch = bench.batch([{ bytes: frame(60, 1) }, { bytes: frame(1514, 2) }])
    expect(bench.driver.uplink.send(batch, 0, 2)).toBe(2)
    expect(bench.words(TX, 0)).toEqual([14 << 9, 0, 0x20200000, 0])
    expect(bench.words(TX, 1).slice(2)).toEqual([0x2b30003c, (60 << 14) | 0x80])
    expect(bench.words(TX, 2).slice(2)).toEqual([0x2b3005ea, (1514 << 14) | 0x80])
    expect(bench.bounced(1, 60)).toEqual(frame(60, 1))
    expect(bench.bounced(2, 1514)).toEqual(frame(1514, 2))
    expect(bench.chip.taken()).toEqual([{ offset: R.TDT(QUEUE), value: 3 }])
    expect(bench.chip.charges).toEqual({ pfFrame: 2, copyCall: 2, copyByte: 1574 })
  })

  test.each([
    ['TCP over IPv4', ipFrame(0x0800, 60), 34, 16, [(14 << 9) | 20, 0, 0x20200c00, 0]],
    ['UDP over IPv6', ipFrame(0x86dd, 80), 54, 6, [(14 << 9) | 40, 0, 0x20200000, 0]],
    ['TCP over IPv4 behind a tag', ipFrame(0x0800, 64, true), 38, 16, [(18 << 9) | 20, 0, 0x20200c00, 0]],
  ] as const)('a checksum of %s is left to the chip', (_, bytes, start, offset, context) => {
    const bench = new Bench()
    bench.driver.uplink.send(bench.batch([{ bytes, flags: FrameFlag.csumWanted, start, offset }]), 0, 1)
    expect(bench.words(TX, 0)).toEqual(context)
    expect(bench.word(TX, 1, 3) & 0x300).toBe(0x200)
    expect(bench.bounced(1, bytes.length)).toEqual([...bytes])
  })

  test('one that the chip does not know is completed in the copy', () => {
    const bench = new Bench()
    const bytes = ipFrame(0x88b5, 60)
    bench.driver.uplink.send(bench.batch([{ bytes, flags: FrameFlag.csumWanted, start: 20, offset: 2 }]), 0, 1)
    expect(bench.word(TX, 1, 3) & 0x300).toBe(0)
    expect(bench.bounced(1, 60).slice(22, 24)).toEqual([0xff, 0xff])
  })

  test('a tag beside the frame goes into the context, VLE into the descriptor', () => {
    const bench = new Bench()
    bench.driver.uplink.send(bench.batch([{ bytes: frame(60), flags: FrameFlag.vlan, vlan: 0xe007 }]), 0, 1)
    expect(bench.word(TX, 0, 0)).toBe(((0xe007 << 16) | (14 << 9)) >>> 0)
    expect(bench.word(TX, 1, 2)).toBe(0x6b30003c)
  })

  test('the PF joins a VLAN when the switch first sends into it, the tag in the frame or beside it', () => {
    const bench = new Bench()
    const batch = bench.batch([
      { bytes: frame(60), flags: FrameFlag.vlan, vlan: 0xe007 },
      { bytes: [...frame(12), 0x81, 0, 0, 8, ...frame(50)] },
      { bytes: frame(60), flags: FrameFlag.vlan, vlan: 7 },
    ])
    bench.driver.uplink.send(batch, 0, 3)
    expect(bench.chip.get(R.PFVLVF(0))).toBe(0x80000007)
    expect(bench.chip.get(R.PFVLVF(1))).toBe(0x80000008)
    expect(bench.chip.get(R.PFVLVF(2))).toBe(0)
    expect(bench.chip.get(R.PFVLVFB_LO(0))).toBe(1 << 7)
  })

  test('frames that no MAC could send are taken, dropped and counted by name', () => {
    const bench = new Bench()
    const batch = bench.batch([
      { bytes: frame(1519) },
      { bytes: frame(13) },
      { bytes: frame(60), flags: FrameFlag.csumWanted, start: 50, offset: 9 },
    ])
    expect(bench.driver.uplink.send(batch, 0, 3)).toBe(3)
    expect(bench.chip.taken()).toEqual([])
    expect(bench.driver.statistics()).toMatchObject({ 'pf.txOversize': 2, 'pf.txBadOffload': 1 })
  })

  test('a full ring takes no more; when enough is sent the sender is told once, by interrupt', () => {
    const bench = new Bench()
    const batch = bench.batch(Array.from({ length: 64 }, () => ({ bytes: frame(60) })))
    let taken = 0
    for (let i = 0; i < 8; i++) taken += bench.driver.uplink.send(batch, 0, 64)
    expect(taken).toBe(509)
    expect(bench.chip.taken().at(-1)).toEqual({ offset: R.EIMS_EX0, value: 2 })
    bench.chip.handlers[1]()
    bench.settle()
    expect(bench.rooms).toBe(0)
    expect(bench.chip.taken()).toEqual([{ offset: R.EIMS_EX0, value: 2 }])
    for (let i = 1; i <= 200; i++) bench.set(TX, i, [0, 0, 0, 1])
    bench.chip.handlers[1]()
    bench.settle()
    expect(bench.rooms).toBe(1)
    expect(bench.driver.uplink.send(batch, 0, 64)).toBe(64)
  })

  test('before the device runs nothing is taken, then there is room', () => {
    const chip = new FakeChip()
    const driver = chip.driver()
    let rooms = 0
    driver.uplink.connect({
      send: () => 0,
      room: () => {
        rooms++
      },
      connect: () => undefined,
      up: true,
    })
    expect(driver.uplink.send(frameBatch(1), 0, 1)).toBe(0)
    chip.scheduler.run(() => rooms > 0, 1e9)
    expect(driver.running).toBe(true)
    driver.close()
    expect(driver.uplink.send(frameBatch(1), 0, 1)).toBe(0)
  })
})

describe('receive', () => {
  test('frames are delivered where the chip put them, in batches of 64 at most, and posted again together', () => {
    const bench = new Bench()
    for (let i = 0; i < 70; i++) bench.arrive(i, frame(60 + i, i))
    bench.chip.handlers[0]()
    bench.settle()
    expect(bench.batches).toEqual([64, 6])
    expect(bench.received.map(({ bytes }) => bytes)).toEqual(Array.from({ length: 70 }, (_, i) => frame(60 + i, i)))
    expect(bench.chip.taken()).toEqual([
      { offset: R.RDT(QUEUE), value: 63 },
      { offset: R.RDT(QUEUE), value: 69 },
      { offset: R.EIMS_EX0, value: 1 },
    ])
    expect(bench.words(RX, 0).slice(2)).toEqual([0, 0])
    expect(bench.chip.charges).toEqual({ pfFrame: 70 })
  })

  test.each([
    ['not checked', 0x110, 0, 0],
    ['all right', 0x110, 0x60, FrameFlag.csumGood],
    ['TCP wrong', 0x110, 0x60 | (1 << 30), FrameFlag.csumBad],
    ['IP wrong', 0x110, 0x40 | (1 << 31), FrameFlag.csumBad],
    ['only IP looked at', 0x010, 0x40, 0],
    ['UDP wrong, or without checksum', 0x210, 0x60 | (1 << 30), 0],
  ])('checksums: %s', (_, type, status, flags) => {
    const bench = new Bench()
    bench.arrive(0, frame(60), type, status)
    bench.chip.handlers[0]()
    bench.settle()
    expect(bench.received[0].flags).toBe(flags)
  })

  test('a stripped tag comes beside the frame', () => {
    const bench = new Bench()
    bench.arrive(0, frame(60), 0, 8, 0xe007)
    bench.chip.handlers[0]()
    bench.settle()
    expect(bench.received[0]).toMatchObject({ flags: FrameFlag.vlan, vlan: 0xe007 })
  })

  test('what the peer does not take stays in the ring, in order, with the interrupt masked, until there is room', () => {
    const bench = new Bench()
    bench.capacity = 3
    for (let i = 0; i < 5; i++) bench.arrive(i, frame(60, i))
    bench.chip.handlers[0]()
    bench.settle()
    expect(bench.chip.taken()).toEqual([{ offset: R.RDT(QUEUE), value: 2 }])
    bench.chip.handlers[0]()
    bench.settle()
    expect(bench.batches).toEqual([5])
    bench.capacity = Infinity
    bench.driver.uplink.room()
    bench.settle()
    expect(bench.received.map(({ bytes }) => bytes[0])).toEqual([0, 1, 2, 3, 4])
    expect(bench.chip.taken().at(-1)).toEqual({ offset: R.EIMS_EX0, value: 1 })
  })
})

describe('drain', () => {
  function drained(bench: Bench): { quiet: boolean | undefined } {
    const answer: { quiet: boolean | undefined } = { quiet: undefined }
    bench.driver.drain((quiet) => (answer.quiet = quiet))
    expect(answer.quiet).toBeUndefined()
    return answer
  }
  function later(bench: Bench, ns: number): void {
    bench.chip.scheduler.run(() => false, bench.chip.scheduler.nowNs() + ns)
  }

  test('waits until everything sent is completed', () => {
    const bench = new Bench()
    bench.driver.uplink.send(bench.batch([{ bytes: frame(60) }]), 0, 1)
    const answer = drained(bench)
    later(bench, 500_000)
    expect(answer.quiet).toBeUndefined()
    bench.set(TX, 1, [0, 0, 0, 1])
    later(bench, 2_000)
    expect(answer.quiet).toBe(true)
  })

  test('delivers what is in the ring first, and waits for the packet buffer', () => {
    const bench = new Bench()
    bench.chip.set(R.RXMEMWRAP, 0)
    bench.arrive(0, frame(60))
    const answer = drained(bench)
    later(bench, 10_000)
    expect(bench.received).toHaveLength(1)
    expect(answer.quiet).toBeUndefined()
    bench.arrive(1, frame(60))
    bench.chip.set(R.RXMEMWRAP, 0x8)
    later(bench, 2_000)
    expect(answer.quiet).toBe(true)
    expect(bench.received).toHaveLength(2)
  })

  test.each([
    ['the packet buffer is never empty', 60_000],
    ['the peer takes nothing', 60_000],
    ['a frame is never sent', 11e6],
  ])('gives up when %s', (what, ns) => {
    const bench = new Bench()
    if (what === 'the packet buffer is never empty') bench.chip.set(R.RXMEMWRAP, 0)
    else if (what === 'the peer takes nothing') {
      bench.capacity = 0
      bench.arrive(0, frame(60))
    } else bench.driver.uplink.send(bench.batch([{ bytes: frame(60) }]), 0, 1)
    const answer = drained(bench)
    later(bench, ns)
    expect(answer.quiet).toBe(false)
  })
})
