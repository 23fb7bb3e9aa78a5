import { Arena } from '@npa/memory'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PacketFifo } from './packet-fifo.js'

describe('PacketFifo', () => {
  test('frames never overlap, stay inside the buffer, and come out in order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1, max: 1500 }), { maxLength: 300 }), (steps) => {
        const arena = new Arena(65536)
        const fifo = new PacketFifo(arena, 8192)
        const inside: { at: number; bytes: number }[] = []
        for (const bytes of steps) {
          if (bytes < 0) {
            const slot = fifo.slot()
            const oldest = inside.shift()
            expect(slot < 0 ? undefined : { at: fifo.start(slot), bytes: fifo.length(slot) }).toEqual(oldest)
            if (slot >= 0) fifo.shift()
            continue
          }
          const at = fifo.reserve(bytes)
          if (at < 0) {
            expect(fifo.bytesUsed + 2 * bytes + 64).toBeGreaterThan(8192)
            continue
          }
          expect(at & 7).toBe(0)
          for (const other of inside) expect(at + bytes <= other.at || other.at + other.bytes <= at).toBe(true)
          inside.push({ at, bytes })
          fifo.commit(bytes)
        }
        expect(fifo.count).toBe(inside.length)
        while (fifo.count > 0) fifo.shift()
        expect(fifo.bytesUsed).toBe(0)
      }),
    )
  })

  test('a reservation that is not kept costs nothing', () => {
    const fifo = new PacketFifo(new Arena(65536), 4096)
    const first = fifo.reserve(1000)
    expect(fifo.reserve(500)).toBe(first)
    expect([fifo.count, fifo.bytesUsed]).toEqual([0, 0])
  })

  test('it counts how often storage began anew', () => {
    const fifo = new PacketFifo(new Arena(65536), 4096)
    for (let i = 0; i < 20; i++) {
      fifo.reserve(1000)
      fifo.commit(1000)
      fifo.shift()
    }
    // 1024 bytes each with alignment: every fourth frame ends where the buffer does.
    expect(fifo.wraps).toBe(5)
    fifo.clear(4096)
    expect(fifo.wraps).toBe(0)
  })
})
