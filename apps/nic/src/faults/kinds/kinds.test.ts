import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bench, RING } from '../../testing/bench.js'

const MAILBOX = 0x2fc
const WORDS = 0x200
const GRANTED = 0x80000002

describe('mailbox', () => {
  test('silent: the request is lost, everything else passes', () => {
    const { begin, write, chip, struck } = bench()
    const end = begin('mailbox-silent')
    write(MAILBOX, 4)
    write(MAILBOX, 1)
    expect([chip.told, struck()]).toEqual([['write 2fc 4'], 1])
    end()
    write(MAILBOX, 1)
    expect(chip.told.at(-1)).toBe('write 2fc 1')
  })

  test('nack: what was granted reads as refused; a question of its own does not change', () => {
    const { begin, read, chip } = bench()
    chip.registers.set(WORDS, GRANTED)
    const end = begin('mailbox-nack')
    expect(read(WORDS)).toBe(0x40000002)
    chip.registers.set(WORDS, 2)
    expect(read(WORDS)).toBe(2)
    chip.registers.set(WORDS, GRANTED)
    end()
    expect(read(WORDS)).toBe(GRANTED)
  })

  test('garbage: words of answers are random, by the seed', () => {
    const answers = [0, 1].map(() => {
      const { begin, read, chip } = bench()
      chip.registers.set(WORDS, GRANTED)
      begin('mailbox-garbage')
      return [0, 4, 8].map((at) => read(WORDS + at))
    })
    expect(answers[0]).toEqual(answers[1])
    expect(new Set([...answers[0], 0, GRANTED]).size).toBe(5)
  })
})

describe('interrupts', () => {
  test('lost, all or a share', () => {
    const { begin, interrupt, seen, struck } = bench()
    const end = begin('interrupt-lost share=0.3')
    for (let n = 0; n < 1000; n++) interrupt(7)
    expect(seen.length + struck()).toBe(1000)
    expect(Math.abs(struck() - 300)).toBeLessThan(60)
    end()
    begin('interrupt-lost')
    interrupt(8)
    expect(seen).not.toContain('irq8')
  })

  test('spurious: a message that was sent before comes again, and only such a one', () => {
    const { begin, interrupt, seen, pass } = bench()
    const end = begin('interrupt-spurious every=1ms')
    pass(5e6)
    expect(seen).toEqual([])
    interrupt(9)
    pass(3.5e6)
    expect(seen.filter((one) => one === 'irq9').length).toBeGreaterThanOrEqual(4)
    end()
    const before = seen.length
    pass(10e6)
    expect(seen.length).toBe(before)
  })
})

describe('write-backs', () => {
  test('delayed: everything comes later, in its order, interrupts too', () => {
    const { begin, store, interrupt, seen, pass } = bench()
    begin('write-back-delayed by=100us')
    store(0x5000)
    store(RING.rx0)
    interrupt(1)
    expect(seen).toEqual([])
    pass(99e3)
    expect(seen).toEqual([])
    pass(2e3)
    expect(seen).toEqual(['5000', '10000', 'irq1'])
  })

  test.each([
    ['a register read', (it: ReturnType<typeof bench>) => it.read(8)],
    ['a read of memory', (it: ReturnType<typeof bench>) => it.fetch(RING.tx0, 4)],
  ])('delayed: %s pushes what is kept ahead of itself', (_, pushes) => {
    const it = bench()
    it.begin('write-back-delayed by=1s')
    it.store(RING.rx0)
    pushes(it)
    expect(it.seen).toEqual(['10000'])
  })

  test('delayed: what is kept goes when the fault ends', () => {
    const { begin, store, seen } = bench()
    const end = begin('write-back-delayed by=1s')
    store(RING.rx0)
    end()
    expect(seen).toEqual(['10000'])
  })

  test('reordered: payload before its descriptor, a ring in its own order, an interrupt after all before it', () => {
    const rings = [RING.rx0, RING.rx1, RING.tx0]
    const step = fc.oneof(
      fc.record({ ring: fc.integer({ min: 0, max: 2 }) }),
      fc.constant('irq' as const),
      fc.constant('read' as const),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { begin, store, interrupt, read, seen, pass } = bench()
        begin('write-back-reordered share=0.5')
        const order: string[] = []
        const next = [0, 0, 0]
        let interrupts = 0
        for (const one of steps) {
          if (one === 'read') read(8)
          else if (one === 'irq') {
            interrupt(interrupts)
            order.push(`irq${interrupts++}`)
          } else {
            const address = rings[one.ring] + (next[one.ring]++ % 8) * 16
            store(0x5000 + order.length * 16)
            store(address)
            order.push((0x5000 + order.length * 16).toString(16), address.toString(16))
          }
        }
        pass(10e6)
        expect([...seen].sort()).toEqual([...order].sort())
        for (const ring of rings) {
          const inside = (one: string): boolean => {
            const address = parseInt(one, 16)
            return !one.startsWith('irq') && address >= ring && address < ring + 128
          }
          expect(seen.filter(inside)).toEqual(order.filter(inside))
        }
        for (let n = 0; n < interrupts; n++) {
          const before = order.slice(0, order.indexOf(`irq${n}`))
          expect(
            before.every((one) => seen.slice(0, seen.indexOf(`irq${n}`)).filter((s) => s === one).length > 0),
          ).toBe(true)
        }
      }),
      { numRuns: 100 },
    )
  })

  test('reordered: another ring’s write-back does overtake', () => {
    const { begin, store, seen, pass } = bench()
    begin('write-back-reordered')
    store(RING.rx0)
    store(RING.rx1)
    expect(seen).toEqual(['11000'])
    pass(2e6)
    expect(seen).toEqual(['11000', '10000'])
  })

  test('reordered: what the chip fetches for the ring that overtakes pushes nothing', () => {
    const { begin, store, fetch, interrupt, seen, struck } = bench()
    begin('write-back-reordered')
    store(RING.rx0)
    fetch(RING.tx0, 4)
    store(RING.tx0)
    expect([seen, struck()]).toEqual([['12000'], 1])
    interrupt(3)
    expect(seen).toEqual(['12000', '10000', 'irq3'])
  })
})

