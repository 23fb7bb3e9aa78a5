import { Counters } from '@npa/core'
import { describe, expect, test } from 'vitest'
import { RegisterFile } from '../engine/register-file.js'
import { BROADCAST, frameOf, macOf } from '../intel/testing/frames.js'
import { REGISTERS } from './chip.js'
import { HIDDEN } from './registers/virtual-function.js'
import { Statistics } from './statistics.js'
import { BareProgram, PLAIN_POOL, RECEIVE, Reg } from './testing/bare-program.js'

const PEER = Uint8Array.of(0x02, 9, 9, 9, 9, 9)
const GROUP = Uint8Array.of(0x01, 0, 0x5e, 1, 2, 3)

/** Reads a register twice: its value, and what is left. */
function twice(p: BareProgram, offset: number): [number, number] {
  return [p.pf.read(offset), p.pf.read(offset)]
}

describe('statistics of the port', () => {
  test('receive: good frames by kind and size, octets with FCS; cleared by reading', () => {
    const p = new BareProgram()
    const { rx } = p.vfRings(0)
    p.pf.write(Reg.vmolr, PLAIN_POOL | (1 << 28))
    rx.post(16)
    p.run()
    for (const [to, bytes] of [
      [macOf(0), 60],
      [macOf(0), 61],
      [BROADCAST, 124],
      [GROUP, 1020],
      [macOf(0), 1514],
      [PEER, 200],
    ] as const) {
      p.far.put(frameOf(to, PEER, bytes))
    }
    p.run()
    const octets = 60 + 61 + 124 + 1020 + 1514 + 5 * 4
    // The low word waits for the high one, which clears both.
    expect([p.pf.read(0x4088), p.pf.read(0x4088), p.pf.read(0x408c), p.pf.read(0x4088)]).toEqual([octets, octets, 0, 0])
    expect([twice(p, 0x4074), twice(p, 0x4078), twice(p, 0x407c), twice(p, 0x40d0), p.pf.read(0x40c0)]).toEqual([
      [5, 0],
      [1, 0],
      [1, 0],
      [6, 0],
      octets + 204,
    ])
    expect([0x405c, 0x4060, 0x4064, 0x4068, 0x406c, 0x4070].map((at) => p.pf.read(at))).toEqual([1, 1, 2, 0, 0, 2])
  })

  test('transmit: frames that left, not those that stayed inside', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    tx.send(frameOf(PEER, macOf(0), 100))
    tx.send(frameOf(BROADCAST, macOf(0), 60))
    tx.send(frameOf(GROUP, macOf(0), 300))
    tx.send(frameOf(macOf(1), macOf(0), 700))
    p.run()
    expect([0x4080, 0x40d4, 0x40f0, 0x40f4, 0x4090, 0x40c8].map((at) => p.pf.read(at))).toEqual([3, 3, 1, 1, 472, 472])
    expect([0x40d8, 0x40dc, 0x40e0, 0x40e4, 0x40e8, 0x40ec].map((at) => p.pf.read(at))).toEqual([1, 1, 0, 1, 0, 0])
  })

  test('what was lost on the way in: too short, no room, no descriptor', () => {
    const p = new BareProgram(0)
    p.pf.interrupts(10, 0)
    const { rx } = p.pfRings()
    p.far.put(new Uint8Array(10))
    p.pf.write(Reg.rctl, RECEIVE | (1 << 5))
    for (let n = 0; n < 9; n++) p.far.put(frameOf(macOf(0), PEER, 9000))
    p.run()
    expect([twice(p, 0x40a4), twice(p, 0x4010)]).toEqual([
      [1, 0],
      [2, 0],
    ])
    expect(p.pf.read(Reg.icr) & 0x40).toBe(0x40)
    p.pf.write(Reg.qde, 1)
    p.run()
    expect([twice(p, 0xc030), twice(p, 0x40a0), rx.take().length, p.missing]).toEqual([[7, 0], [7, 0], 0, 0])
  })

  test('octets carry into the high word', () => {
    const file = new RegisterFile(HIDDEN.end, REGISTERS, new Counters())
    const none = (): void => undefined
    const statistics = new Statistics(file, { overrun: none, spoofed: none })
    file.set('GORCL', 0, 0xffffffff)
    statistics.accepted(60, 2, 0)
    expect([file.read32(0x4088), file.read32(0x408c), file.read32(0x4088)]).toEqual([63, 1, 0])
    file.set('GPRC', 0, 0xffffffff)
    statistics.accepted(60, 2, 0)
    expect(file.read32(0x4074)).toBe(0xffffffff)
  })
})

describe('statistics of virtual functions', () => {
  test('run freely, what came from inside counted again apart', () => {
    const p = new BareProgram()
    const a = p.vfRings(0)
    const b = p.vfRings(1)
    b.rx.post(8)
    p.pf.write(Reg.qde, 1)
    p.run()
    a.tx.send(frameOf(macOf(1), macOf(0), 100))
    a.tx.send(frameOf(PEER, macOf(0), 200))
    p.far.put(frameOf(macOf(1), PEER, 300))
    p.far.put(frameOf(BROADCAST, PEER, 60))
    p.run()
    const read = (vf: number): number[] =>
      [0xf10, 0xf14, 0xf18, 0xf34, 0xf3c, 0xf40, 0xf44, 0xf48, 0xf50].map((at) => p.vfs[vf].read(at))
    expect(read(0)).toEqual([0, 2, 0, 308, 0, 0, 1, 0, 104])
    expect(read(1)).toEqual([3, 0, 472, 0, 1, 1, 0, 104, 0])
    expect(read(1)).toEqual([3, 0, 472, 0, 1, 1, 0, 104, 0])
    expect([p.pf.read(0x1013c), p.pf.read(0x10138)]).toEqual([1, 1])
    p.vfs[1].write(0xf10, 0)
    expect([p.vfs[1].read(0xf10), p.pf.read(0x10110)]).toEqual([3, 3])
  })
})
