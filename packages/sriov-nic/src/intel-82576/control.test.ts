import { Counters } from '@npa/core'
import { describe, expect, test } from 'vitest'
import { RegisterFile } from '../engine/register-file.js'
import { BROADCAST, frameOf, PF_MAC } from '../intel/testing/frames.js'
import { REGISTERS } from './chip.js'
import { createIntel82576 } from './index.js'
import { HIDDEN } from './registers/virtual-function.js'
import { BareProgram, Reg } from './testing/bare-program.js'

/** MDIC: reads and writes a register of the PHY at an address. */
function phyRead(p: BareProgram, register: number, address = 1): number {
  p.pf.write(Reg.mdic, (1 << 27) | (address << 21) | (register << 16))
  return p.pf.read(Reg.mdic)
}

function phyWrite(p: BareProgram, register: number, value: number): void {
  p.pf.write(Reg.mdic, (1 << 26) | (1 << 21) | (register << 16) | value)
}

describe('the register table', () => {
  test('has no two registers at one place', () => {
    expect(() => new RegisterFile(HIDDEN.end, REGISTERS, new Counters())).not.toThrow()
  })

  /** Offset, count, stride, mask, written: the register test of Linux's ethtool -t. */
  const PATTERNS = [
    [0x28, 1, 4, 0xffffffff, 0xffffffff],
    [0x2c, 2, 4, 0xffff, 0xffffffff],
    [0x38, 1, 4, 0xffffffff, 0xffffffff],
    [0x2800, 4, 0x100, 0xffffff80, 0xffffffff],
    [0x2804, 4, 0x100, 0xffffffff, 0xffffffff],
    [0x2808, 4, 0x100, 0x000ffff0, 0x000fffff],
    [0xc100, 12, 0x40, 0xffffff80, 0xffffffff],
    [0xc104, 12, 0x40, 0xffffffff, 0xffffffff],
    [0xc108, 12, 0x40, 0x000ffff0, 0x000fffff],
    [0x2818, 4, 0x100, 0xffff, 0xffff],
    [0xc118, 12, 0x40, 0xffff, 0xffff],
    [0x2168, 1, 4, 0xfff0, 0xfff0],
    [0x170, 1, 4, 0xffff, 0xffff],
    [0x410, 1, 4, 0x3fffffff, 0x3fffffff],
    [0x3800, 4, 0x100, 0xffffff80, 0xffffffff],
    [0x3808, 4, 0x100, 0x000ffff0, 0x000fffff],
    [0xe100, 12, 0x40, 0xffffff80, 0xffffffff],
    [0xe108, 12, 0x40, 0x000ffff0, 0x000fffff],
    [0x5400, 16, 8, 0xffffffff, 0xffffffff],
    [0x5404, 16, 8, 0x83ffffff, 0xffffffff],
    [0x54e0, 8, 8, 0xffffffff, 0xffffffff],
    [0x54e4, 8, 8, 0x83ffffff, 0xffffffff],
    [0x5200, 128, 4, 0xffffffff, 0xffffffff],
  ] as const

  test('answers the patterns that Linux writes', () => {
    const { pf } = new BareProgram(0)
    pf.write(Reg.ctrl, 1 << 26)
    for (const [offset, count, stride, mask, written] of PATTERNS) {
      for (let n = 0; n < count; n++) {
        for (const pattern of [0x5a5a5a5a, 0xa5a5a5a5, 0, 0xffffffff]) {
          const at = offset + n * stride
          pf.write(at, pattern & written)
          expect([at.toString(16), (pf.read(at) & mask) >>> 0]).toEqual([
            at.toString(16),
            (pattern & written & mask) >>> 0,
          ])
        }
      }
    }
    for (const written of [0, 0x003ffffb, 0xffffffff]) {
      pf.write(Reg.rctl, written)
      expect(pf.read(Reg.rctl) & 0x04cfb0fe).toBe(written & 0x04cfb0fe)
    }
    pf.write(Reg.tctl, 0)
    expect(pf.read(Reg.tctl)).toBe(0)
    const before = pf.read(Reg.status) & 0x7ffff3ff
    pf.write(Reg.status, 0x7ffff3ff)
    expect(pf.read(Reg.status) & 0x7ffff3ff).toBe(before)
  })

  test('no register reads all ones, and what is not there reads 0', () => {
    const p = new BareProgram()
    const ones: number[] = []
    for (let at = 0; at < 0x20000; at += 4) if (p.pf.read(at) === 0xffffffff) ones.push(at)
    expect(ones).toEqual([])
    expect(p.counter('register.unknown.read.0x1f000')).toBe(1)
  })

  test('circuit breakers and code violations, which drivers read away, are there and 0', () => {
    const p = new BareProgram(0)
    expect([0x402c, 0x4044, 0x40fc, 0x4228].map((at) => p.pf.read(at))).toEqual([0, 0, 0, 0])
    for (const at of ['402c', '4044', '40fc', '4228']) expect(p.counter(`register.unknown.read.0x${at}`)).toBe(0)
  })

  test('addresses that wake are storage, the packet that woke is none', () => {
    const p = new BareProgram(0)
    const places = [0x5840, 0x5848, 0x5850, 0x5858, 0x5880, 0x5884, 0x5888, 0x588c]
    for (const at of places) p.pf.write(at, at)
    expect(places.map((at) => p.pf.read(at))).toEqual(places)
    expect([p.pf.read(0x5a00), p.pf.read(0x5a7c)]).toEqual([0, 0])
    expect(p.counter('register.unknown.read.0x5a7c')).toBe(0)
  })

  test('DVMOLR of the i350 is not: nothing stands behind the registers of a receive queue', () => {
    const p = new BareProgram(0)
    p.pf.write(0xc038, 0x80000000)
    expect([p.pf.read(0xc038), p.counter('register.unknown.write.0xc038')]).toEqual([0, 1])
  })

  test('queues 0 to 3, addresses and hash are reached at the places of older chips too', () => {
    const { pf } = new BareProgram(0)
    pf.write(0x2804 + 0x300, 0x77)
    expect(pf.read(0xc004 + 3 * 0x40)).toBe(0x77)
    pf.write(0x40, 0x01020304)
    expect(pf.read(Reg.ral)).toBe(0x01020304)
    pf.write(0x200, 5)
    expect(pf.read(Reg.mta)).toBe(5)
  })
})

