import { beforeEach, describe, expect, test } from 'vitest'
import { Mirror } from './mirror-rules.js'
import { PoolSwitch } from './pool-switch.js'

const LOCAL = [0x00000002, 0x0101] as const
const OTHER = [0x00000002, 0x0909] as const
const GROUP = [0x005e0001, 0x1234] as const
const ALL = [-1, 0xffff] as const

let s: PoolSwitch

beforeEach(() => {
  s = new PoolSwitch({ addresses: 128, vlans: 64 })
  s.enabled.putHalf(0, -1)
  s.enabled.putHalf(1, -1)
  s.loopback = true
})

function pools(): number[] {
  const all: number[] = []
  for (let pool = 0; pool < 64; pool++) {
    if ((((pool < 32 ? s.poolsLo : s.poolsHi) >>> (pool & 31)) & 1) !== 0) all.push(pool)
  }
  return all
}

test('a frame does not come back to its own pool, unless the pool may hear itself', () => {
  s.broadcast.putHalf(0, 0b11)
  s.fromPool(0, ...ALL, -1)
  expect(pools()).toEqual([1])
  s.selfLoopback.put(0, true)
  s.fromPool(0, ...ALL, -1)
  expect(pools()).toEqual([0, 1])
  s.fromPool(1, ...ALL, -1)
  expect(pools()).toEqual([0])
})

describe('frames from the wire', () => {
  test('an exact address goes to its pools, however many entries name it', () => {
    s.addresses.address(3, ...LOCAL, true)
    s.addresses.pools(3, 1 << 4, 0)
    s.addresses.address(127, ...LOCAL, true)
    s.addresses.pools(127, 0, 1 << 1)
    s.addresses.address(5, ...LOCAL, false)
    s.addresses.pools(5, 1 << 9, 0)
    s.fromWire(...LOCAL, -1)
    expect([pools(), s.inexact, s.toWire]).toEqual([[4, 33], false, false])
  })

  test('unknown unicast goes to the default pool, if the port is promiscuous, and nowhere else', () => {
    s.defaultPool = 7
    s.fromWire(...OTHER, -1)
    expect(pools()).toEqual([])
    s.promiscuous = true
    s.fromWire(...OTHER, -1)
    expect(pools()).toEqual([7])
    s.defaultPool = -1
    s.fromWire(...OTHER, -1)
    expect(pools()).toEqual([])
    s.defaultPool = 40
    s.fromWire(...GROUP, -1)
    expect(pools()).toEqual([])
  })

  test('the unicast hash lets overflow pools have what no exact filter knows', () => {
    s.unicastOverflow.put(2, true)
    const bit = 0x0909 >>> 4
    s.unicastHash[bit >> 5] = 1 << (bit & 31)
    s.fromWire(...OTHER, -1)
    expect([pools(), s.inexact]).toEqual([[2], true])
    s.addresses.address(0, ...OTHER, true)
    s.addresses.pools(0, 1, 0)
    s.fromWire(...OTHER, -1)
    expect([pools(), s.inexact]).toEqual([[0], false])
  })

  test.each([
    [0, 0x234],
    [2, 0x48d],
    [3, 0x246],
    [4, 0x123],
  ])('multicast hash with shift %i uses 12 bits of the last two bytes', (shift, bit) => {
    s.multicastFilter = true
    s.hashShift = shift
    s.multicastOverflow.put(3, true)
    s.multicastHash[bit >> 5] = 1 << (bit & 31)
    s.fromWire(...GROUP, -1)
    expect(pools()).toEqual([3])
    s.multicastFilter = false
    s.fromWire(...GROUP, -1)
    expect(pools()).toEqual([])
  })

  test('promiscuous pools take every multicast, broadcast pools every broadcast that the port lets in', () => {
    s.allMulticast.put(60, true)
    s.broadcast.put(5, true)
    s.fromWire(...GROUP, -1)
    expect(pools()).toEqual([60])
    s.fromWire(...ALL, -1)
    expect(pools()).toEqual([])
    s.broadcastFromWire = true
    s.fromWire(...ALL, -1)
    expect(pools()).toEqual([5])
  })

  test('with the VLAN filter a tagged frame reaches members only, an untagged one those that accept it', () => {
    s.vlanFilter = true
    s.addresses.address(0, ...LOCAL, true)
    s.addresses.pools(0, 0b111, 0)
    s.vlans.vlan(9, 100, true)
    s.vlans.pools(9, 0b110, 0)
    s.untagged.put(0, true)
    s.fromWire(...LOCAL, 100)
    expect(pools()).toEqual([1, 2])
    s.fromWire(...LOCAL, -1)
    expect(pools()).toEqual([0])
    s.fromWire(...LOCAL, 101)
    expect(pools()).toEqual([])
    s.vlans.vlan(9, 100, false)
    s.fromWire(...LOCAL, 100)
    expect(pools()).toEqual([])
  })

  test('the default pool comes after the VLAN: it takes what the port lets in and no pool does', () => {
    s.vlanFilter = true
    s.defaultPool = 7
    s.addresses.address(0, ...LOCAL, true)
    s.addresses.pools(0, 1 << 2, 0)
    s.vlans.vlan(0, 5, true)
    s.vlans.pools(0, 1 << 2, 0)
    s.vlanTable[0] = (1 << 5) | (1 << 6)
    s.fromWire(...LOCAL, 5)
    expect(pools()).toEqual([2])
    s.fromWire(...LOCAL, 6)
    expect(pools()).toEqual([7])
    s.fromWire(...LOCAL, 8)
    expect(pools()).toEqual([])
    s.fromWire(...LOCAL, -1)
    expect(pools()).toEqual([7])
    s.fromWire(...OTHER, 6)
    expect(pools()).toEqual([])
    s.broadcastFromWire = true
    s.fromWire(...ALL, 6)
    expect(pools()).toEqual([7])
    s.multicastPromiscuous = true
    s.fromWire(...GROUP, 6)
    expect(pools()).toEqual([7])
  })

  test('an EtherType filter has the last word, of pools that receive', () => {
    s.addresses.address(0, ...LOCAL, true)
    s.addresses.pools(0, 1 << 2, 0)
    s.fromWire(...LOCAL, -1, 33)
    expect(pools()).toEqual([33])
    s.enabled.putHalf(1, 0)
    s.fromWire(...LOCAL, -1, 33)
    expect([pools(), s.gated]).toEqual([[], 1])
  })

  test("without replication a group address that no exact filter knows is the default pool's", () => {
    s.replication = false
    s.defaultPool = 3
    s.broadcast.putHalf(0, 0xff)
    s.allMulticast.putHalf(0, 0xff)
    s.broadcastFromWire = true
    s.fromWire(...ALL, -1)
    expect(pools()).toEqual([3])
    s.fromWire(...GROUP, -1)
    expect(pools()).toEqual([3])
    s.fromPool(9, ...ALL, -1)
    expect([pools(), s.toWire]).toEqual([[3], true])
    s.fromPool(3, ...ALL, -1)
    expect([pools(), s.toWire]).toEqual([[], true])
  })

  test('a pool that does not receive is left out and counted', () => {
    s.broadcastFromWire = true
    for (const pool of [1, 20, 63]) s.broadcast.put(pool, true)
    s.enabled.putHalf(0, 1 << 1)
    s.enabled.putHalf(1, 0)
    s.fromWire(...ALL, -1)
    expect([pools(), s.gated]).toEqual([[1], 2])
  })
})

