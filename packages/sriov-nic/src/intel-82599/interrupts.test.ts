import { describe, expect, test } from 'vitest'
import { BareProgram } from './testing/bare-program.js'
import { BROADCAST, frameOf, macOf } from '../intel/testing/frames.js'

const PEER = Uint8Array.of(0x02, 9, 9, 9, 9, 9)

/** Registers of a virtual function. */
const VTEICR = 0x100
const VTEICS = 0x104
const VTEIMS = 0x108
const VTEIMC = 0x10c
const VTEIAC = 0x110
const VTEIAM = 0x114
const VTIVAR = 0x120
const VTIVAR_MISC = 0x140
const VTEITR = 0x820

/** Of the PF. */
const EICR = 0x800
const EICS = 0x808
const EIAC = 0x810
const EIMS = 0x880
const EIMC = 0x888
const GPIE = 0x898
const IVAR_MISC = 0xa00

/** Virtual function 0: vector 0 for receive, 1 for transmit, 2 for the mailbox; all clear and mask themselves. */
function prepared(): BareProgram {
  const p = new BareProgram()
  const [vf] = p.vfs
  p.pf.interrupts(64, 0x100)
  vf.interrupts(3, 0x10)
  p.pf.write(GPIE, 0xc0000030)
  vf.write(VTIVAR, 0x8180)
  vf.write(VTIVAR_MISC, 0x82)
  vf.write(VTEIAC, 7)
  vf.write(VTEIAM, 7)
  vf.write(VTEIMS, 7)
  return p
}

describe('a virtual function', () => {
  test('queues raise the vectors that VTIVAR gives them, after their descriptors are there', () => {
    const p = prepared()
    const { tx, rx } = p.vfRings(0)
    rx.post(4)
    tx.send(frameOf(PEER, macOf(0), 80))
    p.run()
    expect(p.vfs[0].messages).toEqual([0x11])
    p.far.put(frameOf(macOf(0), PEER, 80))
    p.run()
    expect(p.vfs[0].messages).toEqual([0x11, 0x10])
    expect(p.pf.messages).toEqual([])
  })

  test('the second queue has the upper half of VTIVAR', () => {
    const p = prepared()
    const [vf] = p.vfs
    vf.write(VTIVAR, 0x82000000)
    const second = p.rings(vf, 0x2040, 0x1040)
    second.tx.send(frameOf(PEER, macOf(0), 80))
    p.run()
    expect(vf.messages).toEqual([0x12])
    // The PF has the first of these registers at a place of its own.
    expect(p.pf.read(0x12500)).toBe(0x82000000)
  })

  test('a sent interrupt clears its cause and masks itself; enabling it again sends what has come meanwhile', () => {
    const p = prepared()
    const [vf] = p.vfs
    vf.write(VTEICS, 1)
    p.run()
    expect([vf.messages, vf.read(VTEICS), vf.read(VTEIMS)]).toEqual([[0x10], 0, 6])
    vf.write(VTEICS, 1)
    p.run()
    expect([vf.messages.length, vf.read(VTEICS)]).toEqual([1, 1])
    vf.write(VTEIMS, 1)
    expect(vf.messages.length).toBe(1)
    p.run()
    expect([vf.messages.length, vf.read(VTEICS)]).toEqual([2, 0])
  })

  test('without automatic masking, or GPIE.EIAME, the mask stays; without automatic clearing the cause stays', () => {
    const p = prepared()
    const [vf] = p.vfs
    vf.write(VTEIAM, 6)
    vf.write(VTEIAC, 6)
    vf.write(VTEICS, 1)
    p.run()
    expect([vf.messages, vf.read(VTEIMS), vf.read(VTEICS)]).toEqual([[0x10], 7, 1])
    expect([vf.read(VTEICR), vf.read(VTEICR)]).toEqual([1, 0])
    p.pf.write(GPIE, 0x80000030)
    vf.write(VTEICS, 4)
    p.run()
    expect([vf.messages, vf.read(VTEIMS)]).toEqual([[0x10, 0x12], 7])
    vf.write(VTEIMC, 2)
    expect(vf.read(VTEIMS)).toBe(5)
    vf.write(VTEICS, 3)
    vf.write(VTEICR, 1)
    expect(vf.read(VTEICS)).toBe(2)
  })

  test('VTEITR spaces interrupts in units of 2 us; a write with bit 31 leaves the running count alone', () => {
    const p = prepared()
    const [vf] = p.vfs
    const { rx } = p.vfRings(0)
    rx.post(31)
    p.run()
    vf.write(VTEIAM, 0)
    vf.write(VTEITR, 5 << 3)
    const times: number[] = []
    const begin = p.scheduler.nowNs()
    const put = (): void => void p.far.put(frameOf(macOf(0), PEER, 80))
    const timer = p.scheduler.timer('traffic', () => {
      put()
      if (p.scheduler.nowNs() - begin < 30000) timer.arm(p.scheduler.nowNs() + 1000)
    })
    timer.arm(begin)
    let seen = vf.messages.length
    p.scheduler.run(() => {
      if (vf.messages.length > seen) times.push(p.scheduler.nowNs() - begin)
      seen = vf.messages.length
      return false
    }, begin + 100000)
    expect(times).toEqual([0, 10000, 20000, 30000, 40000])
    expect(vf.read(VTEITR)).toBe(40)
    vf.write(VTEICS, 1)
    vf.write(VTEITR, 0x80000000 | (5 << 3))
    p.run(100)
    const before = vf.messages.length
    vf.write(VTEITR, 5 << 3)
    p.run(100)
    expect(vf.messages.length).toBe(before + 1)
  })

  test('an allocation without its valid bit, or to a vector that is not there, raises nothing', () => {
    const p = prepared()
    const [vf] = p.vfs
    const { tx } = p.vfRings(0)
    for (const entry of [0x0100, 0x8300]) {
      vf.write(VTIVAR, entry)
      tx.send(frameOf(PEER, macOf(0), 80))
      p.run()
    }
    expect([vf.messages, vf.read(VTEICS)]).toEqual([[], 0])
  })

  test('another function has its own causes', () => {
    const p = prepared()
    p.vfs[1].interrupts(3, 0x20)
    p.vfs[1].write(VTEIMS, 7)
    p.vfs[1].write(VTEICS, 2)
    p.run()
    expect([p.vfs[0].messages, p.vfs[1].messages, p.vfs[0].read(VTEICS), p.pf.read(0xc04)]).toEqual([[], [0x21], 0, 2])
  })
})

