import { describe, expect, test } from 'vitest'
import { frameOf, macOf } from '../intel/testing/frames.js'
import { BareProgram, Reg } from './testing/bare-program.js'

const PEER = Uint8Array.of(0x02, 9, 9, 9, 9, 9)

/** A chip without pools whose PF has ten vectors, in the mode that drivers use. */
function multiple(): BareProgram {
  const p = new BareProgram(0)
  p.pf.interrupts(10, 0)
  return p
}

describe('queues and vectors', () => {
  test('IVAR: four bytes for queues n and n + 8, receive and transmit', () => {
    const p = multiple()
    p.pf.write(Reg.ivar, 0x84838281)
    p.pf.write(Reg.ivar + 4 * 7, 0x88078605)
    p.pf.write(Reg.eims, 0x3ff)
    for (const [queue, rxVector, txVector] of [
      [0, 1, 2],
      [8, 3, 4],
    ] as const) {
      p.pf.write(Reg.mrqc, 0)
      const { tx } = p.pfQueue(queue)
      tx.send(frameOf(PEER, macOf(0), 60))
      p.run()
      expect([queue, p.pf.messages.splice(0)]).toEqual([queue, [txVector]])
      if (queue === 0) {
        const { rx } = p.pfQueue(0)
        rx.post(2)
        p.run()
        p.far.put(frameOf(macOf(0), PEER, 60))
        p.run()
        expect(p.pf.messages.splice(0)).toEqual([rxVector])
      }
    }
    // Without its valid bit an entry says nothing.
    const { tx } = p.pfQueue(7)
    tx.send(frameOf(PEER, macOf(0), 60))
    p.run()
    expect(p.pf.messages).toEqual([6])
  })

  test('a cause that is not enabled waits in EICR; reading EICR clears it', () => {
    const p = multiple()
    p.pf.write(Reg.eics, 0b110)
    p.run()
    expect(p.pf.messages).toEqual([])
    p.pf.write(Reg.eims, 0b010)
    p.run()
    expect([p.pf.messages, p.pf.read(Reg.eims)]).toEqual([[1], 0b010])
    expect([p.pf.read(Reg.eicr), p.pf.read(Reg.eicr)]).toEqual([0b110, 0])
  })

  test('EIAC clears and EIAM masks when the message is sent; without GPIE.EIAME nothing is masked', () => {
    const p = multiple()
    p.pf.write(Reg.eims, 0b111)
    p.pf.write(Reg.eiac, 0b011)
    p.pf.write(Reg.eiam, 0b001)
    p.pf.write(Reg.eics, 0b111)
    p.run()
    expect([p.pf.messages, p.pf.read(Reg.eics), p.pf.read(Reg.eims)]).toEqual([[0, 1, 2], 0b100, 0b110])
    p.pf.write(Reg.gpie, 0x11)
    p.pf.write(Reg.eims, 1)
    p.pf.write(Reg.eics, 1)
    p.run()
    expect(p.pf.read(Reg.eims)).toBe(0b111)
    p.pf.write(Reg.eimc, 0b101)
    p.pf.write(Reg.eicr, 0b100)
    expect([p.pf.read(Reg.eims), p.pf.read(Reg.eics), p.pf.read(Reg.eimc)]).toEqual([0b010, 0, 0])
  })

  test('EITR: microseconds between two messages of a vector', () => {
    const p = multiple()
    p.pf.write(Reg.eims, 0b10)
    p.pf.write(Reg.eiac, 0b10)
    p.pf.write(Reg.eitr + 4, 100 << 2)
    p.pf.write(Reg.eics, 0b10)
    p.run(1000)
    p.pf.write(Reg.eics, 0b10)
    p.run(98_000)
    expect(p.pf.messages.length).toBe(1)
    p.run(2_000)
    expect(p.pf.messages.length).toBe(2)
    // Without CNT_IGNR a write starts the count anew; with it, it does not.
    p.pf.write(Reg.eics, 0b10)
    p.pf.write(Reg.eitr + 4, 0x80000000 | (100 << 2))
    p.run(1000)
    expect(p.pf.messages.length).toBe(2)
    p.pf.write(Reg.eitr + 4, 100 << 2)
    p.run(1000)
    expect(p.pf.messages.length).toBe(3)
  })
})

