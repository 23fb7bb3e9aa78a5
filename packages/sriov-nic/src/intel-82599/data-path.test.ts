import { describe, expect, test } from 'vitest'
import { BareProgram, BROADCAST, frameOf, macOf } from './testing/bare-program.js'

const PEER = Uint8Array.of(0x02, 9, 9, 9, 9, 9)

describe('between the functions and the wire', () => {
  test('a frame of a virtual function goes to the wire, its descriptor is done', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    expect(tx.enabled).toBe(true)
    const frame = frameOf(PEER, macOf(0), 1500)
    tx.send(frame)
    p.run()
    expect(p.far.frames).toEqual([frame])
    expect([tx.done(0), tx.head, p.missing]).toEqual([true, 1, 0])
  })

  test('a frame from the wire goes to the pool of its address', () => {
    const p = new BareProgram()
    const { rx } = p.vfRings(1)
    rx.post(8)
    p.run()
    const frame = frameOf(macOf(1), PEER, 700)
    p.far.put(frame)
    p.run()
    expect(rx.take().map((got) => got.bytes)).toEqual([frame])
    expect([rx.head, p.counter('delivered'), p.missing]).toEqual([1, 1, 0])
  })

  test('broadcast reaches every other pool and the wire, never its sender', () => {
    const p = new BareProgram()
    const rings = [0, 1, 2].map((vf) => p.vfRings(vf))
    const pf = p.pfRings()
    for (const { rx } of [...rings, pf]) rx.post(8)
    p.run()
    const frame = frameOf(BROADCAST, macOf(1), 64)
    rings[1].tx.send(frame)
    p.run()
    expect([...rings, pf].map(({ rx }) => rx.take().length)).toEqual([1, 0, 1, 1])
    expect(p.far.frames).toEqual([frame])
    expect(p.missing).toBe(0)
  })
})
