import { describe, expect, test } from 'vitest'
import { frameOf, macOf } from '../intel/testing/frames.js'
import { BareProgram } from './testing/bare-program.js'

const PEER = Uint8Array.of(0x02, 9, 9, 9, 9, 9)

describe('a full receive packet buffer', () => {
  /** A virtual function that takes nothing and may not drop, and 512 KiB of frames for it. */
  function full(): BareProgram {
    const p = new BareProgram()
    p.rings(p.vfs[0], 0x2000, 0x1000)
    p.vfs[0].write(0x1014, 0x02000402)
    for (let i = 0; i < 400; i++) p.far.put(frameOf(macOf(0), PEER, 1500))
    p.run()
    return p
  }

  test('loses frames from the wire, counted in RXMPC, and holds up every queue behind its head', () => {
    const p = full()
    const b = p.vfRings(1)
    b.rx.post(8)
    p.far.put(frameOf(macOf(1), PEER, 1500))
    p.run()
    const missed = p.pf.read(0x3fa0)
    expect([missed, p.counter('drop.bufferFull')]).toEqual([p.counter('wire.in') - p.chip.inFlight, missed])
    expect([missed > 40, b.rx.take().length, p.missing]).toEqual([true, 0, 0])
  })

  test('holds up transmission, and loses no frame of a neighbour', () => {
    const p = full()
    const b = p.vfRings(1)
    for (let i = 0; i < 4; i++) b.tx.frame(frameOf(macOf(0), macOf(1), 1500, i))
    b.tx.ring()
    p.run()
    expect([b.tx.head, p.counter('sent')]).toEqual([0, 0])
    // QDE: the queue may drop, and the others go on.
    p.pf.write(0x2f04, 0x10001)
    p.run()
    expect([b.tx.head, p.counter('sent'), p.counter('drop.noDescriptor') > 300, p.missing]).toEqual([4, 4, true, 0])
    expect(p.pf.read(0x1430)).toBe(p.counter('drop.noDescriptor'))
  })

  test.each([
    ['the receiver is switched off', (p: BareProgram): void => p.pf.write(0x3000, 0)],
    ['loopback is switched off', (p: BareProgram): void => p.pf.write(0x8220, 0)],
    ['the function that takes nothing is reset', (p: BareProgram): void => p.vfs[0].write(0, 1 << 26)],
  ])('transmission goes on when %s', (_name, change) => {
    const p = full()
    const b = p.vfRings(1)
    b.tx.send(frameOf(PEER, macOf(1), 1500))
    p.run()
    expect(b.tx.head).toBe(0)
    change(p)
    p.run()
    expect([b.tx.head, p.far.frames.length, p.missing]).toEqual([1, 1, 0])
  })
})

describe('a queue that was stopped', () => {
  test('is in WQBR until software takes it out, however many there are; the mailbox cause on request', () => {
    const p = new BareProgram()
    const bad = (vf: number): void => {
      const { tx } = p.vfRings(vf)
      tx.push([0, 0, 0x20300000, 0])
      tx.ring()
      p.run()
    }
    bad(0)
    expect([p.pf.read(0x808) & 0xc0000, p.pf.read(0x8130)]).toEqual([0x40000, 1])
    p.pf.write(0x800, 0xc0000)
    p.pf.write(0x4a80, 0x81000045)
    bad(2)
    expect([p.pf.read(0x808) & 0xc0000, p.pf.read(0x8130), p.pf.read(0x8124)]).toEqual([0xc0000, 0x11, 4])
    p.pf.write(0x8130, 1)
    expect(p.pf.read(0x8130)).toBe(0x10)
    const { rx } = p.vfRings(1)
    p.vfs[1].write(0x1018, 999)
    p.run()
    expect([p.pf.read(0x2fb0), p.pf.read(0x2fa8), rx.head]).toEqual([4, 2, 0])
  })

  test('disturbs nobody else', () => {
    const p = new BareProgram()
    const good = p.vfRings(1)
    good.rx.post(20)
    const { tx } = p.vfRings(0)
    for (let i = 0; i < 20; i++) {
      tx.push([0, 0, 0x20400010, 0])
      tx.ring()
      p.far.put(frameOf(macOf(1), PEER, 100, i))
      good.tx.send(frameOf(PEER, macOf(1), 100, i))
      p.run(1000)
    }
    p.run()
    expect([good.rx.take().length, p.far.frames.length, p.missing]).toEqual([20, 20, 0])
  })
})
