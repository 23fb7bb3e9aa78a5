import { Counters } from '@npa/core'
import { describe, expect, test } from 'vitest'
import { RegisterFile } from './register-file.js'

function sample(): { file: RegisterFile; counters: Counters } {
  const counters = new Counters()
  const file = new RegisterFile(
    0x200,
    [
      { name: 'PLAIN', offset: 0x0, reset: 0x11, writable: 0xff },
      { name: 'STATE', offset: 0x4, kind: 'ro', reset: 7 },
      { name: 'CAUSE', offset: 0x8, kind: 'w1c', writable: 0xf },
      { name: 'COUNT', offset: 0xc, kind: 'rc' },
      {
        name: 'RING',
        offset: 0x40,
        stride: 0x10,
        count: 4,
        rest: { first: 2, offset: 0x100 },
        aliases: [{ offset: 0x80, stride: 4, count: 2, step: 2 }],
      },
      { name: 'KEPT', offset: 0x10, reset: 1, sticky: true },
    ],
    counters,
  )
  return { file, counters }
}

describe('RegisterFile', () => {
  test('each kind stores what its writes may change', () => {
    const { file } = sample()
    file.write32(0, 0xabcd)
    file.write32(4, 0)
    file.set('CAUSE', 0, 0xff)
    file.write32(8, 0x33)
    expect([file.read32(0), file.read32(4), file.read32(8)]).toEqual([0xcd, 7, 0xfc])
  })

  test('a counting register sticks at all ones and is cleared by reading', () => {
    const { file } = sample()
    file.count(file.word('COUNT'), 0xfffffff0)
    file.count(file.word('COUNT'), 100)
    expect([file.read32(0xc), file.read32(0xc)]).toEqual([0xffffffff, 0])
  })

  test('an array goes on at its second place, and an alias shows the same registers', () => {
    const { file } = sample()
    file.write32(0x110, 5)
    file.write32(0x84, 9)
    expect([file.get('RING', 3), file.get('RING', 2), file.read32(0x100)]).toEqual([5, 9, 9])
  })

  test('an offset that is not in the table reads 0, ignores writes, and is counted by its name', () => {
    const { file, counters } = sample()
    expect([file.read32(0x20), file.read32(0x22), file.read32(0x10000)]).toEqual([0, 0, 0])
    file.write32(0x24, 1)
    expect(counters.snapshot()).toEqual({
      'register.unknown.read.0x20': 2,
      'register.unknown.read.0x10000': 1,
      'register.unknown.write.0x24': 1,
    })
  })

  test('hooks see the instance and the whole value; the stored one is theirs to change', () => {
    const { file } = sample()
    const seen: number[][] = []
    file.onWrite('RING', (n, value) => seen.push([n, value]))
    file.onRead('RING', (n, value) => n * 100 + value)
    file.write32(0x110, 0xffffffff)
    expect([seen, file.read32(0x110)]).toEqual([[[3, 0xffffffff]], 300])
  })

  test('a software reset spares what is sticky, power-on does not', () => {
    const { file } = sample()
    file.set('KEPT', 0, 9)
    file.set('PLAIN', 0, 9)
    file.reset(false)
    expect([file.get('KEPT'), file.get('PLAIN')]).toEqual([9, 0x11])
    file.reset(true)
    expect(file.get('KEPT')).toBe(1)
  })

  test('two registers at one place, and unknown names, are mistakes of the program', () => {
    const two = [
      { name: 'A', offset: 0, count: 3 },
      { name: 'B', offset: 8 },
    ]
    expect(() => new RegisterFile(0x20, two, new Counters())).toThrow('B(0) at 0x8 collides with A')
    expect(() => sample().file.get('NONE')).toThrow('no register NONE')
  })
})