describe('the causes of ICR', () => {
  test('reach a vector through IVAR_MISC, once, and reading clears them', () => {
    const p = multiple()
    p.pf.write(Reg.ivarMisc, 0x8500)
    p.pf.write(Reg.eims, 1 << 5)
    p.pf.write(Reg.eiac, 1 << 5)
    p.pf.write(Reg.ims, 0x4)
    p.chip.linkChanged()
    p.run()
    p.chip.linkChanged()
    p.run()
    expect(p.pf.messages).toEqual([5])
    expect([p.pf.read(Reg.icr), p.pf.read(Reg.icr) & 0x4]).toEqual([0x80000004, 0])
    p.chip.linkChanged()
    p.run()
    expect(p.pf.messages).toEqual([5, 5])
  })

  test('one that is set already tells when it is enabled; IMC takes it out, and reads as IMS', () => {
    const p = multiple()
    p.pf.write(Reg.ivarMisc, 0x8100)
    p.pf.write(Reg.eims, 2)
    p.pf.write(Reg.ics, 0x104)
    p.run()
    expect(p.pf.messages).toEqual([])
    p.pf.write(Reg.ims, 0x104)
    p.run()
    expect([p.pf.messages, p.pf.read(Reg.imc)]).toEqual([[1], 0x104])
    p.pf.write(Reg.imc, 0x100)
    expect(p.pf.read(Reg.ims)).toBe(4)
  })

  test('IAM masks causes when ICR is read; without GPIE.NSICR only if one had asserted', () => {
    const p = multiple()
    p.pf.write(Reg.iam, 0x4)
    p.pf.write(Reg.ims, 0x5)
    p.pf.read(Reg.icr)
    expect(p.pf.read(Reg.ims)).toBe(1)
    p.pf.write(Reg.gpie, 0x10)
    p.pf.write(Reg.ims, 0x4)
    p.pf.write(Reg.ics, 0x100)
    expect([p.pf.read(Reg.icr), p.pf.read(Reg.ims)]).toEqual([0x100, 5])
    // Nothing enabled was set, so that reading has not cleared either.
    p.pf.write(Reg.ics, 0x1)
    expect([p.pf.read(Reg.icr), p.pf.read(Reg.icr), p.pf.read(Reg.ims)]).toEqual([-0x7ffffeff >>> 0, 0, 1])
  })

  test('with one vector only, every enabled cause goes to vector 0 and shows as OTHER', () => {
    const p = multiple()
    p.pf.write(Reg.gpie, 0)
    for (const bit of [0x1, 0x4, 0x100, 0x4000000]) {
      p.pf.write(Reg.icr, 0xffffffff)
      p.pf.write(Reg.ims, bit)
      p.pf.write(Reg.ics, bit)
      p.run()
      expect([bit, p.pf.messages.splice(0), p.pf.read(Reg.eics), p.pf.read(Reg.icr) & bit]).toEqual([
        bit,
        [0],
        0x80000000,
        bit,
      ])
      p.pf.write(Reg.imc, 0xffffffff)
    }
  })

  test('completions are causes too', () => {
    const p = multiple()
    const { tx, rx } = p.pfRings()
    rx.post(2)
    p.run()
    tx.send(frameOf(PEER, macOf(0), 60))
    p.far.put(frameOf(macOf(0), PEER, 60))
    p.run()
    expect(p.pf.read(Reg.icr) & 0x81).toBe(0x81)
  })
})

