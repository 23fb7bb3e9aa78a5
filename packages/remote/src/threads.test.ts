import { randomStream } from '@npa/core'
import { AddressSpace, IommuPort, PAGE } from '@npa/memory'
import type { MsiTarget, PciFunction } from '@npa/pci'
import { Doorbell } from '@npa/ring-datapath'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createRequestLink, Op, REQUEST_LINK_BYTES, RequestClient, unplug } from './index.js'
import { DeviceBench } from './testing/bench.js'
import { At, Control, Reg, Serves, VFS } from './testing/plan.js'

/** Requests that a link holds. */
const ROOM = 256
const ONES = 0xffffffff

let bench: DeviceBench

beforeEach(async () => {
  bench = await DeviceBench.start()
})

afterEach(async () => {
  vi.restoreAllMocks()
  await bench.end()
})

/** Plugs a function into memory of its own; what it reaches, and where its messages go. */
function plug(
  fn: PciFunction,
  vfsChanged: (vfs: readonly PciFunction[]) => void = () => undefined,
): {
  readonly space: AddressSpace
  readonly messages: number[]
} {
  const space = new AddressSpace('host')
  const port = new IommuPort(bench.arena)
  port.assign(space)
  const messages: number[] = []
  const msi: MsiTarget = { message: (_lo, _hi, data) => void messages.push(data) }
  fn.attach(port, msi, vfsChanged)
  return { space, messages }
}

describe('a device in another thread', () => {
  test('posted writes do not wait for it, and a read comes behind them', () => {
    const { pf } = bench.device
    expect(pf.barRead(0, Reg.writes, 4)).toBe(0)
    bench.serves(Serves.never)
    for (let i = 0; i < ROOM; i++) pf.barWrite(i % 6, Reg.note, 4, i)
    // it has had its chance to look
    expect(bench.word(Control.writes)).toBe(0)
    bench.serves(Serves.always)
    expect(pf.barRead(0, Reg.writes, 4)).toBe(ROOM)
    expect([...bench.log.subarray(0, ROOM)]).toEqual(Array.from({ length: ROOM }, (_, i) => i))
  })

  test('a write that finds no room waits for it, and all arrive in order', () => {
    const { pf } = bench.device
    const count = 20 * ROOM
    bench.serves(Serves.whenFull)
    for (let i = 0; i < count; i++) pf.barWrite(0, Reg.note, 4, i)
    bench.serves(Serves.always)
    expect(pf.barRead(0, Reg.writes, 4)).toBe(count)
    expect([...bench.log.subarray(0, count)]).toEqual(Array.from({ length: count }, (_, i) => i))
  })

  test('every read, of whatever kind, finds all earlier writes done', () => {
    const random = randomStream(1, 'order')
    const { pf } = bench.device
    let writes = 0
    for (let step = 0; step < 3000; step++) {
      for (let n = random.below(8); n > 0; n--) pf.barWrite(random.below(6), Reg.note, 4, writes++)
      const kind = random.below(3)
      if (kind === 0) expect(pf.barRead(random.below(6), Reg.writes, 4)).toBe(writes)
      else if (kind === 1) pf.configRead(0, 4)
      else pf.configWrite(0x10, 4, step)
      expect(bench.word(Control.writes)).toBe(writes)
    }
  })

  test('both sides wake up whenever they are rung for, asleep or not', () => {
    const { pf } = bench.device
    const { messages } = plug(pf)
    for (let i = 0; i < 2000; i++) {
      // every other time it sleeps
      if (i % 2 === 0) expect(Atomics.wait(bench.control, Control.asleep, 0, 30_000)).not.toBe('timed-out')
      pf.barWrite(0, Reg.message, 4, i)
      bench.bell.until(() => bench.messages.drain(1))
    }
    expect(messages).toEqual(Array.from({ length: 2000 }, (_, i) => i))
    expect(bench.word(Control.sleeps)).toBeGreaterThanOrEqual(1000)
    expect(bench.word(Control.missed)).toBe(0)
  })

  test('when a mapping is gone no transfer reaches the memory any more, however busy the device is', async () => {
    const { pf } = bench.device
    const { space } = plug(pf)
    const page = bench.arena.allocate(2 * PAGE)
    const at = Math.ceil(page / PAGE) * PAGE
    const words = bench.arena.i32.subarray(at / 4, at / 4 + 16)
    pf.barWrite(0, Reg.dma, 4, 0x100000)
    for (let round = 0; round < 40; round++) {
      words.fill(0)
      space.map(0x100000, PAGE, at)
      await bench.until(() => Atomics.load(words, 0) !== 0)
      space.unmap(0x100000, PAGE)
      // the memory is somebody else's now
      words.fill(-1)
      const tried = bench.word(Control.transfers)
      await bench.until(() => bench.word(Control.transfers) - tried > 200)
      expect([...words]).toEqual(Array.from({ length: 16 }, () => -1))
    }
  })

  test('virtual functions are there when the write that makes them returns, and all ones when they are gone', async () => {
    const { pf } = bench.device
    let vfs: readonly PciFunction[] = []
    plug(pf, (now) => {
      vfs = now
    })
    pf.configWrite(VFS, 4, 3)
    expect(vfs).toHaveLength(3)
    expect(vfs.map((vf) => vf.barRead(0, Reg.number, 4))).toEqual([1, 2, 3])
    const { messages } = plug(vfs[1])
    vfs[1].barWrite(0, Reg.message, 4, 77)
    await bench.until(() => bench.messages.drain(8))
    expect(messages).toEqual([77])

    // a guest has the second one's registers, and nothing else
    const guestRead = (offset: number): number => bench.guest.call(Op.barRead, 0, 0, offset, 4, 0, 0) >>> 0
    expect(guestRead(Reg.number)).toBe(ONES)
    bench.client.call(Op.openWindow, 0, 2, 0, 0, 0, 0)
    expect(guestRead(Reg.number)).toBe(2)
    expect(bench.guest.call(Op.configRead, 0, 0, 4, 0, 0, 0)).toBe(-1)
    expect(bench.word(Control.bad)).toBe(1)

    const [first, second] = vfs
    pf.configWrite(VFS, 4, 1)
    expect(vfs).toEqual([first])
    const writes = bench.word(Control.writes)
    second.barWrite(0, Reg.note, 4, 1)
    bench.guest.post(Op.barWrite, 0, 0, Reg.note, 4, 1, 0)
    expect([second.barRead(0, 0, 4), second.configRead(0, 2), second.barRead(0, 0, 1)]).toEqual([ONES, 0xffff, 0xff])
    expect(guestRead(Reg.number)).toBe(ONES)
    expect(first.barRead(0, Reg.number, 4)).toBe(1)
    expect(bench.word(Control.writes)).toBe(writes)

    pf.configWrite(VFS, 4, 2)
    expect(vfs.map((vf) => vf.barRead(0, Reg.number, 4))).toEqual([1, 2])
    expect(guestRead(Reg.number)).toBe(2)
    pf.reset('power')
    expect(vfs).toEqual([])
  })
})

