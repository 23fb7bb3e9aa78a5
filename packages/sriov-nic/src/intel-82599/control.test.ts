import { describe, expect, test } from 'vitest'
import { RegisterFile } from '../engine/register-file.js'
import { Counters } from '@npa/core'
import { REGISTERS } from './chip.js'
import { HIDDEN } from './registers/queues.js'
import { BareProgram } from './testing/bare-program.js'
import { frameOf, macOf, PF_MAC } from '../intel/testing/frames.js'

const PEER = Uint8Array.of(0x02, 9, 9, 9, 9, 9)

describe('the register table', () => {
  test('has no two registers at one place', () => {
    expect(() => new RegisterFile(HIDDEN.end, REGISTERS, new Counters())).not.toThrow()
  })

  /** Offset, count, stride, mask, written: the register test of Linux's ethtool -t, which compares without a mask. */
  const PATTERNS = [
    [0x3220, 1, 4, 0x8007fff0, 0x8007fff0],
    [0x3260, 1, 4, 0x8007fff0, 0x8007fff0],
    [0x3008, 1, 4, 0xffffffff, 0xffffffff],
    [0x1000, 4, 0x40, 0xffffff80, 0xffffff80],
    [0x1004, 4, 0x40, 0xffffffff, 0xffffffff],
    [0x1008, 4, 0x40, 0x000fff80, 0x000fffff],
    [0x1018, 4, 0x40, 0xffff, 0xffff],
    [0x3200, 1, 4, 0xffffffff, 0xffffffff],
    [0x6000, 4, 0x40, 0xffffff80, 0xffffffff],
    [0x6004, 4, 0x40, 0xffffffff, 0xffffffff],
    [0x6008, 4, 0x40, 0x000fff80, 0x000fff80],
    [0x5400, 16, 8, 0xffffffff, 0xffffffff],
    [0x5404, 16, 8, 0x8001ffff, 0x800cffff],
    [0x5200, 128, 4, 0xffffffff, 0xffffffff],
  ] as const

  test('answers the patterns that Linux writes', () => {
    const { pf } = new BareProgram()
    pf.write(0, 1 << 26)
    for (const [offset, count, stride, mask, written] of PATTERNS) {
      for (let n = 0; n < count; n++) {
        for (const pattern of [0x5a5a5a5a, 0xa5a5a5a5, 0, 0xffffffff]) {
          const at = offset + n * stride
          pf.write(at, (pattern & written) >>> 0)
          expect([at.toString(16), pf.read(at)]).toEqual([at.toString(16), (pattern & written & mask) >>> 0])
        }
      }
    }
    pf.write(0x5088, 0)
    expect(pf.read(0x5088)).toBe(0)
    const before = pf.read(8)
    pf.write(8, 0)
    expect(pf.read(8)).toBe(before)
  })

  test('what a driver sizes is there at first: one buffer each way, and room for a jumbo frame', () => {
    const { pf } = new BareProgram()
    for (const [at, values] of [
      [0x3c00, [0x80000, 0]],
      [0xcc00, [0x28000, 0]],
      [0x4950, [0x96, 0]],
    ] as const) {
      expect([pf.read(at), pf.read(at + 4)]).toEqual(values)
    }
  })

  test('registers of traffic classes and of filters by tuple are storage', () => {
    const p = new BareProgram()
    const places = [0x2140, 0x4910, 0xcd20, 0xe000, 0xe200, 0xe400, 0xe600, 0xe800, 0xec30, 0xec70]
    for (const at of places) p.pf.write(at, 0x80345678)
    expect(places.map((at) => p.pf.read(at))).toEqual(places.map(() => 0x80345678))
    p.pf.write(0, 1 << 26)
    expect(places.map((at) => p.pf.read(at))).toEqual(places.map(() => 0))
  })

  test('no register reads all ones, and what is not there reads 0', () => {
    const p = new BareProgram()
    for (let at = 0; at < 0x20000; at += 4) {
      const value = p.pf.read(at)
      // A mask of mailbox interrupts is all ones after reset; a driver never reads it.
      if (at !== 0x720 && at !== 0x724) expect([at, value]).not.toEqual([at, 0xffffffff])
    }
    expect(p.counter('register.unknown.read.0x1f000')).toBe(1)
    expect(p.pf.read(0x7fffc)).toBe(0)
  })
})