describe('virtual functions', () => {
  test('the last vectors are theirs: three each, out of reach of the PF', () => {
    const p = new BareProgram(3)
    p.pf.interrupts(10, 0)
    p.vfs.forEach((vf, i) => vf.interrupts(3, 0x10 * (i + 1)))
    for (const vf of p.vfs) vf.write(0x1524, 7)
    p.pf.write(Reg.eims, 0x01ffffff)
    expect(p.pf.read(Reg.eims)).toBe(0xffff)
    p.pf.write(Reg.eics, 0x01ff0000)
    p.pf.write(Reg.eimc, 0x01ff0000)
    p.vfs[1].write(0x1520, 0b101)
    p.run()
    expect(p.vfs.map((vf) => vf.messages)).toEqual([[], [0x20, 0x22], []])
    expect([p.pf.messages, p.vfs[1].read(0x1524), p.pf.read(0x10124)]).toEqual([[], 7, 7])
    expect([p.vfs[0].read(0x1580), p.vfs[1].read(0x1580), p.vfs[1].read(0x1580)]).toEqual([0, 0b101, 0])
  })

  test('VTIVAR leads their queues to their vectors, VTIVAR_MISC their mailbox', () => {
    const p = new BareProgram(2)
    const [vf] = p.vfs
    vf.interrupts(3, 0x10)
    const { tx, rx } = p.vfRings(0)
    rx.post(2)
    vf.write(0x1700, 0x8081)
    vf.write(0x1740, 0x82)
    vf.write(0x1524, 7)
    vf.write(0x152c, 7)
    vf.write(0x1530, 7)
    p.run()
    tx.send(frameOf(PEER, macOf(0), 60))
    p.far.put(frameOf(macOf(0), PEER, 60))
    p.pf.write(0xc00, 1)
    p.run()
    expect(vf.messages.sort()).toEqual([0x10, 0x11, 0x12])
    expect([vf.read(0x1524), vf.read(0x1580)]).toEqual([0, 0])
    vf.write(0x1528, 7)
    expect([vf.read(0x152c), vf.read(0x1530)]).toEqual([7, 7])
  })

  test('without virtual functions the PF has all vectors that its table holds', () => {
    const p = multiple()
    p.pf.write(Reg.eims, 0x01ffffff)
    expect(p.pf.read(Reg.eims)).toBe(0x01ffffff)
    p.pf.write(Reg.eics, 0x01ffffff)
    p.run()
    expect(p.pf.messages).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })
})

describe('mailboxes', () => {
  test('a message of a virtual function, and the answer', () => {
    const p = new BareProgram(8 - 1)
    p.pf.interrupts(10, 0)
    p.pf.write(Reg.ivarMisc, 0x8000)
    p.pf.write(Reg.eims, 1)
    p.pf.write(Reg.ims, 0x100)
    const vf = p.vfs[6]
    vf.read(0xc40)
    vf.write(0xc40, 4)
    expect(vf.read(0xc40) & 0xc).toBe(4)
    p.pf.write(0xc00 + 24, 8)
    expect(p.pf.read(0xc00 + 24) & 0xc).toBe(4)
    vf.write(0x800, 0x12345678)
    vf.write(0xc40, 1)
    p.run()
    expect([p.pf.messages, p.pf.read(Reg.icr) & 0x100, p.pf.read(0xc80)]).toEqual([[0], 0x100, 1 << 6])
    p.pf.write(0xc80, 1 << 6)
    p.pf.write(0xc00 + 24, 8)
    expect([p.pf.read(0xc80), p.pf.read(0xc00 + 24) & 0xc]).toEqual([0, 8])
    vf.write(0xc40, 4)
    expect(vf.read(0xc40) & 0xc).toBe(8)
    expect(p.pf.read(0x800 + 64 * 6)).toBe(0x12345678)
    p.pf.write(0x800 + 64 * 6, 0x80000001)
    p.pf.write(0xc00 + 24, 3)
    expect([vf.read(0xc40), vf.read(0xc40), vf.read(0x800)]).toEqual([0x30, 0, 0x80000001])
    vf.write(0xc40, 2)
    expect(p.pf.read(0xc80)).toBe(1 << 22)
  })

  test('a virtual function that hangs loses the buffer, and what it asked', () => {
    const p = new BareProgram(2)
    p.vfs[1].write(0xc40, 7)
    expect(p.pf.read(0xc80)).toBe(0x20002)
    p.pf.write(0xc04, 0x18)
    expect([p.pf.read(0xc80), p.pf.read(0xc04) & 0xc]).toEqual([0, 8])
  })

  test('MBVFIMR keeps a request from interrupting, not from showing', () => {
    const p = new BareProgram(2)
    p.pf.write(0xc84, 0b10)
    p.vfs[0].write(0xc40, 1)
    expect([p.pf.read(Reg.icr) & 0x100, p.pf.read(0xc80)]).toEqual([0, 1])
    p.vfs[1].write(0xc40, 1)
    expect(p.pf.read(Reg.icr) & 0x100).toBe(0x100)
  })
})
