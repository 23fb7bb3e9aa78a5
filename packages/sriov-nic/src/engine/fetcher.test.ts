import { VirtualScheduler } from '@npa/core'
import { Arena } from '@npa/memory'
import type { Dma } from '@npa/memory'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fetch, Fetcher } from './fetcher.js'
import { CACHE, QueueColumns } from './queue-columns.js'
import { ContiguousRings } from './ring-layout.js'
import type { RingLayout } from './ring-layout.js'

const LATENCY_NS = 500
const MEMORY = 1 << 16

/**
 * Rings of 8-byte elements in pages of eight, the last two of which are the link to the next page, wherever that is: as the receive
 * rings of Broadcom's 57712 have it. Indices count all eight and run freely.
 */
class ChainedRings implements RingLayout {
  readonly bytes = 8
  readonly pages: readonly number[]
  readonly #queues: QueueColumns
  lo = 0
  hi = 0

  constructor(queues: QueueColumns, pages: readonly number[]) {
    this.#queues = queues
    this.pages = pages
  }

  unfetched(q: number): number {
    return elements(this.#queues.tail[q]) - elements(this.#queues.fetch[q])
  }

  run(_q: number, index: number): number {
    return 6 - (index & 7)
  }

  after(_q: number, index: number, count: number): number {
    return ((index + count) & 7) === 6 ? index + count + 2 : index + count
  }

  locate(_q: number, index: number): void {
    this.lo = this.pages[(index >> 3) % this.pages.length] + (index & 7) * this.bytes
  }
}

/** Elements before an index of a chained ring. */
function elements(index: number): number {
  return (index >> 3) * 6 + (index & 7)
}

/** A fetcher of one queue over 64 KiB of memory, and what it read. */
class Bench {
  readonly arena = new Arena(1 << 20)
  readonly scheduler = new VirtualScheduler()
  readonly queues = new QueueColumns(2)
  readonly at = this.arena.allocate(MEMORY)
  readonly fetcher: Fetcher
  readonly reads: { lo: number; bytes: number }[] = []
  readonly dma: Dma

  constructor(layout: (queues: QueueColumns) => RingLayout) {
    this.dma = {
      read: (lo, _hi, bytes, to) => {
        this.reads.push({ lo, bytes })
        if (lo + bytes > MEMORY) return false
        this.arena.copy(to, this.at + lo, bytes)
        return true
      },
      write: () => false,
      view: () => undefined,
      epoch: 0,
    }
    this.fetcher = new Fetcher(this.arena, this.scheduler, 'f', this.queues, layout(this.queues), LATENCY_NS, () => {
      this.fetcher.arrival()
    })
  }

  /** The first words of what has arrived, which are then done with. */
  take(): number[] {
    this.scheduler.run(() => false, this.scheduler.nowNs() + LATENCY_NS)
    const { queues } = this
    const words = Array.from({ length: queues.arrived[0] }, (_, i) => this.arena.i32[this.fetcher.word(0, i)])
    queues.place[0] = (queues.place[0] + words.length) & (CACHE - 1)
    queues.cached[0] -= words.length
    queues.arrived[0] = 0
    return words
  }
}

describe('bursts of descriptors', () => {
  test('arrive in order, one round trip later, never from beyond the tail, around the end of the ring', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 8, max: 100 }),
        fc.array(fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 40 })), { maxLength: 40 }),
        (size, turns) => {
          const p = new Bench((queues) => new ContiguousRings(queues, 16))
          p.queues.size[0] = size
          p.queues.baseLo[0] = 0x1000
          let given = 0
          let seen = 0
          for (const [more, most] of turns) {
            for (let i = Math.min(more, size - 1 - (given - seen)); i > 0; i--) {
              p.arena.i32[(p.at + 0x1000 + (given % size) * 16) >> 2] = given++
            }
            p.queues.tail[0] = given % size
            const started = p.fetcher.start(0, p.dma, most)
            expect(started).toBe(given > seen ? Fetch.started : Fetch.nothing)
            expect(p.queues.arrived[0]).toBe(0)
            const words = p.take()
            expect(words).toEqual(Array.from({ length: Math.min(given - seen, most) }, (_, i) => seen + i))
            seen += words.length
          }
        },
      ),
      { numRuns: 100 },
    )
  })

  test('an index outside the ring, and memory that is not there, are told apart', () => {
    const p = new Bench((queues) => new ContiguousRings(queues, 16))
    p.queues.size[0] = 8
    p.queues.tail[0] = 9
    expect(p.fetcher.start(0, p.dma, 8)).toBe(Fetch.badIndex)
    p.queues.tail[0] = 4
    expect(p.fetcher.start(0, undefined, 8)).toBe(Fetch.refused)
    p.queues.baseLo[0] = MEMORY
    expect(p.fetcher.start(0, p.dma, 8)).toBe(Fetch.refused)
  })

  test('rings of chained pages and shorter elements: links are never read', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(12), fc.integer({ min: 1, max: 40 })), { maxLength: 30 }), (turns) => {
        const pages = [0x3000, 0x1000, 0x8000]
        const p = new Bench((queues) => new ChainedRings(queues, pages))
        let given = 0
        let seen = 0
        for (const [more, most] of turns) {
          for (let i = Math.min(more, 17 - (given - seen)); i > 0; i--) {
            const page = Math.floor(given / 6)
            p.arena.i32[(p.at + pages[page % 3] + (given % 6) * 8) >> 2] = given++
          }
          p.queues.tail[0] = Math.floor(given / 6) * 8 + (given % 6)
          p.fetcher.start(0, p.dma, most)
          const words = p.take()
          expect(words).toEqual(Array.from({ length: Math.min(given - seen, most) }, (_, i) => seen + i))
          seen += words.length
        }
        for (const { lo, bytes } of p.reads) expect((lo & 63) + bytes).toBeLessThanOrEqual(48)
      }),
      { numRuns: 100 },
    )
  })
})