describe('what a driver of the PF asks first', () => {
  test('PCI: capabilities at the places that drivers know', () => {
    const { pf } = new BareProgram().chip
    expect([pf.configRead(0, 4), pf.configRead(0x72, 2), pf.configRead(0xaa, 2) & 0x20]).toEqual([0x10fb8086, 63, 0])
    expect([pf.configRead(0xb2, 2), pf.configRead(0x160, 2), pf.configRead(0x17a, 2)]).toEqual([0x82, 0x10, 0x10ed])
    expect([
      pf.configRead(0x16c, 2),
      pf.configRead(0x16e, 2),
      pf.configRead(0x174, 2),
      pf.configRead(0x176, 2),
    ]).toEqual([64, 64, 0x80, 2])
  })

  test('EEPROM: present, read by EERD, the checksum is right', () => {
    const { pf } = new BareProgram()
    expect(pf.read(0x10010)).toBe(0x4700)
    const word = (at: number): number => {
      pf.write(0x10014, (at << 2) | 1)
      const value = pf.read(0x10014)
      expect(value & 2).toBe(2)
      return value >>> 16
    }
    let sum = 0
    for (let at = 0; at <= 0x3f; at++) sum += word(at)
    for (let pointer = 3; pointer < 0xf; pointer++) {
      const section = word(pointer)
      if (section === 0 || section === 0xffff) continue
      for (let i = 1; i <= word(section); i++) sum += word(section + i)
    }
    expect(sum & 0xffff).toBe(0xbaba)
    pf.write(0x10010, 0x40)
    expect(pf.read(0x10010) & 0xc0).toBe(0xc0)
  })

  test('semaphores, firmware, link, security, PHY', () => {
    const { pf } = new BareProgram()
    expect([pf.read(0x10140), pf.read(0x10140)]).toEqual([0, 1])
    pf.write(0x10140, 2)
    expect(pf.read(0x10140)).toBe(2)
    pf.write(0x10140, 0)
    expect(pf.read(0x10140)).toBe(0)
    pf.write(0x10160, 0x21)
    expect(pf.read(0x10160)).toBe(0x21)
    expect([pf.read(0x10148), pf.read(0x8804), pf.read(0x8d04), pf.read(0x2f00) & 8]).toEqual([0x8000, 3, 3, 8])
    expect([pf.read(0x42a0), pf.read(0x42a4), pf.read(0x42b0)]).toEqual([0x6000, 0x79001010, 0x10c00])
    pf.write(0x42a0, 0x7000)
    expect(pf.read(0x42a0)).toBe(0x6000)
    pf.write(0x425c, 0x4000ffff)
    expect([pf.read(0x425c) & 0x40000000, pf.read(0x4260) >>> 16]).toEqual([0, 0xffff])
    pf.write(0x28, 0xa)
    expect(pf.read(0x28)).toBe(0xf)
    pf.write(0x28, 0)
    expect(pf.read(0x28)).toBe(0)
  })

  test('master disable stops every transfer until it is taken back', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    p.pf.write(0, 4)
    expect([p.pf.read(0) & 4, p.pf.read(8) & 0x80000]).toEqual([4, 0])
    tx.send(frameOf(PEER, macOf(0), 80))
    p.run()
    expect(p.far.frames.length).toBe(0)
    p.pf.write(0, 0)
    expect(p.pf.read(8) & 0x80000).toBe(0x80000)
    // A driver's reset comes right after it has disabled the master.
    p.pf.write(0, 4)
    p.pf.write(0, 1 << 26)
    p.setUpPort(3)
    p.vfRings(1).tx.send(frameOf(PEER, macOf(1), 80))
    p.run()
    expect([p.pf.read(8) & 0x80000, p.far.frames.length]).toEqual([0x80000, 1])
  })

  test('STATUS tells the virtual functions and the link', () => {
    const p = new BareProgram(5)
    expect([(p.pf.read(8) >>> 10) & 0x7f, p.pf.read(8) & 0x80]).toEqual([5, 0x80])
  })

  test('the free running timer counts microseconds', () => {
    const p = new BareProgram()
    const before = p.pf.read(0x48)
    p.scheduler.timer('t', () => undefined).arm(p.scheduler.nowNs() + 5000)
    p.run()
    expect([p.pf.read(0x48) - before, p.vfs[0].read(0x48)]).toEqual([5, p.pf.read(0x48)])
  })
})

