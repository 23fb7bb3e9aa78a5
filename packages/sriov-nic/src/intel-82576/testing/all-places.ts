import type fc from 'fast-check'
import { allSteps } from '../../intel/testing/all-functions.js'
import type { AllPlaces, AllStep } from '../../intel/testing/all-functions.js'
import { BUS_HI, BUS_LO } from '../../intel/testing/side.js'
import { RECEIVE, Reg, VLAN_FILTER } from './bare-program.js'
import { step } from './hostile-steps.js'

export const PLACES: AllPlaces = {
  vfTx: 0x3800,
  vfRx: 0x2800,
  pfTx: (pool) => Reg.txQueue + pool * 0x40,
  pfRx: (pool) => Reg.rxQueue + pool * 0x40,
  vfMailbox: [0xc40, 0x800],
  pfMailbox: [0xc00, 0x800],
  handles: [
    // CTRL with link, without and with master disable; SWSM, SW_FW_SYNC; EICS, ICS.
    [Reg.ctrl, [0x41, 0x41, 0x45]],
    [0x5b50, [0, 2]],
    [0x5b5c, [0, 5]],
    [0x1520, [1, 2]],
    [Reg.ics, [4, 1 << 28]],
    [Reg.qde, [0, 0xffff]],
    // The PHY's control: loopback, power-down, and neither; a page; a read.
    [Reg.eims, [0x01ffffff]],
    [Reg.mdic, [0x04205140, 0x04200800, 0x04201140, 0x04201140, 0x043f0012, 0x08210000]],
  ],
  vfHandles: [
    [0x1524, [7]],
    [0x1520, [1, 2]],
  ],
  // SWSM, SW_FW_SYNC, MDIC, EICR, ICR, PBRWAC, STATUS, RTTBCNRC.
  peeks: [0x5b50, 0x5b5c, Reg.mdic, Reg.eicr, Reg.icr, 0x24e8, Reg.status, 0x36b0],
  recipes: [
    // Header split, long frames.
    (p) => {
      for (let pool = 0; pool < 3; pool++) {
        p.pf.write(0x5480 + pool * 4, 0x1330)
        p.pf.write(Reg.rxQueue + pool * 0x40 + 0x0c, 0x0a000202)
        p.pf.write(Reg.vmolr + pool * 4, 0x09012400)
      }
      p.pf.write(Reg.rlpml, 9234)
      p.pf.write(Reg.rctl, RECEIVE | 0x20)
    },
    // RSS in two queues of each pool.
    (p) => {
      for (let n = 0; n < 10; n++) p.pf.write(Reg.rssrk + n * 4, 0x01234567 * (n + 1))
      for (let n = 0; n < 32; n++) p.pf.write(Reg.reta + n * 4, 0x00080008)
      for (let pool = 0; pool < 4; pool++) p.pf.write(Reg.vmolr + pool * 4, 0x09020000)
      p.pf.write(0x5000, 0x2000)
      p.pf.write(Reg.mrqc, 0x00030005)
    },
    // Rate limits with something to make up for, write-back with thresholds and of heads.
    (p) => {
      p.pf.write(0x3690, 4)
      for (let q = 0; q < 3; q++) {
        p.pf.write(0x3604, q)
        p.pf.write(0x36b0, 0x80000000 | (0x4000 * 4 + q))
      }
      p.pf.write(Reg.txQueue + 0x28, (1 << 25) | (8 << 16))
      const [vf] = p.vfs
      vf.interrupts(3, 0x200)
      vf.write(0x1700, 0x8180)
      vf.write(0x1684, 400 << 2)
      vf.write(0x1524, 7)
      p.pf.write(Reg.txQueue + 0x78, BUS_LO + 0x3000 + 1)
      p.pf.write(Reg.txQueue + 0x7c, BUS_HI)
    },
    // VLANs: filter, stripping, port VLAN, spoof checks.
    (p) => {
      p.pf.write(Reg.vlvf, 0x8000b001)
      p.pf.write(0x5600, 0xe)
      p.pf.write(Reg.rctl, RECEIVE | VLAN_FILTER)
      p.pf.write(Reg.vmvir + 4, 0x40000001)
      p.pf.write(Reg.dtxswc, 0x80000f0f)
      p.pf.write(Reg.vmolr, 0x49000000)
      p.pf.write(Reg.rplolr, 0x40000000)
    },
    // Interrupts of everybody, throttled.
    (p) => {
      p.pf.interrupts(8, 0x100)
      for (let n = 0; n < 4; n++) p.pf.write(Reg.ivar + n * 4, 0x83828180)
      p.pf.write(Reg.ivarMisc, 0x8584)
      for (let n = 0; n < 4; n++) p.pf.write(Reg.eitr + n * 4, 40 << 2)
      p.pf.write(Reg.ims, 0x77d4fbfd)
      p.pf.write(Reg.eims, 0x01ffffff)
      p.pf.write(Reg.eiac, 0x3)
      p.pf.write(Reg.eiam, 0x2)
      for (const [i, vf] of p.vfs.entries()) {
        vf.interrupts(3, 0x200 + i * 16)
        vf.write(0x1700, 0x8180)
        vf.write(0x1740, 0x82)
        vf.write(0x1680, 20 << 2)
        vf.write(0x152c, 3)
        vf.write(0x1530, 2)
        vf.write(0x1524, 7)
      }
    },
    // Mirrors, EtherType filters, queues that drop, loopback in the PHY.
    (p) => {
      p.pf.write(0x5d80, 0x0101)
      p.pf.write(0x5da0, 1 << 1)
      p.pf.write(0x5cb0, 0x840088b5)
      p.pf.write(Reg.qde, 0xffff)
      p.pf.write(Reg.mdic, 0x04205140)
    },
  ],
}

export const allStep: fc.Arbitrary<AllStep> = allSteps(step, PLACES)