describe('frames of a pool', () => {
  beforeEach(() => {
    s.addresses.address(0, ...LOCAL, true)
    s.addresses.pools(0, 1 << 6, 0)
    s.broadcast.put(6, true)
    s.broadcast.put(8, true)
  })

  test('known unicast stays inside, unknown goes out, group traffic does both, and nothing comes back', () => {
    s.fromPool(8, ...LOCAL, -1)
    expect([pools(), s.toWire]).toEqual([[6], false])
    s.fromPool(8, ...OTHER, -1)
    expect([pools(), s.toWire]).toEqual([[], true])
    s.fromPool(8, ...ALL, -1)
    expect([pools(), s.toWire]).toEqual([[6], true])
    s.fromPool(6, ...LOCAL, -1)
    expect([pools(), s.toWire]).toEqual([[], false])
  })

  test('a frame for a neighbour of another VLAN reaches nobody: it is not sent out (X550 datasheet 7.8.3.4.1, 10 and 11)', () => {
    s.vlanFilter = true
    s.vlans.vlan(0, 5, true)
    s.vlans.pools(0, 1 << 8, 0)
    s.fromPool(8, ...LOCAL, 5)
    expect([pools(), s.toWire]).toEqual([[], false])
  })

  test('what only the hash filter knows goes both ways', () => {
    s.unicastOverflow.put(2, true)
    const bit = 0x0909 >>> 4
    s.unicastHash[bit >> 5] = 1 << (bit & 31)
    s.fromPool(8, ...OTHER, -1)
    expect([pools(), s.toWire]).toEqual([[2], true])
  })

  test('without loopback everything goes out', () => {
    s.loopback = false
    s.fromPool(8, ...ALL, -1)
    expect([pools(), s.toWire, s.gated]).toEqual([[], true, 0])
  })

  test('guards ask the filters whose address and VLAN it is', () => {
    expect(s.mayUseAddress(8, ...LOCAL)).toBe(true)
    s.macGuard.put(8, true)
    s.macGuard.put(6, true)
    expect([s.mayUseAddress(8, ...LOCAL), s.mayUseAddress(6, ...LOCAL), s.mayUseAddress(6, ...OTHER)]).toEqual([
      false,
      true,
      false,
    ])
    s.vlanGuard.put(40, true)
    s.vlans.vlan(1, 7, true)
    s.vlans.pools(1, 0, 1 << 8)
    expect([s.mayUseVlan(40, 7), s.mayUseVlan(40, 8), s.mayUseVlan(40, -1), s.mayUseVlan(41, 8)]).toEqual([
      true,
      false,
      true,
      true,
    ])
  })
})