describe('resets', () => {
  test.each([
    ['CTRL.RST', 1 << 26],
    ['CTRL.LRST', 1 << 3],
  ])('%s under traffic: registers as after power-on, queues off, frames lost and named', (_name, bit) => {
    const p = new BareProgram()
    const fresh = new BareProgram()
    fresh.pf.write(0, bit)
    const { tx, rx } = p.vfRings(0)
    p.far.open(0)
    for (let i = 0; i < 20; i++) tx.frame(frameOf(PEER, macOf(0), 1000))
    tx.ring()
    p.far.put(frameOf(macOf(0), PEER, 100))
    p.run()
    tx.frame(frameOf(PEER, macOf(0), 1000))
    tx.ring()
    p.run(100)
    expect(p.chip.inFlight).toBe(21)
    p.pf.write(0, bit)
    expect([p.pf.read(0) & bit, p.pf.read(0x5400), p.pf.read(0x5404)]).toEqual([
      0,
      PF_MAC[0],
      (0x80000000 | (PF_MAC[5] << 8)) >>> 0,
    ])
    expect([tx.enabled, rx.enabled, p.chip.inFlight, p.counter('drop.reset')]).toEqual([false, false, 0, 21])
    p.far.open(Infinity)
    p.run()
    expect([p.far.frames.length, p.missing]).toEqual([0, 0])
    for (let at = 0; at < 0x20000; at += 4) {
      if (at === 0x48) continue
      expect([at.toString(16), p.pf.read(at)]).toEqual([at.toString(16), fresh.pf.read(at)])
    }
    p.setUpPort(3)
    const again = p.vfRings(0)
    again.tx.send(frameOf(PEER, macOf(0), 80))
    p.run()
    expect(p.far.frames.length).toBe(1)
  })

  test('the MAC is loaded again at every reset, whatever a driver wrote', () => {
    const { pf } = new BareProgram()
    pf.write(0x5400, 0x12345678)
    pf.write(0x5404, 0)
    pf.write(0, 8)
    expect([pf.read(0x5400), pf.read(0xa204)]).toEqual([PF_MAC[0], (0x80000000 | (PF_MAC[5] << 8)) >>> 0])
  })

  test.each([
    ['VFCTRL.RST', (p: BareProgram): void => p.vfs[1].write(0, 1 << 26)],
    ['the PF, by PVFCTRL', (p: BareProgram): void => p.pf.write(0x304, 1 << 26)],
    [
      'function-level reset',
      (p: BareProgram): void => {
        p.vfs[1].fn.configWrite(0xa8, 2, 0x8000)
      },
    ],
  ])('a virtual function is reset by %s: alone, at once, and the PF learns of it', (_name, reset) => {
    const p = new BareProgram()
    p.pf.interrupts(64, 0)
    p.pf.write(0xa00, 0x8000)
    p.pf.write(0x880, 1 << 19)
    const a = p.vfRings(0)
    const b = p.vfRings(1)
    b.tx.frame(frameOf(PEER, macOf(1), 80))
    b.tx.ring()
    a.tx.send(frameOf(PEER, macOf(0), 80))
    p.run(10)
    p.vfs[1].write(0x108, 7)
    p.vfs[1].write(0x104, 7)
    reset(p)
    expect([p.vfs[1].read(0x108), p.vfs[1].read(0x104)]).toEqual([0, 0])
    expect([b.tx.enabled, b.rx.enabled, a.tx.enabled]).toEqual([false, false, true])
    p.run()
    expect([p.far.frames.length, p.far.frames[0][11]]).toEqual([1, 0])
    expect([p.pf.read(0x600), p.pf.read(0x51e0), p.pf.read(0x8110), p.pf.messages]).toEqual([2, 0b1101, 0b1101, [0]])
    p.pf.write(0x700, 2)
    expect(p.pf.read(0x600)).toBe(0)
    expect(p.missing).toBe(0)
  })

  test('virtual functions that are disabled are silent and come back clean', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    const old = p.vfs[0]
    tx.frame(frameOf(PEER, macOf(0), 80))
    tx.ring()
    p.chip.pf.configWrite(0x168, 2, 0)
    p.run()
    expect([p.far.frames.length, p.vfs.length, p.pf.read(0x600)]).toEqual([0, 0, 0])
    old.write(0x2028, 1 << 25)
    old.write(0x2018, 5)
    p.run()
    expect(old.intact).toBe(true)
    p.enableVfs(2)
    p.pf.write(0x8110, 0xf)
    p.pf.write(0x51e0, 0xf)
    const again = p.vfRings(1)
    again.tx.send(frameOf(PEER, macOf(1), 80))
    p.run()
    expect([p.far.frames.length, p.vfs.length]).toEqual([1, 2])
  })

  test('a reset of the PF by PCI takes the virtual functions away', () => {
    const p = new BareProgram()
    p.chip.pf.configWrite(0xa8, 2, 0x8000)
    expect([p.vfs.length, p.pf.read(0x51b0), p.pf.read(0x5404)]).toEqual([0, 0, (0x80000000 | (PF_MAC[5] << 8)) >>> 0])
  })
})