describe('what a driver of the PF asks first', () => {
  test('PCI: identity, ten vectors, eight virtual functions of device 10CA', () => {
    const { pf } = new BareProgram().chip
    expect([pf.configRead(0, 4), pf.configRead(0x72, 2)]).toEqual([0x10c98086, 9])
    expect([pf.configRead(0x160, 2), pf.configRead(0x17a, 2)]).toEqual([0x10, 0x10ca])
    const sriov = [0x16c, 0x16e, 0x174, 0x176].map((at) => pf.configRead(at, 2))
    expect(sriov).toEqual([8, 8, 0x80, 2])
  })

  test('no more than eight virtual functions, and no multicast address', () => {
    const { arena, scheduler } = new BareProgram(0)
    const options = { arena, scheduler, name: 'x', mac: PF_MAC }
    expect(() => createIntel82576({ ...options, numVfsMax: 9 })).toThrow(RangeError)
    expect(() => createIntel82576({ ...options, mac: Uint8Array.of(1, 0, 0, 0, 0, 1) })).toThrow(RangeError)
  })

  test('EEPROM: present, read by EERD, the checksum is right, the address is there', () => {
    const { pf } = new BareProgram(0)
    expect(pf.read(0x10)).toBe(0x4700)
    const word = (at: number): number => {
      pf.write(Reg.eerd, (at << 2) | 1)
      const value = pf.read(Reg.eerd)
      expect(value & 2).toBe(2)
      return value >>> 16
    }
    const words = Array.from({ length: 0x40 }, (_, at) => word(at))
    expect(words.reduce((sum, value) => sum + value, 0) & 0xffff).toBe(0xbaba)
    expect(words.slice(0, 3)).toEqual([0, 1, 2].map((i) => PF_MAC[2 * i] | (PF_MAC[2 * i + 1] << 8)))
    expect([words[0x37], word(words[9])]).toEqual([0xffff, 6])
    pf.write(0x10, 0x40)
    expect(pf.read(0x10) & 0xc0).toBe(0xc0)
  })

  test('the PHY: an IGP03 at address 1, and nobody elsewhere', () => {
    const p = new BareProgram(0)
    expect([phyRead(p, 2) & 0xffff, phyRead(p, 3) & 0xffff]).toEqual([0x02a8, 0x0391])
    expect(phyRead(p, 2) & 0x50000000).toBe(0x10000000)
    expect(phyRead(p, 2, 2) & 0x50000000).toBe(0x50000000)
    phyWrite(p, 9, 0x1234)
    phyWrite(p, 2, 0x1234)
    expect([phyRead(p, 9) & 0xffff, phyRead(p, 2) & 0xffff]).toEqual([0x1234, 0x02a8])
    phyWrite(p, 0, 0x8000)
    expect([phyRead(p, 0) & 0xffff, phyRead(p, 9) & 0xffff]).toEqual([0x1140, 0x0f00])
    phyWrite(p, 0, 0x1340)
    expect(phyRead(p, 0) & 0xffff).toBe(0x1140)
  })

  test('semaphores, management, resets of the PHY', () => {
    const { pf } = new BareProgram(0)
    expect([pf.read(0x5b50), pf.read(0x5b50)]).toEqual([0, 1])
    pf.write(0x5b50, 2)
    expect(pf.read(0x5b50)).toBe(2)
    pf.write(0x5b5c, 0x21)
    expect(pf.read(0x5b5c)).toBe(0x21)
    expect([pf.read(0x5820), pf.read(0x5b54), pf.read(0x1010) & (1 << 18)]).toEqual([0, 0, 1 << 18])
    expect(pf.read(Reg.status) & 0x400).toBe(0x400)
    pf.write(Reg.status, 0)
    expect(pf.read(Reg.status) & 0x400).toBe(0)
    pf.write(Reg.ctrl, 0x80000041)
    expect(pf.read(Reg.status) & 0x400).toBe(0x400)
  })

  test('the free running timer counts microseconds, milliseconds and seconds apart', () => {
    const p = new BareProgram(0)
    p.scheduler.timer('later', () => undefined).arm(2_003_004_000)
    p.scheduler.run(() => false, 2_003_004_000)
    expect(p.pf.read(0x1048)).toBe((2 << 20) | (3 << 10) | 4)
  })
})