describe('the physical function', () => {
  test('its queues raise the vectors of IVAR, also above 15, by the extended registers', () => {
    const p = prepared()
    const { tx, rx } = p.pfRings()
    const queue = p.pool * 2
    p.pf.write(0x900 + 4 * (queue >> 1), 0xa883)
    p.pf.write(0xad0, 0xffffffff)
    p.pf.write(0xad4, 0xffffffff)
    p.pf.write(EIAC, 0xffff)
    p.pf.write(0xaa0, 1 << 3)
    p.pf.write(0xaa4, 1 << 8)
    rx.post(4)
    tx.send(frameOf(PEER, macOf(p.pool), 80))
    p.far.put(frameOf(macOf(p.pool), PEER, 80))
    p.run()
    expect([...p.pf.messages].sort()).toEqual([0x103, 0x128])
    expect([p.pf.read(0xaa0), p.pf.read(0xaa4), p.pf.read(EICS)]).toEqual([0, 0, 0])
    p.pf.write(0xa90, 1 << 3)
    p.run()
    expect(p.pf.messages.length).toBe(2)
    p.pf.write(0xaa0, 1 << 3)
    p.run()
    expect(p.pf.messages.length).toBe(3)
    p.pf.write(0xab4, 1 << 8)
    expect(p.pf.read(0xad4)).toBe(0xffffffff)
  })

  test('other causes go to the vector of IVAR_MISC, are read from EICS and cleared by writing EICR', () => {
    const p = prepared()
    p.pf.write(IVAR_MISC, 0x8900)
    p.pf.write(EIMS, (1 << 20) | (1 << 19))
    p.chip.setLink(false)
    expect(p.pf.messages).toEqual([])
    p.run()
    expect([p.pf.messages, p.pf.read(EICS)]).toEqual([[0x109], 1 << 20])
    p.chip.linkChanged()
    p.run()
    expect(p.pf.messages.length).toBe(2)
    p.pf.write(EICR, 1 << 20)
    expect(p.pf.read(EICS)).toBe(0)
    p.pf.write(EIMC, 1 << 20)
    p.chip.setLink(true)
    p.run()
    expect(p.pf.messages.length).toBe(2)
    p.pf.write(EIMS, 1 << 20)
    p.run()
    expect(p.pf.messages.length).toBe(3)
  })

  test('EICR is cleared by reading: all of it, or with GPIE.OCD only causes 29:16', () => {
    const p = prepared()
    p.pf.write(EICS, 0x00100003)
    expect([p.pf.read(EICR), p.pf.read(EICR)]).toEqual([0x00100003, 3])
    p.pf.write(GPIE, 0xc0000010)
    expect([p.pf.read(EICR), p.pf.read(EICR)]).toEqual([3, 0])
  })

  test('without multiple MSI-X everything goes to vector 0', () => {
    const p = prepared()
    p.pf.write(GPIE, 0)
    p.pf.write(EIMS, 0x00100010)
    p.pf.write(IVAR_MISC, 0x8500)
    p.pf.write(EICS, 0x10)
    p.chip.linkChanged()
    p.run()
    expect(p.pf.messages).toEqual([0x100, 0x100])
  })

  test('EITR of its vector spaces the other causes too', () => {
    const p = prepared()
    p.pf.write(IVAR_MISC, 0x8200)
    p.pf.write(0x828, 50 << 3)
    p.pf.write(EIMS, 1 << 20)
    const begin = p.scheduler.nowNs()
    p.chip.linkChanged()
    p.run(10)
    p.chip.linkChanged()
    p.run(99000)
    expect(p.pf.messages.length).toBe(1)
    p.run(2000)
    expect([p.pf.messages.length, p.scheduler.nowNs() - begin]).toEqual([2, 100000])
  })

  test('a stopped queue is an exception of the bus', () => {
    const p = prepared()
    p.pf.write(IVAR_MISC, 0x8100)
    p.pf.write(EIMS, 1 << 18)
    const { tx } = p.vfRings(0)
    tx.push([0, 0, 0x21300040, 64 << 14])
    tx.ring()
    p.run()
    expect([p.pf.messages, p.pf.read(EICS)]).toEqual([[0x101], 1 << 18])
  })
})

test('a burst of frames is one interrupt: the cause is set once', () => {
  const p = prepared()
  const { rx } = p.vfRings(0)
  rx.post(31)
  p.run()
  for (let i = 0; i < 20; i++) p.far.put(frameOf(BROADCAST, PEER, 80))
  p.run()
  expect([rx.take().length, p.vfs[0].messages]).toEqual([20, [0x10]])
})