describe('mirror rules', () => {
  const { pool, uplink, downlink, vlan } = Mirror
  beforeEach(() => {
    s.addresses.address(0, ...LOCAL, true)
    s.addresses.pools(0, 1 << 6, 0)
    s.broadcast.put(6, true)
    s.broadcast.put(40, true)
    s.broadcastFromWire = true
  })

  test('of pools: what goes to one of these, from wherever', () => {
    s.mirrors.rule(2, pool, 50)
    s.mirrors.pools.set([1 << 6, 0], 4)
    s.fromWire(...LOCAL, -1)
    expect(pools()).toEqual([6, 50])
    s.fromPool(8, ...LOCAL, -1)
    expect([pools(), s.toWire]).toEqual([[6, 50], false])
    s.fromPool(8, ...OTHER, -1)
    expect([pools(), s.toWire]).toEqual([[], true])
    s.mirrors.pools.set([0, 1 << 8], 4)
    s.fromWire(...ALL, -1)
    expect(pools()).toEqual([6, 40, 50])
    s.mirrors.rule(2, 0, 50)
    s.fromWire(...ALL, -1)
    expect(pools()).toEqual([6, 40])
  })

  test('of the uplink: what the wire brings to any pool; of the downlink: what goes out', () => {
    s.mirrors.rule(0, uplink, 1)
    s.mirrors.rule(1, downlink, 2)
    s.fromWire(...LOCAL, -1)
    expect(pools()).toEqual([1, 6])
    s.fromWire(...OTHER, -1)
    expect(pools()).toEqual([])
    s.fromPool(8, ...OTHER, -1)
    expect([pools(), s.toWire]).toEqual([[2], true])
    s.fromPool(8, ...LOCAL, -1)
    expect(pools()).toEqual([6])
    s.fromPool(8, ...ALL, -1)
    expect(pools()).toEqual([2, 6, 40])
  })

  test('of VLANs: by the entries of the filter, high and low', () => {
    s.vlans.vlan(5, 100, true)
    s.vlans.vlan(40, 200, true)
    s.mirrors.rule(3, vlan, 9)
    s.mirrors.vlans.set([1 << 5, 0], 6)
    s.fromWire(...LOCAL, 100)
    expect(pools()).toEqual([6, 9])
    s.fromWire(...LOCAL, 200)
    expect(pools()).toEqual([6])
    s.mirrors.vlans.set([0, 1 << 8], 6)
    s.fromPool(8, ...LOCAL, 200)
    expect(pools()).toEqual([6, 9])
    s.fromPool(8, ...LOCAL, -1)
    expect(pools()).toEqual([6])
  })

  test('rules do not feed each other, and a mirror that does not receive gets nothing', () => {
    s.mirrors.rule(0, pool, 1)
    s.mirrors.pools.set([1 << 6, 0], 0)
    s.mirrors.rule(1, pool, 2)
    s.mirrors.pools.set([1 << 1, 0], 2)
    s.fromWire(...LOCAL, -1)
    expect(pools()).toEqual([1, 6])
    s.enabled.putHalf(0, 1 << 6)
    s.fromWire(...LOCAL, -1)
    expect([pools(), s.gated]).toEqual([[6], 0])
  })
})

test('not virtualised, the port filters by its own tables', () => {
  s.addresses.address(0, ...LOCAL, true)
  expect([s.accepts(...LOCAL, -1), s.accepts(...OTHER, -1), s.accepts(...GROUP, -1), s.accepts(...ALL, -1)]).toEqual([
    true,
    false,
    false,
    false,
  ])
  s.promiscuous = true
  s.multicastPromiscuous = true
  s.broadcastFromWire = true
  expect([s.accepts(...OTHER, -1), s.accepts(...GROUP, -1), s.accepts(...ALL, -1)]).toEqual([true, true, true])
  s.vlanFilter = true
  s.vlanTable[3] = 1 << 4
  expect([s.accepts(...LOCAL, 100), s.accepts(...LOCAL, 101), s.accepts(...LOCAL, -1)]).toEqual([true, false, true])
})