describe('link', () => {
  test('STATUS and the PHY say that it is up, at 1000 Mb/s, when the driver wants it and the far end is there', () => {
    const p = new BareProgram(0)
    expect(p.pf.read(Reg.status) & 0xc3).toBe(0x83)
    expect([phyRead(p, 1) & 0x24, phyRead(p, 10) & 0x3000, phyRead(p, 0x11) & 0xc000]).toEqual([0x24, 0x3000, 0xc000])
    p.pf.write(Reg.ctrl, 1)
    expect(p.pf.read(Reg.status) & 0xc3).toBe(0)
    p.pf.write(Reg.ctrl, 0x41)
    p.far.up = false
    p.chip.linkChanged()
    expect([p.pf.read(Reg.status) & 0xc3, phyRead(p, 1) & 0x24]).toEqual([0, 0])
  })

  test("it goes with the PHY's power and with the cable at this end", () => {
    const p = new BareProgram(0)
    phyWrite(p, 0, 0x1940)
    expect(p.pf.read(Reg.status) & 2).toBe(0)
    expect(p.chip.wire.up).toBe(false)
    phyWrite(p, 0, 0x1140)
    expect(p.pf.read(Reg.status) & 2).toBe(2)
    p.chip.setLink(false)
    expect(p.pf.read(Reg.status) & 2).toBe(0)
    p.chip.setLink(true)
    expect(p.pf.read(Reg.status) & 2).toBe(2)
  })

  test('a forced speed and duplex are shown', () => {
    const p = new BareProgram(0)
    p.pf.write(Reg.ctrl, 0x41 | (1 << 8) | (1 << 11))
    expect(p.pf.read(Reg.status) & 0xc3).toBe(0x43)
    p.pf.write(Reg.ctrl, 0x40 | (1 << 12))
    expect(p.pf.read(Reg.status) & 0xc3).toBe(0x82)
  })
})

