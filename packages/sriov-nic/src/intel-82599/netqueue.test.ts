import { describe, expect, test } from 'vitest'
import { complete, ipFrame } from '../intel/testing/ip-frame.js'
import { frameOf, macOf } from '../intel/testing/frames.js'
import { RxRing } from '../intel/testing/ring.js'
import { BareProgram } from './testing/bare-program.js'

const PEER = Uint8Array.of(0x02, 9, 9, 9, 9, 9)
const STRANGER = Uint8Array.of(0x02, 7, 7, 7, 7, 7)
/** The PF's pools; what no filter knows is for the first. */
const POOLS = [1, 2, 3] as const
/** PSRTYPE: RSS between two queues of a pool. */
const TWO_QUEUES = 1 << 29

function tagged(frame: Uint8Array, vlan: number): Uint8Array {
  return Uint8Array.of(...frame.subarray(0, 12), 0x81, 0, 0, vlan, ...frame.subarray(12))
}

/** 32 pools of four queues: pool 0 has a virtual function, pools 1 to 3 the PF drives itself, two queues of each. */
class Bench extends BareProgram {
  /** By pool, then by queue in it. */
  readonly queues: readonly (readonly RxRing[])[]
  readonly vf: RxRing

  constructor() {
    super(1)
    const { pf } = this
    pf.write(0x51b0, 0x40000001 | (POOLS[0] << 7))
    pf.write(0x11050, 0x80000002)
    pf.write(0x898, 0x80008010)
    pf.write(0x5818, 0x0003000a)
    pf.write(0x8120, 0xa)
    pf.write(0x5080, 0x600)
    pf.write(0x5088, 0x40008100)
    pf.write(0x51e0, 0xf)
    for (const pool of POOLS) {
      this.givePool(pool, macOf(pool))
      pf.write(0xea00 + 4 * pool, TWO_QUEUES)
    }
    for (let i = 0; i < 32; i++) pf.write(0x5c00 + 4 * i, 0x01000100)
    for (let i = 0; i < 10; i++) pf.write(0x5c80 + 4 * i, 0x6d5a56da + i * 0x01234567)
    this.queues = POOLS.map((pool) => [0, 1].map((index) => this.#queue(pool * 4 + index, 2 * (pool - 1) + index)))
    this.vf = this.vfRings(0).rx
    this.vf.post(8)
    this.run()
  }

  /** Membership of pools in a VLAN, entry by entry. */
  vlan(entry: number, id: number, pools: number): void {
    this.pf.write(0xf100 + 4 * entry, (0x80000000 | id) >>> 0)
    this.pf.write(0xf200 + 8 * entry, pools)
  }

  /** How many frames pools 0 to 3 got. */
  takers(...frames: readonly Uint8Array[]): number[] {
    for (const frame of frames) this.far.put(frame)
    this.run()
    return [this.vf.take().length, ...this.spread().map((queues) => queues[0] + queues[1])]
  }

  /** How many frames each queue of the PF's pools got. */
  spread(): number[][] {
    return this.queues.map((queues) =>
      queues.map((rx) => {
        const got = rx.take().length
        rx.post(got)
        return got
      }),
    )
  }

  #queue(queue: number, place: number): RxRing {
    const rx = new RxRing(this.pf, 0x1000 + queue * 0x40, 0x4000 + place * 0x100, 16, 0x10000 + place * 0x8000)
    this.pf.write(rx.base + 0x14, 0x02000402)
    rx.start()
    this.run()
    rx.post(15)
    return rx
  }
}

describe('NetQueue: pools that the PF drives itself', () => {
  test('an address is a filter for a pool; the default one has what no filter knows', () => {
    const p = new Bench()
    const all = [0, 1, 2, 3].map((pool) => frameOf(macOf(pool), PEER, 100))
    expect(p.takers(...all, frameOf(STRANGER, PEER, 100))).toEqual([1, 2, 1, 1])
    // The filter is taken back: the address is one that the port takes, and its pool the default one.
    p.pf.write(0xa600 + 8 * 3, 0)
    expect(p.takers(...all)).toEqual([1, 2, 1, 0])
    // Another pool gets it.
    p.pf.write(0xa600 + 8 * 3, 1 << 2)
    expect(p.takers(...all)).toEqual([1, 1, 2, 0])
    expect(p.missing).toBe(0)
  })

  test('a pair of address and VLAN: one address is for different pools in different VLANs', () => {
    const p = new Bench()
    p.pf.write(0xa600 + 8 * 2, 0b1100)
    p.vlan(0, 100, 1 << 2)
    p.vlan(40, 200, 1 << 3)
    const frame = frameOf(macOf(2), PEER, 100)
    expect(p.takers(tagged(frame, 100))).toEqual([0, 0, 1, 0])
    expect(p.takers(tagged(frame, 200))).toEqual([0, 0, 0, 1])
    // No pair with this VLAN, and the port's own table lacks it: nobody's. With it, the default pool's.
    expect(p.takers(tagged(frame, 50))).toEqual([0, 0, 0, 0])
    p.pf.write(0xa000 + 4 * (50 >> 5), 1 << (50 & 31))
    expect(p.takers(tagged(frame, 50))).toEqual([0, 1, 0, 0])
    expect([p.counter('filtered'), p.missing]).toEqual([1, 0])
  })

  test('RSS spreads the connections of a pool over its queues, and over no others', () => {
    const p = new Bench()
    for (let port = 0; port < 24; port++) {
      const { bytes, l4 } = ipFrame({ to: macOf(2), from: PEER, protocol: 'tcp', payload: 20 })
      bytes[l4 + 1] = port
      const frame = complete({ bytes, ip: 14, l4, field: l4 + 16 }).bytes
      p.far.put(frame)
      p.run()
    }
    p.run()
    const [first, second, third] = p.spread()
    expect([first, third, second[0] + second[1], p.vf.take().length]).toEqual([[0, 0], [0, 0], 24, 0])
    expect(Math.min(...second)).toBeGreaterThan(3)
    // What is not hashed is for queue 0.
    p.far.put(frameOf(macOf(2), PEER, 100))
    p.run()
    expect(p.spread()).toEqual([
      [0, 0],
      [1, 0],
      [0, 0],
    ])
  })

  test('between the pools of the PF and a virtual function frames stay inside', () => {
    const p = new Bench()
    p.pf.write(0x8110, 0xf)
    const { tx } = p.rings(p.vfs[0], 0x2000, 0x1000)
    tx.send(frameOf(macOf(3), macOf(0), 100))
    p.run()
    expect([p.spread(), p.far.frames]).toEqual([
      [
        [0, 0],
        [0, 0],
        [1, 0],
      ],
      [],
    ])
  })
})