describe('descriptors', () => {
  test.each([
    ['frame', 1 << 29],
    ['checksum', 1 << 30],
  ])('error of the %s in the write-back, the function’s own memory untouched', (what, bit) => {
    const { begin, store, memory, arena, at } = bench()
    begin(`descriptor-error what=${what}`)
    store(RING.rx0, [0, 0, 3, 60, 0, 0, 1, 60])
    expect([memory.get(RING.rx0 + 8), memory.get(RING.rx0 + 24)]).toEqual([3 | bit, 1])
    expect(arena.i32[(at >> 2) + 2]).toBe(3)
    store(0x5000, [0, 0, 3, 60])
    expect(memory.get(0x5008)).toBe(3)
  })

  test('malicious driver: fetched transmit descriptors have a kind that there is not', () => {
    const { begin, fetch, memory } = bench()
    memory.set(RING.tx0 + 8, 0x2130003c | 0)
    memory.set(RING.rx0 + 8, 0x2130003c | 0)
    begin('malicious-driver')
    expect(fetch(RING.tx0, 4)[2] >>> 0).toBe(0x21f0003c)
    expect(fetch(RING.rx0, 4)[2] >>> 0).toBe(0x2130003c)
  })
})

describe('card', () => {
  test('the EEPROM’s checksum word reads wrong, the others right', () => {
    const { begin, read, chip } = bench('pf')
    begin('eeprom-checksum')
    chip.registers.set(0x10014, (0xbaba0000 | (0x3f << 2) | 3) >>> 0)
    expect(read(0x10014)).toBe((0xefef0000 | (0x3f << 2) | 3) >>> 0)
    chip.registers.set(0x10014, (0xbaba0000 | (0x3e << 2) | 3) >>> 0)
    expect(read(0x10014)).toBe((0xbaba0000 | (0x3e << 2) | 3) >>> 0)
  })

  test('a removed function reads all ones and does nothing, until it is put back', () => {
    const { begin, read, write, faulty, store, interrupt, seen, chip } = bench()
    const end = begin('surprise-removal')
    expect([read(8), faulty.fn.configRead(0, 2)]).toEqual([0xffffffff, 0xffff])
    write(0, 1)
    interrupt(1)
    expect([store(RING.rx0), seen, chip.told]).toEqual([false, [], []])
    end()
    expect(read(8)).toBe(0)
    begin('surprise-removal')
    faulty.fn.reset('power')
    expect(read(8)).toBe(0)
  })

  test('reset behind the driver’s back', () => {
    const { begin, chip } = bench()
    begin('function-reset how=register')
    begin('function-reset how=flr')
    expect(chip.told).toEqual(['write 0 4000000', 'reset function'])
  })

  test('a storm is as long as asked, and its frames are nobody’s', () => {
    const { begin, sent } = bench('pf')
    begin('buffer-exhaustion times=2')
    const bytes = sent.reduce((sum, frame) => sum + frame.length, 0)
    expect(bytes).toBeGreaterThanOrEqual(2 * 512 * 1024)
    expect([...sent[0].subarray(0, 14)].map((byte) => byte.toString(16)).join(' ')).toBe(
      'ff ff ff ff ff ff 2 0 0 0 0 ee 88 b5',
    )
  })

  test('the link goes down, or in and out', () => {
    const { begin, link, pass, struck } = bench('pf')
    const end = begin('link-down flap=1ms')
    expect(link()).toBe(false)
    pass(1.5e6)
    expect(link()).toBe(true)
    pass(1e6)
    expect([link(), struck()]).toEqual([false, 3])
    end()
    pass(10e6)
    expect([link(), struck()]).toEqual([true, 3])
  })
})