describe('resets', () => {
  test('CTRL.RST: registers and queues as after power-on, the address from the EEPROM, throttles kept, no interrupt', () => {
    const p = new BareProgram()
    p.pf.interrupts(10, 0)
    p.pfRings()
    p.pf.write(Reg.eitr + 4, 40)
    p.pf.write(Reg.ivarMisc, 0x8000)
    p.pf.write(Reg.eims, 1)
    p.pf.write(Reg.ims, 0x4)
    p.pf.write(Reg.ctrl, 0x04000041)
    p.run()
    expect(p.pf.messages).toEqual([])
    expect([p.pf.read(Reg.ctrl), p.pf.read(Reg.rctl), p.pf.read(Reg.icr), p.pf.read(Reg.ims)]).toEqual([
      0x00100201, 0, 0, 0,
    ])
    expect(p.pf.read(Reg.rxQueue + 3 * 0x40 + 0x28)).toBe(0x10000)
    expect(p.pf.read(Reg.eitr + 4)).toBe(40)
    expect([p.pf.read(Reg.ral), p.pf.read(Reg.ral + 4)]).toEqual([0x2, 0x8000ff00])
    expect(p.pf.read(Reg.ral + 8)).toBe(0)
  })

  test('the virtual functions see the reset of the port until its driver is done', () => {
    const p = new BareProgram()
    expect(p.vfs[0].read(0xc40) & 0xc0).toBe(0x80)
    p.pf.write(Reg.ctrl, 1 << 26)
    expect(p.vfs[0].read(0xc40) & 0xc0).toBe(0x40)
    p.pf.write(Reg.ctrlExt, 1 << 14)
    expect([p.vfs[0].read(0xc40) & 0xc0, p.vfs[0].read(0xc40) & 0xc0]).toEqual([0x80, 0])
  })

  test('master disable stops the fetching of descriptors and shows in STATUS', () => {
    const p = new BareProgram()
    const { rx } = p.pfRings()
    p.pf.write(Reg.ctrl, 0x45)
    expect(p.pf.read(Reg.status) & (1 << 19)).toBe(0)
    rx.post(4)
    p.run()
    p.far.put(new Uint8Array(64).fill(0xff))
    p.run()
    expect(rx.take()).toEqual([])
    p.pf.write(Reg.ctrl, 0x41)
    p.run()
    expect(p.pf.read(Reg.status) & (1 << 19)).toBe(1 << 19)
    expect(rx.take().length).toBe(1)
  })

  test('STATUS tells the number of virtual functions', () => {
    const p = new BareProgram(5)
    expect((p.pf.read(Reg.status) >>> 14) & 0x1f).toBe(0x15)
    expect(new BareProgram(0).pf.read(Reg.status) & 0x7c000).toBe(0)
  })

  for (const [name, reset] of [
    ['VTCTRL.RST', (p: BareProgram) => p.vfs[1].write(0, 1 << 26)],
    ['the PF, at its mirror of VTCTRL', (p: BareProgram) => p.pf.write(0x10100, 1 << 26)],
    ['function-level reset', (p: BareProgram) => p.vfs[1].fn.configWrite(0xa8, 2, 0x8000)],
  ] as const) {
    test(`of a virtual function by ${name}: its queues stop, its pool is off, the PF is told, nobody else is touched`, () => {
      const p = new BareProgram()
      p.pf.interrupts(10, 0)
      p.pf.write(Reg.ivarMisc, 0x8000)
      p.pf.write(Reg.eims, 1)
      p.pf.write(Reg.ims, 0x100)
      const rings = [0, 1, 2].map((vf) => p.vfRings(vf))
      p.vfs[1].write(0x1524, 7)
      p.vfs[0].write(0x1524, 7)
      reset(p)
      p.run()
      expect(rings.map(({ rx, tx }) => [rx.enabled, tx.enabled])).toEqual([
        [true, true],
        [false, false],
        [true, true],
      ])
      expect([p.pf.read(Reg.vfre), p.pf.read(Reg.vfte), p.pf.read(0xc88)]).toEqual([0b1101, 0b1101, 0b10])
      expect([p.vfs[1].read(0x1524), p.vfs[0].read(0x1524)]).toEqual([0, 7])
      expect([p.pf.messages, p.pf.read(Reg.icr) & 0x100]).toEqual([[0], 0x100])
      p.pf.write(0xc88, 0b10)
      expect(p.pf.read(0xc88)).toBe(0)
      expect(p.vfs[1].read(0xc40) & 0xc0).toBe(0x80)
    })
  }
})

