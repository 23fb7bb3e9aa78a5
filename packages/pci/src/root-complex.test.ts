import { AddressSpace, Arena } from '@npa/memory'
import { describe, expect, test } from 'vitest'
import { RootComplex, disableBusMaster, enableFunction, enableMsix } from './index.js'
import { sampleDevice } from './testing/sample-device.js'

const PF = 0x0010
const VF0 = PF + 0x80

function host(): ReturnType<typeof sampleDevice> & { rc: RootComplex; arena: Arena } {
  const arena = new Arena(1 << 20)
  const rc = new RootComplex(arena)
  const device = sampleDevice()
  rc.plug(PF, device.fn)
  return { ...device, rc, arena }
}

function enableVfs(rc: RootComplex, count: number): void {
  rc.configWrite(PF, 0x170, 2, count)
  rc.configWrite(PF, 0x168, 2, 9)
}

describe('RootComplex', () => {
  test('assigns every BAR a place of its own, aligned to its size, in the window of its width', () => {
    const { rc } = host()
    rc.plug(0x18, sampleDevice().fn)
    enableVfs(rc, 8)
    const places = [PF, 0x18, ...rc.vfs(PF)].flatMap((rid) => rc.places(rid))
    expect(places.length).toBe(3 + 3 + 8 * 2)
    const sorted = [...places].sort((a, b) => a.address - b.address)
    sorted.forEach(({ address, bytes }, i) => {
      expect(address % bytes).toBe(0)
      if (i > 0) expect(address).toBeGreaterThanOrEqual(sorted[i - 1].address + sorted[i - 1].bytes)
    })
    expect(places.filter(({ address }) => address < 2 ** 32).map(({ index, bytes }) => [index, bytes])).toEqual([
      [2, 0x1000],
      [2, 0x1000],
    ])
    const [first] = rc.places(PF)
    expect(rc.configRead(PF, 0x14, 4) * 2 ** 32 + (rc.configRead(PF, 0x10, 4) & ~0xf)).toBe(first.address)
  })

  test('registers answer only while memory decoding is on', () => {
    const { rc, registers } = host()
    const bar = rc.mmio(PF, 0)
    bar.write32(8, 1)
    expect([bar.read32(8), registers.words.size]).toEqual([0xffffffff, 0])
    enableFunction(rc.config(PF))
    bar.write32(8, 1)
    expect([bar.read32(8), rc.mmio(PF, 1).read32(0)]).toEqual([1, 0xffffffff])
    rc.reset(PF, 'bus')
    expect(bar.read32(8)).toBe(0xffffffff)
  })

  test('nothing stands where nothing was plugged', () => {
    const { rc } = host()
    rc.configWrite(0x20, 4, 2, 6)
    expect([rc.configRead(0x20, 0, 4), rc.configRead(0x20, 0, 1), rc.mmio(0x20, 0).read32(0)]).toEqual([
      0xffffffff, 0xff, 0xffffffff,
    ])
    expect(rc.rids()).toEqual([PF])
    expect(() => rc.plug(PF, sampleDevice().fn)).toThrow(/taken/)
  })

  test('VFs appear at their routing ids and answer while VF memory is enabled, and go again', () => {
    const { rc, vfs } = host()
    const bar = rc.mmio(VF0 + 2, 0)
    expect(rc.configRead(VF0 + 2, 8, 4)).toBe(0xffffffff)
    rc.configWrite(PF, 0x170, 2, 3)
    rc.configWrite(PF, 0x168, 2, 1)
    expect(rc.rids()).toEqual([PF, VF0, VF0 + 2, VF0 + 4])
    expect(rc.configRead(VF0 + 2, 8, 4)).toBe(0x02000001)
    bar.write32(0, 5)
    expect(bar.read32(0)).toBe(0xffffffff)
    rc.configWrite(PF, 0x168, 2, 9)
    rc.configWrite(VF0 + 2, 4, 2, 4)
    bar.write32(0, 5)
    expect([bar.read32(0), vfs[1].registers.words.get(0), vfs[0].registers.words.size]).toEqual([5, 5, 0])
    rc.configWrite(PF, 0x168, 2, 0)
    expect([bar.read32(0), rc.vfs(PF).length, rc.configRead(VF0, 8, 4)]).toEqual([0xffffffff, 0, 0xffffffff])
    expect(vfs.map((vf) => vf.resets.length)).toEqual([1, 1, 1, 0, 0, 0, 0, 0])
  })

  test('each requester reaches the address space it was assigned, and no other', () => {
    const { rc, arena, vfs } = host()
    const guest = new AddressSpace('guest')
    guest.map(0, 4096, 4096)
    rc.port(VF0).assign(guest)
    enableVfs(rc, 2)
    for (const rid of rc.vfs(PF)) rc.configWrite(rid, 4, 2, 4)
    arena.i32[0] = 77
    expect(vfs[0].fn.dma.write(0, 4, 0, 0)).toBe(true)
    expect(vfs[1].fn.dma.write(0, 4, 0, 0)).toBe(false)
    expect([arena.i32[1024], rc.port(VF0 + 2).faults]).toEqual([77, 1])
    disableBusMaster(rc.config(VF0))
    expect([vfs[0].fn.dma.write(0, 4, 0, 0), vfs[0].fn.dma.refused]).toEqual([false, 1])
  })

  test('a VF’s interrupt is remapped by the table entry of its own routing id', () => {
    const { rc, vfs } = host()
    enableVfs(rc, 2)
    const got: number[] = []
    const handle = rc.remapping.allocate(VF0)
    rc.remapping.post(handle, { message: (_lo, _hi, data) => got.push(data) }, 0xfee00000, 0, 0x61)
    for (const rid of rc.vfs(PF)) {
      rc.configWrite(rid, 4, 2, 4)
      enableMsix(rc.config(rid), (bar) => rc.mmio(rid, bar), [rc.remapping.messageOf(handle)])
    }
    vfs[0].fn.raise(0)
    vfs[1].fn.raise(0)
    expect([got, rc.remapping.posted, rc.remapping.faults]).toEqual([[0x61], 1, 1])
  })

  test('an unplugged function is off, its VFs with it, and its place can be used again', () => {
    const { rc, fn, resets } = host()
    enableFunction(rc.config(PF))
    enableVfs(rc, 2)
    const bar = rc.mmio(PF, 0)
    const places = rc.places(PF)
    rc.unplug(PF)
    expect([rc.rids(), resets, fn.dma.open, bar.read32(0)]).toEqual([[], ['power'], false, 0xffffffff])
    const next = sampleDevice()
    rc.plug(PF, next.fn)
    expect(rc.places(PF)).toEqual(places)
    expect(bar.read32(0)).toBe(0xffffffff)
    enableFunction(rc.config(PF))
    expect(bar.read32(0)).toBe(0)
  })
})
