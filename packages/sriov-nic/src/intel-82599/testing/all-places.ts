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

/** A pulse on the module's clock (bit 1), with its data (bit 3). */
const pulse = (data: boolean): number[] => (data ? [8, 10, 8] : [0, 2, 0])
const bits = (byte: number): number[] =>
  Array.from({ length: 8 }, (_, n) => pulse(((byte >> (7 - n)) & 1) !== 0)).flat()

export const PLACES: AllPlaces = {
  vfTx: 0x2000,
  vfRx: 0x1000,
  pfTx: (pool) => 0x6000 + pool * 2 * 0x40,
  pfRx: (pool) => 0x1000 + pool * 2 * 0x40,
  vfMailbox: [0x2fc, 0x200],
  pfMailbox: [0x4b00, 0x13000],
  handles: [
    // CTRL without and with master disable; SWSM, SW_FW_SYNC; EICS; QDE of queue 0; HLREG0 with loopback.
    [0x0, [0, 0, 0, 4]],
    [0x10140, [0, 2]],
    [0x10160, [0, 5]],
    [0x808, [1, 2, 0x100000]],
    [0x2f04, [0x10000, 0x10001, 0x10003]],
    [0x4240, [0x400, 0xc00, 0x8400]],
    // The module's clock and data.
    [0x28, [0, 2, 8, 10, 10, 10]],
    [0x880, [0x7fffffff]],
    [0xaa0, [0xff]],
  ],
  vfHandles: [
    [0x108, [7]],
    [0x104, [1, 2]],
  ],
  // SWSM, SW_FW_SYNC, I2CCTL, EICR, RXMEMWRAP, STATUS, RTTBCNRC, RTTDT1C, LINKS.
  peeks: [0x10140, 0x10160, 0x28, 0x800, 0x3190, 0x8, 0x4984, 0x4908, 0x42a4],
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
      for (let n = 0; n < 32; n++) p.pf.write(0x5c00 + n * 4, 0x00010001)
      for (let pool = 0; pool < 4; pool++) p.pf.write(0xea00 + pool * 4, 0x20000000)
      p.pf.write(0x5000, 0x2000)
      p.pf.write(0x5818, 0x0003000b)
    },
    // Rate limits with something to make up for, write-back with thresholds and of heads.
    (p) => {
      p.pf.write(0x4980, 4)
      for (const q of QUEUES) {
        p.pf.write(0x4904, q)
        p.pf.write(0x4984, 0x80000000 | (0x4000 * 20 + q))
        p.pf.write(0x4908, q + 1)
      }
      p.pf.write(0x6028, (1 << 25) | (8 << 16))
      const [vf] = p.vfs
      vf.interrupts(3, 0x200)
      vf.write(0x120, 0x8180)
      vf.write(0x824, 200 << 3)
      vf.write(0x108, 7)
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
      p.pf.write(0xaa0, 0xff)
      p.pf.write(0x810, 0x3)
      p.pf.write(0x890, 0x2)
      for (const [i, vf] of p.vfs.entries()) {
        vf.interrupts(3, 0x200 + i * 16)
        vf.write(0x120, 0x8180)
        vf.write(0x140, 0x82)
        vf.write(0x820, 10 << 3)
        vf.write(0x110, 3)
        vf.write(0x114, 2)
        vf.write(0x108, 7)
      }
    },
    // The module is being read.
    (p) => {
      const wires = [0xa0, 0x03, 0xa1].flatMap((byte) => [...bits(byte), ...pulse(true)])
      for (const value of [10, 2, 0, ...wires.slice(0, 54), 8, 10, 2, 0, ...wires.slice(54), 10, 8])
        p.pf.write(0x28, value)
    },
    // A few of its bits more.
    (p) => {
      for (const value of [...pulse(true), ...pulse(true), ...pulse(true)]) p.pf.write(0x28, value)
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