describe('virtual functions before there are pools, as igb makes them', () => {
  test('the queues stay with the PF, whatever a virtual function does', () => {
    const p = new BareProgram(0)
    const { tx, rx } = p.pfQueue(0)
    rx.post(4)
    p.run()
    p.enableVfs(2)
    const vf = p.vfs[0]
    vf.write(0, 1 << 26)
    vf.write(0x3818, 7)
    vf.write(0x3828, 0)
    p.run()
    expect([tx.enabled, rx.enabled, vf.read(0x3828), p.pf.read(0xe018)]).toEqual([true, true, 0, 0])
    tx.send(frameOf(BROADCAST, PF_MAC, 60))
    p.far.put(frameOf(BROADCAST, PF_MAC, 60))
    p.run()
    expect([p.far.frames.length, rx.take().length]).toEqual([1, 1])
  })

  test('when pools come or go, queues that change hands stop', () => {
    const p = new BareProgram(0)
    const { tx } = p.pfQueue(0)
    p.enableVfs(2)
    p.pf.write(Reg.mrqc, 3)
    p.run()
    expect(tx.enabled).toBe(false)
    const vf = p.vfRings(1)
    const pf = p.pfQueue(2, 1)
    p.pf.write(Reg.mrqc, 5)
    p.run()
    expect([vf.tx.enabled, vf.rx.enabled, pf.tx.enabled]).toEqual([true, true, true])
    p.pf.write(Reg.mrqc, 0)
    p.run()
    expect([p.pf.read(0xe068) >>> 25, p.pf.read(0xc068) >>> 25, pf.tx.enabled]).toEqual([0, 0, true])
  })

  test('when virtual functions go, their queues stop before the PF has them, and its own go on', () => {
    const p = new BareProgram(2)
    p.vfRings(1)
    const { tx } = p.pfRings()
    p.vfs[1].write(0x3838, 0x1001)
    p.chip.pf.configWrite(0x168, 2, 0)
    p.run()
    expect([p.pf.read(0xe068) >>> 25, p.pf.read(0xc068) >>> 25, p.pf.read(0xe078)]).toEqual([0, 0, 0])
    expect(p.pf.read(Reg.vfte)).toBe(0b100)
    tx.send(frameOf(BROADCAST, PF_MAC, 60))
    p.run()
    expect(p.far.frames.length).toBe(1)
  })
})

describe('the window of a virtual function', () => {
  test('shows its own queues, v and v + 8, and its own throttles, mailbox and split types', () => {
    const p = new BareProgram()
    const vf = p.vfs[1]
    for (const [own, chip] of [
      [0x2800, 0xc000 + 0x40],
      [0x2900, 0xc000 + 9 * 0x40],
      [0x3800, 0xe000 + 0x40],
      [0x3938, 0xe038 + 9 * 0x40],
      [0x1680, Reg.eitr + 19 * 4],
      [0x1688, Reg.eitr + 21 * 4],
      [0x0f0c, 0x5484],
      [0x0800, 0x840],
    ] as const) {
      vf.write(own, 0x180)
      expect([own, p.pf.read(chip)]).toEqual([own, 0x180])
    }
  })

  test('shows link and time, takes no write to them, and reads 0 elsewhere', () => {
    const p = new BareProgram()
    const vf = p.vfs[2]
    expect(vf.read(8) & 0xc3).toBe(0x83)
    vf.write(8, 0)
    expect(vf.read(8) & 0x400).toBe(0x400)
    expect([vf.read(0), vf.read(0x100), vf.read(0x3ffc)]).toEqual([0, 0, 0])
    vf.write(0x100, 0)
    expect(p.pf.read(Reg.rctl) & 2).toBe(2)
    expect(p.counter('register.unknown.vf.write.0x100')).toBe(1)
  })
})
