import { describe, expect, test } from 'vitest'
import { BareProgram as Bare82576 } from '../intel-82576/testing/bare-program.js'
import { BareProgram as Bare82599 } from '../intel-82599/testing/bare-program.js'
import type { BenchChip, ChipBench } from './testing/chip-bench.js'
import { frameOf, macOf } from './testing/frames.js'
import { ipFrame, offloaded } from './testing/ip-frame.js'
import type { RxRing, TxRing } from './testing/ring.js'

const PEER = Uint8Array.of(0x02, 9, 9, 9, 9, 9)
const FORGED = Uint8Array.of(0x02, 6, 6, 6, 6, 6)
const SOURCE = 6

interface Bare extends ChipBench<BenchChip> {
  vfRings(vf: number): { tx: TxRing; rx: RxRing }
}

/** Virtual function 0 is checked: addresses and VLANs. */
const MODELS: readonly { readonly name: string; readonly create: () => Bare }[] = [
  {
    name: '82599',
    create: () => {
      const p = new Bare82599()
      p.pf.write(0x8200, 0x0101)
      return p
    },
  },
  {
    name: '82576',
    create: () => {
      const p = new Bare82576()
      p.pf.write(0x3500, 0x80000101)
      return p
    },
  },
]

/** When a guest changes its mind: after the doorbell, while the burst of descriptors is on its way, and when the frame has been sent. */
const INSTANTS = [0, 100, 499, 501, 2000] as const

describe.each(MODELS)('what is checked is what is sent, $name', ({ create }) => {
  test.each(INSTANTS)('a source address that the guest rewrites %d ns after the doorbell', (ns) => {
    const p = create()
    const { tx } = p.vfRings(0)
    const honest = frameOf(PEER, macOf(0), 100)
    tx.send(honest)
    p.run(ns)
    tx.side.put(tx.data + SOURCE, FORGED)
    p.run()
    // Gathered before or after: the frame is sent as it was, or found out.
    expect(p.far.frames).toEqual(p.counter('drop.macSpoof') === 1 ? [] : [honest])
    expect([p.counter('sent'), p.missing]).toEqual([1, 0])
  })

  test.each(INSTANTS)('one that is forged first, and honest %d ns later', (ns) => {
    const p = create()
    const { tx } = p.vfRings(0)
    const frame = frameOf(PEER, FORGED, 100)
    tx.send(frame)
    p.run(ns)
    tx.side.put(tx.data + SOURCE, macOf(0))
    p.run()
    for (const sent of p.far.frames) expect([...sent.subarray(SOURCE, 12)]).toEqual([...macOf(0)])
    expect(p.far.frames.length + p.counter('drop.macSpoof')).toBe(1)
  })

  test('addresses in one buffer and the rest in others, rewritten while the frame waits for the wire', () => {
    const p = create()
    const { tx } = p.vfRings(0)
    p.far.credit = 0
    const honest = frameOf(PEER, macOf(0), 300)
    tx.send(honest, [7, 5, 2, 286])
    p.run()
    tx.side.put(tx.data, frameOf(PEER, FORGED, 300, 9))
    p.far.open(10)
    p.run()
    expect([p.far.frames, p.counter('drop.macSpoof')]).toEqual([[honest], 0])
  })

  test('headers of a message are read once: no segment can have others', () => {
    const p = create()
    const { tx } = p.vfRings(0)
    const frame = ipFrame({ to: PEER, from: macOf(0), protocol: 'tcp', payload: 60_000 })
    const bytes = offloaded(frame)
    const header = frame.l4 + 20
    // The message's payload is one buffer, over and over again: the guest's memory is smaller than the message.
    tx.side.put(tx.data, bytes.subarray(0, header + 10_000))
    tx.push([20 | (14 << 9), 0, 0x20200c00, (20 << 8) | (1000 << 16)])
    const piece = (at: number, length: number, bits: number): void => {
      tx.push([...tx.address(at), 0xa2300000 | length | bits, (60_000 << 14) | 0x300])
    }
    piece(tx.data, header, 0)
    for (let i = 0; i < 6; i++) piece(tx.data + header, 10_000, i === 5 ? 0x09000000 : 0)
    // The wire takes one segment at a time, and the guest forges the next.
    p.far.credit = 1
    tx.ring()
    p.run()
    for (let turns = 0; turns < 60; turns++) {
      tx.side.put(tx.data + SOURCE, FORGED)
      p.far.open(1)
      p.run()
    }
    expect(p.far.frames.length).toBe(60)
    for (const sent of p.far.frames) expect([...sent.subarray(SOURCE, 12)]).toEqual([...macOf(0)])
    expect([p.counter('drop.macSpoof'), p.missing]).toEqual([0, 0])
  })
})
