import type fc from 'fast-check'
import { allSteps } from '../../intel/testing/all-functions.js'
import type { AllPlaces, AllProgram, AllStep } from '../../intel/testing/all-functions.js'
import { BUS_HI, BUS_LO } from '../../intel/testing/side.js'
import { step } from './hostile-steps.js'

/** Queue 0 of the pools of virtual functions. */
const QUEUES = [0, 2, 4]

const each = (p: AllProgram, base: number, value: number): void => {
  for (const q of QUEUES) p.pf.write(base + q * 0x40, value)
}

export const PLACES: AllPlaces = {
  vfTx: 0x2000,
  vfRx: 0x1000,
  pfTx: (pool) => 0x6000 + pool * 2 * 0x40,
  pfRx: (pool) => 0x1000 + pool * 2 * 0x40,
  vfMailbox: [0x2fc, 0x200],
  pfMailbox: [0x4b00, 0x13000],
  recipes: [
    // Coalescing: RSCCTL, PSRTYPE, and throttles that packets wait for.
    (p) => {
      for (let pool = 0; pool < 3; pool++) p.pf.write(0xea00 + pool * 4, 0x10)
      each(p, 0x102c, 0xd)
      for (const vf of p.vfs) {
        vf.write(0x120, 0x8180)
        vf.write(0x820, 200 << 3)
        vf.write(0x108, 7)
      }
    },
    // Header split, jumbo frames.
    (p) => {
      for (let pool = 0; pool < 3; pool++) p.pf.write(0xea00 + pool * 4, 0x1330)
      each(p, 0x1014, 0x0a000202)
      p.pf.write(0x4240, 0xc07)
      p.pf.write(0x4268, 0x24000000)
    },
    // RSS in two queues of each pool.
    (p) => {
      for (let n = 0; n < 10; n++) p.pf.write(0x5c80 + n * 4, 0x01234567 * (n + 1))
      for (let n = 0; n < 32; n++) p.pf.write(0x5c00 + n * 4, 0x01000100)
      for (let pool = 0; pool < 4; pool++) p.pf.write(0xea00 + pool * 4, 0x20000000)
      p.pf.write(0x5000, 0x2000)
      p.pf.write(0x5818, 0x0003000b)
    },
    // Rate limits, write-back with thresholds and of heads.
    (p) => {
      for (const q of QUEUES) {
        p.pf.write(0x4904, q)
        p.pf.write(0x4984, 0x80000000 | (0x4000 * 20 + q))
      }
      p.pf.write(0x6028, (1 << 25) | (8 << 16))
      p.pf.write(0x60b8, BUS_LO + 0x3000 + 1)
      p.pf.write(0x60bc, BUS_HI)
    },
    // VLANs: filter, stripping, port VLAN, spoof checks.
    (p) => {
      p.pf.write(0xf100, 0x80000001)
      p.pf.write(0xf200, 0xb)
      p.pf.write(0xa000, 0xe)
      p.pf.write(0x5088, 0x40008100)
      p.pf.write(0x8004, 0x40000001)
      p.pf.write(0x8200, 0x0f0f)
      each(p, 0x1028, (1 << 25) | (1 << 30))
    },
    // Interrupts of everybody, throttled.
    (p) => {
      p.pf.interrupts(8, 0x100)
      p.pf.write(0x898, 0xc0000010)
      for (let n = 0; n < 4; n++) p.pf.write(0x900 + n * 4, 0x83828180)
      p.pf.write(0xa04, 0x8584)
      for (let n = 0; n < 4; n++) p.pf.write(0x820 + n * 4, 20 << 3)
      p.pf.write(0x880, 0x7fffffff)
      for (const [i, vf] of p.vfs.entries()) {
        vf.interrupts(3, 0x200 + i * 16)
        vf.write(0x120, 0x8180)
        vf.write(0x140, 0x82)
        vf.write(0x820, 10 << 3)
        vf.write(0x110, 3)
        vf.write(0x108, 7)
      }
    },
    // Mirrors, EtherType filters, queues that drop.
    (p) => {
      p.pf.write(0xf600, 0x0101)
      p.pf.write(0xf630, 1 << 1)
      p.pf.write(0x5128, 0x800088b5)
      p.pf.write(0xec00, 0x80050000)
      for (let q = 0; q < 8; q++) p.pf.write(0x2f04, 0x10001 | (q << 8))
    },
  ],
}

export const allStep: fc.Arbitrary<AllStep> = allSteps(step, PLACES)
