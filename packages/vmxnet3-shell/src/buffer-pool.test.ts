import { describe, expect, test } from 'vitest'
import { BufferPool, LARGE_BUFFER, SMALL_BUFFER } from './buffer-pool.js'
import { DmaLedger } from './dma-ledger.js'
import { Machine } from './testing/machine.js'

function pool(count: number, large: number): { pool: BufferPool; ledger: DmaLedger; machine: Machine } {
  const machine = new Machine()
  const ledger = new DmaLedger(machine)
  return { pool: new BufferPool(ledger, count, large), ledger, machine }
}

describe('packet buffers', () => {
  test('are handed out once each, and again when they are back', () => {
    const { pool: buffers } = pool(3, 0)
    const ids = [buffers.alloc(), buffers.alloc(), buffers.alloc()]
    expect(new Set(ids)).toEqual(new Set([0, 1, 2]))
    expect(buffers.alloc()).toBe(-1)
    expect(buffers.inUse).toBe(3)
    buffers.free(1)
    expect(buffers.alloc()).toBe(1)
  })

  test('small and large ones never overlap, and only a whole one can be freed', () => {
    const { pool: buffers } = pool(2, 2)
    const large = [buffers.allocLarge(), buffers.allocLarge()]
    expect(buffers.allocLarge()).toBe(-1)
    expect(large.map((id) => id * buffers.size)).toEqual([2 * SMALL_BUFFER, 2 * SMALL_BUFFER + LARGE_BUFFER])
    expect(buffers.u8.length).toBe(2 * SMALL_BUFFER + 2 * LARGE_BUFFER)
    expect(buffers.holds(large[0], 0, LARGE_BUFFER)).toBe(true)
    expect(buffers.holds(large[0], 1, LARGE_BUFFER)).toBe(false)
    expect(buffers.holds(large[0] + 1, 0, 1)).toBe(false)
    expect(() => buffers.free(large[0] + 1)).toThrow('not in use')
    buffers.free(large[0])
    expect(buffers.alloc()).toBeLessThan(2)
    expect(buffers.inUse).toBe(2)
  })

  test('a second free is an error', () => {
    const { pool: buffers } = pool(2, 0)
    const id = buffers.alloc()
    buffers.free(id)
    expect(() => buffers.free(id)).toThrow('not in use')
    expect(() => buffers.free(-1)).toThrow('not in use')
    expect(() => buffers.free(99)).toThrow('not in use')
  })

  test('have addresses on both sides of 4 GiB', () => {
    const { pool: buffers } = pool(2048, 0)
    const words = new Int32Array(2)
    buffers.address(0, 0, words, 0)
    const first = words[1] * 2 ** 32 + (words[0] >>> 0)
    buffers.address(2047, 5, words, 0)
    expect(words[1] * 2 ** 32 + (words[0] >>> 0) - first).toBe(2047 * SMALL_BUFFER + 5)
    expect(words[1]).toBe(1)
  })

  test('the next free is told once', () => {
    const { pool: buffers } = pool(2, 0)
    let told = 0
    const ids = [buffers.alloc(), buffers.alloc()]
    buffers.whenFreed(() => told++)
    buffers.free(ids[0])
    buffers.free(ids[1])
    expect(told).toBe(1)
  })
})

describe('DMA memory', () => {
  test('is accounted for', () => {
    const { ledger } = pool(1, 0)
    const block = ledger.alloc(64, 64)
    expect(ledger.held).toBe(2)
    ledger.free(block)
    expect(ledger.held).toBe(1)
    expect(() => ledger.free(block)).toThrow('not held')
  })
})