describe('a device whose thread has died', () => {
  test('reads all ones, also for whoever waits for it at that moment, and takes no writes', async () => {
    const died = new Promise((resolve) => void bench.worker.once('exit', resolve))
    const driver = bench.start('driver')
    const answers = new Promise((resolve) => void driver.once('message', resolve))
    await died
    unplug(bench.place(At.requests))
    expect(await answers).toEqual([-1, -1])
    await driver.terminate()
    expect(bench.device.pf.configRead(0, 4)).toBe(ONES)
    expect(bench.device.pf.configRead(0, 2)).toBe(0xffff)
  })

  test('of which nobody knows is one error that names it', () => {
    const buffer = new SharedArrayBuffer(128 + REQUEST_LINK_BYTES)
    createRequestLink({ buffer, at: 128 })
    const client = new RequestClient({ buffer, at: 128 }, new Doorbell(buffer, 0), 'host-a.nic')
    const wait = vi.spyOn(Atomics, 'wait').mockReturnValue('timed-out')
    expect(() => client.call(Op.barRead, 0, 0, 0, 4, 0, 0)).toThrow('host-a.nic has not answered for 60 s')
    for (let i = 0; i < ROOM - 1; i++) client.post(Op.barWrite, 0, 0, 0, 4, i, 0)
    expect(wait).toHaveBeenCalledTimes(1)
    expect(() => client.post(Op.barWrite, 0, 0, 0, 4, 0, 0)).toThrow('host-a.nic has not answered for 60 s')
  })
})