describe('the mailbox', () => {
  const VFMAILBOX = 0x2fc
  const box = (vf: number): number => 0x4b00 + 4 * vf

  test('from a virtual function to the PF and back', () => {
    const p = new BareProgram()
    const [, vf] = p.vfs
    p.pf.interrupts(64, 0)
    vf.interrupts(3, 0x10)
    vf.write(0x140, 0x82)
    vf.write(0x108, 7)
    p.pf.write(0xa00, 0x8000)
    p.pf.write(0x880, 1 << 19)
    vf.write(VFMAILBOX, 4)
    expect(vf.read(VFMAILBOX) & 4).toBe(4)
    p.pf.write(box(1), 8)
    expect(p.pf.read(box(1))).toBe(4)
    vf.write(0x200, 0xabcd)
    vf.write(VFMAILBOX, 1)
    p.run()
    expect([p.pf.messages, p.pf.read(0x710), p.pf.read(0x13040)]).toEqual([[0], 2, 0xabcd])
    p.pf.write(0x710, 2)
    expect(p.pf.read(0x710)).toBe(0)
    p.pf.write(box(1), 8)
    expect(p.pf.read(box(1))).toBe(8)
    vf.write(VFMAILBOX, 4)
    expect(vf.read(VFMAILBOX) & 0xc).toBe(8)
    p.pf.write(0x1307c, 0x55)
    p.pf.write(box(1), 1)
    p.pf.write(box(1), 2)
    p.run()
    expect(vf.messages).toEqual([0x12])
    expect([vf.read(0x23c), vf.read(VFMAILBOX) & 0x30, vf.read(VFMAILBOX) & 0x30]).toEqual([0x55, 0x30, 0])
    vf.write(VFMAILBOX, 2)
    expect(p.pf.read(0x710)).toBe(1 << 17)
  })

  test('the PF can take the lock from a virtual function that hangs', () => {
    const p = new BareProgram()
    p.vfs[2].write(VFMAILBOX, 5)
    p.pf.write(box(2), 16)
    expect([p.vfs[2].read(VFMAILBOX) & 4, p.pf.read(0x710)]).toEqual([0, 0])
  })

  test('reset of the port, its end, and reset of a virtual function are seen there', () => {
    const p = new BareProgram()
    const [vf] = p.vfs
    expect([vf.read(VFMAILBOX) & 0xc0, vf.read(VFMAILBOX) & 0xc0]).toEqual([0x80, 0])
    vf.write(0, 1 << 26)
    expect([vf.read(VFMAILBOX) & 0xc0, vf.read(VFMAILBOX) & 0xc0]).toEqual([0x80, 0])
    p.pf.write(0, 8)
    expect([vf.read(VFMAILBOX) & 0xc0, vf.read(VFMAILBOX) & 0xc0]).toEqual([0x40, 0x40])
    p.pf.write(0x18, 1 << 14)
    expect([vf.read(VFMAILBOX) & 0xc0, vf.read(VFMAILBOX) & 0xc0]).toEqual([0x80, 0])
    // Written again, the bit tells nobody anything new.
    p.pf.write(0x18, 1 << 14)
    expect(vf.read(VFMAILBOX) & 0xc0).toBe(0)
  })
})
