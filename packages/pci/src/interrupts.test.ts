import { VirtualScheduler } from '@npa/core'
import { describe, expect, test } from 'vitest'
import { InterruptController, InterruptRemapping, RemappedVectors } from './index.js'
import type { MsiMessage, MsiTarget } from './index.js'

const send = (target: MsiTarget, m: MsiMessage): void => target.message(m.addressLo, m.addressHi, m.data)
const never = (): boolean => false

describe('InterruptController', () => {
  test('a handler runs from the scheduler, the latency after the message; edges that meet are one', () => {
    const time = new VirtualScheduler()
    const guest = new InterruptController('guest', time, time, 700)
    const at: number[] = []
    const vector = guest.allocate('net', () => at.push(time.nowNs()))
    send(guest, guest.messageOf(vector))
    send(guest, guest.messageOf(vector))
    expect(at).toEqual([])
    time.run(never, 10_000)
    send(guest, guest.messageOf(vector))
    time.run(never, 20_000)
    expect(at).toEqual([700, 1400])
    expect([guest.count(vector), guest.coalesced, guest.spurious]).toEqual([2, 1, 0])
  })

  test('a message that comes while the handler runs is an edge of its own', () => {
    const time = new VirtualScheduler()
    const guest = new InterruptController('guest', time, time, 0)
    let runs = 0
    const vector: number = guest.allocate('net', () => {
      if (++runs < 3) send(guest, guest.messageOf(vector))
    })
    send(guest, guest.messageOf(vector))
    expect(runs).toBe(0)
    time.run(never, 0)
    expect(runs).toBe(3)
  })

  test('vectors are those a processor can take, beyond one processor too', () => {
    const time = new VirtualScheduler()
    const host = new InterruptController('host', time, time, 0)
    const seen: number[] = []
    const vectors = Array.from({ length: 500 }, (_, i) => host.allocate(`v${i}`, () => seen.push(i)))
    expect(new Set(vectors).size).toBe(500)
    for (const vector of vectors) {
      const { addressLo, addressHi, data } = host.messageOf(vector)
      expect(addressLo >>> 20).toBe(0xfee)
      expect(data).toBeGreaterThanOrEqual(32)
      expect(data).toBeLessThan(256)
      host.message(addressLo, addressHi, data)
    }
    time.run(never, 0)
    expect(seen).toEqual(Array.from({ length: 500 }, (_, i) => i))
  })

  test('messages for nobody are counted; a released vector is silent, even with one on its way', () => {
    const time = new VirtualScheduler()
    const host = new InterruptController('host', time, time, 100)
    const vector = host.allocate('net', () => expect.unreachable())
    const message = host.messageOf(vector)
    send(host, message)
    host.release(vector)
    send(host, message)
    host.message(0xfed00000, 0, 33)
    host.message(message.addressLo, 1, message.data)
    time.run(never, 1000)
    expect(host.spurious).toBe(3)
    expect(() => host.release(vector)).toThrow(/not allocated/)
    expect(() => host.count(vector)).toThrow(/not allocated/)
  })
})

describe('InterruptRemapping', () => {
  function sample(): { table: InterruptRemapping; got: number[][]; guest: MsiTarget } {
    const got: number[][] = []
    return { table: new InterruptRemapping(), got, guest: { message: (lo, hi, data) => got.push([lo, hi, data]) } }
  }
  const request = (table: InterruptRemapping, rid: number, m: MsiMessage): void =>
    table.message(rid, m.addressLo, m.addressHi, m.data)

  test('an entry posts another message to the guest', () => {
    const { table, got, guest } = sample()
    const handle = table.allocate(0x90)
    table.post(handle, guest, 0xfee01000, 0, 0x55)
    request(table, 0x90, table.messageOf(handle))
    expect(got).toEqual([[0xfee01000, 0, 0x55]])
    expect([table.posted, table.toHost, table.faults]).toEqual([1, 0, 0])
  })

  test('another requester’s entry, an absent one, one that was freed and a message in the old format are faults', () => {
    const { table, got, guest } = sample()
    const mine = table.allocate(0x90)
    const message = table.messageOf(mine)
    request(table, 0x90, message)
    table.post(mine, guest, 0xfee00000, 0, 1)
    request(table, 0x92, message)
    request(table, 0x90, { ...message, addressLo: (message.addressLo & ~0x10) >>> 0 })
    request(table, 0x90, { ...message, addressHi: 1 })
    request(table, 0x90, { ...message, addressLo: 0x10 })
    table.clear(mine)
    request(table, 0x90, message)
    table.free(mine)
    request(table, 0x90, message)
    expect(got).toEqual([])
    expect([table.faults, table.inUse]).toEqual([7, 0])
    expect(() => table.post(mine, guest, 0, 0, 0)).toThrow(/not allocated/)
    expect(() => table.free(mine)).toThrow(/not allocated/)
  })

  test('handles of all 16 bits have messages of their own, and the subhandle is added when it is valid', () => {
    const { table, got, guest } = sample()
    const handles = Array.from({ length: 32770 }, () => table.allocate(1))
    const last = handles[32769]
    expect(last).toBe(32769)
    table.post(last, guest, 0, 0, 1)
    table.post(1, guest, 0, 0, 2)
    request(table, 1, table.messageOf(last))
    request(table, 1, table.messageOf(1))
    table.message(1, 0xfee00018, 0, 1)
    expect(got.map(([, , data]) => data)).toEqual([1, 2, 2])
  })

  test('whoever keeps a copy of the table hears of every entry', () => {
    const { table, guest } = sample()
    const heard: unknown[] = []
    table.follow((handle, entry) => heard.push([handle, entry?.target === guest, entry?.data]))
    const handle = table.allocate(0x90)
    table.post(handle, guest, 0xfee00000, 0, 9)
    table.clear(handle)
    table.free(handle)
    expect(heard).toEqual([
      [0, true, 9],
      [0, false, 9],
      [0, false, undefined],
    ])
  })

  test('a full table says so', () => {
    const table = new InterruptRemapping(2)
    table.allocate(1)
    table.allocate(1)
    expect(() => table.allocate(1)).toThrow(RangeError)
  })

  test('a host’s vectors go through the table and give back what they took', () => {
    const time = new VirtualScheduler()
    const host = new InterruptController('host', time, time, 0)
    const { table } = sample()
    const vectors = new RemappedVectors(table, host, 0x10)
    let runs = 0
    const handle = vectors.allocate('pf', () => runs++)
    request(table, 0x10, vectors.messageOf(handle))
    request(table, 0x11, vectors.messageOf(handle))
    time.run(never, 0)
    expect([runs, table.toHost, table.faults]).toEqual([1, 1, 1])
    const old = host.messageOf(32)
    vectors.release(handle)
    expect(table.inUse).toBe(0)
    send(host, old)
    expect(host.spurious).toBe(1)
    expect(() => vectors.release(handle)).toThrow(/not of requester/)
  })
})
