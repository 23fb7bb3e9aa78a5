import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { I2cMemory } from './i2c-memory.js'

const CONTENT = Uint8Array.from({ length: 256 }, (_, i) => (i * 37 + 11) & 0xff)

/** A master that moves the lines as a driver does, one change at a time. */
class Master {
  readonly memory: I2cMemory

  constructor(memory = new I2cMemory(CONTENT, 0xa0)) {
    this.memory = memory
    this.memory.lines(true, true)
  }

  start(): void {
    this.memory.lines(false, true)
    this.memory.lines(true, true)
    this.memory.lines(true, false)
    this.memory.lines(false, false)
  }

  stop(): void {
    this.memory.lines(false, false)
    this.memory.lines(true, false)
    this.memory.lines(true, true)
  }

  /** Puts a bit on the bus; what the line was while the clock was high. */
  bit(data: boolean): boolean {
    this.memory.lines(false, data)
    this.memory.lines(true, data)
    const seen = this.memory.data
    this.memory.lines(false, data)
    return seen
  }

  /** Whether the byte was acknowledged. */
  write(byte: number): boolean {
    for (let i = 7; i >= 0; i--) expect(this.bit(((byte >>> i) & 1) === 1)).toBe(((byte >>> i) & 1) === 1)
    return !this.bit(true)
  }

  read(acknowledge: boolean): number {
    let byte = 0
    for (let i = 0; i < 8; i++) byte = (byte << 1) | (this.bit(true) ? 1 : 0)
    this.bit(!acknowledge)
    return byte
  }
}

describe('a memory on a bit-banged I2C bus', () => {
  test('is read from the place that was written, and on from there', () => {
    const master = new Master()
    for (const [place, count] of [
      [0, 1],
      [0x60, 3],
      [0xff, 2],
    ]) {
      master.start()
      expect([master.write(0xa0), master.write(place)]).toEqual([true, true])
      master.start()
      expect(master.write(0xa1)).toBe(true)
      const bytes = Array.from({ length: count }, (_, i) => master.read(i < count - 1))
      expect(bytes).toEqual(Array.from({ length: count }, (_, i) => CONTENT[(place + i) & 0xff]))
      master.stop()
      expect(master.memory.data).toBe(true)
    }
  })

  test('does not answer to other addresses, nor before a start', () => {
    const master = new Master()
    expect(master.write(0xa0)).toBe(false)
    master.start()
    expect([master.write(0xa2), master.write(0)]).toEqual([false, false])
    master.stop()
  })

  test('cannot be written', () => {
    const master = new Master()
    master.start()
    expect([master.write(0xa0), master.write(5), master.write(0x77)]).toEqual([true, true, true])
    master.stop()
    master.start()
    master.write(0xa0)
    master.write(5)
    master.start()
    master.write(0xa1)
    expect(master.read(false)).toBe(CONTENT[5])
  })

  test('whatever was on the lines before, a stop and a start find it ready', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.boolean()), { maxLength: 60 }), (noise) => {
        const master = new Master()
        for (const [clock, data] of noise) master.memory.lines(clock, data)
        // Nine clocks let a memory in the middle of a byte finish it, as drivers clear a bus.
        for (let i = 0; i < 9; i++) master.bit(true)
        master.stop()
        master.start()
        expect([master.write(0xa0), master.write(9)]).toEqual([true, true])
        master.start()
        expect([master.write(0xa1), master.read(false)]).toEqual([true, CONTENT[9]])
      }),
    )
  })
})
