import { describe, expect, test } from 'vitest'
import { BROADCAST, frameOf, macOf } from '../intel/testing/frames.js'
import { complete, ipFrame, offloaded } from '../intel/testing/ip-frame.js'
import { BareProgram, PLAIN_POOL, RECEIVE, Reg } from './testing/bare-program.js'

const PEER = Uint8Array.of(0x02, 9, 9, 9, 9, 9)

test('PBRWAC counts runs through the buffer and says when it is empty; virtual functions see it too', () => {
  const PBRWAC = 0x24e8
  const p = new BareProgram(2)
  const { rx } = p.vfRings(0)
  expect([p.pf.read(PBRWAC), p.vfs[1].read(PBRWAC)]).toEqual([8, 8])
  for (let round = 0; round < 6; round++) {
    rx.post(20)
    p.run()
    for (let i = 0; i < 20; i++) p.far.put(frameOf(macOf(0), PEER, 1500))
    p.run()
  }
  // 120 frames of 1504 bytes with alignment, 43 of which fill the buffer of 64 KiB.
  expect([p.pf.read(PBRWAC), p.vfs[1].read(PBRWAC)]).toEqual([10, 10])
  p.far.put(frameOf(macOf(0), PEER, 100))
  p.run()
  expect(p.pf.read(PBRWAC)).toBe(2)
})

describe('without pools', () => {
  test('a frame goes out, and one comes in, with DD in their descriptors', () => {
    const p = new BareProgram(0)
    const { tx, rx } = p.pfRings()
    rx.post(4)
    p.run()
    tx.send(frameOf(PEER, macOf(0), 100))
    p.far.put(frameOf(macOf(0), PEER, 200))
    p.run()
    expect([p.far.frames.length, p.far.frames[0], tx.done(0)]).toEqual([1, frameOf(PEER, macOf(0), 100), true])
    const [got] = rx.take()
    expect(got.bytes).toEqual(frameOf(macOf(0), PEER, 200))
    expect([got.words[2] & 3, p.missing]).toEqual([3, 0])
  })

  test('nothing is sent or taken before TCTL.EN and RCTL.EN', () => {
    const p = new BareProgram(0)
    const { tx, rx } = p.pfRings()
    p.pf.write(Reg.tctl, 8)
    p.pf.write(Reg.rctl, 0)
    rx.post(4)
    tx.send(frameOf(PEER, macOf(0), 100))
    p.far.put(frameOf(macOf(0), PEER, 200))
    p.run()
    expect([p.far.frames.length, p.counter('drop.receiveOff')]).toEqual([0, 1])
    p.pf.write(Reg.tctl, 0xa)
    p.run()
    expect(p.far.frames.length).toBe(1)
  })

  test('short frames are padded while TCTL.PSP is set', () => {
    const p = new BareProgram(0)
    const { tx } = p.pfRings()
    tx.send(frameOf(PEER, macOf(0), 20))
    p.run()
    p.pf.write(Reg.tctl, 2)
    tx.send(frameOf(PEER, macOf(0), 20))
    p.run()
    expect(p.far.frames.map((frame) => frame.length)).toEqual([60, 20])
  })

  test('frames that RSS does not spread go to the queue that MRQC names', () => {
    const p = new BareProgram(0)
    p.pf.write(Reg.mrqc, 5 << 3)
    const { rx } = p.pfQueue(5)
    rx.post(4)
    p.run()
    p.far.put(frameOf(macOf(0), PEER, 60))
    p.run()
    expect(rx.take().length).toBe(1)
  })

  test('RSS: the queue is what the table says, type and hash are in the descriptor', () => {
    const p = new BareProgram(0)
    p.pf.write(0x5000, 1 << 13)
    p.pf.write(Reg.mrqc, 0x00370002)
    for (let i = 0; i < 10; i++) p.pf.write(Reg.rssrk + 4 * i, 0x6d5a56da + i)
    for (let i = 0; i < 32; i++) p.pf.write(Reg.reta + 4 * i, 0x0c0c0c0c)
    const first = p.pfQueue(0)
    const twelfth = p.pfQueue(12, 1)
    first.rx.post(4)
    twelfth.rx.post(4)
    p.run()
    p.far.put(complete(ipFrame({ to: macOf(0), from: PEER, protocol: 'tcp', payload: 40 })).bytes)
    p.far.put(frameOf(macOf(0), PEER, 60))
    p.run()
    const [tcp] = twelfth.rx.take()
    expect([tcp.words[0] & 0xf, tcp.words[0] & 0x110, tcp.words[1] !== 0]).toEqual([1, 0x110, true])
    expect(first.rx.take().length).toBe(1)
  })

  test('received checksums are judged, sent ones filled in', () => {
    const p = new BareProgram(0)
    const { tx, rx } = p.pfRings()
    rx.post(4)
    p.run()
    const frame = complete(ipFrame({ to: macOf(0), from: PEER, protocol: 'udp', payload: 30 }))
    p.far.put(frame.bytes)
    const broken = frame.bytes.slice()
    broken[broken.length - 1] ^= 1
    p.far.put(broken)
    const header = frame.bytes.slice()
    header[frame.ip + 10] ^= 0x40
    p.far.put(header)
    const out = ipFrame({ to: PEER, from: macOf(0), protocol: 'tcp', payload: 50 })
    // Context: MACLEN 14, IPLEN 20; TCP over IPv4.
    tx.push([(14 << 9) | 20, 0, 0x20200000 | 0x800 | 0x400, 0])
    tx.frame(offloaded(out), undefined, undefined, 0x300)
    tx.ring()
    p.run()
    expect(rx.take().map((got) => (got.words[2] & 0xe0000060) >>> 0)).toEqual([0x60, 0x20000060, 0x40000040])
    expect(p.far.frames).toEqual([complete(out).bytes])
  })

  test('a message is cut into segments', () => {
    const p = new BareProgram(0)
    const { tx } = p.pfRings()
    const whole = ipFrame({ to: PEER, from: macOf(0), protocol: 'tcp', payload: 1200 })
    tx.push([(14 << 9) | 20, 0, 0x20200000 | 0x800 | 0x400, (500 << 16) | (20 << 8)])
    tx.frame(offloaded(whole), undefined, 0x88000000, 0x300 | ((1200 << 14) & 0))
    // PAYLEN of a message is what follows the headers.
    const last = (tx.tail + tx.size - 1) % tx.size
    const words = tx.descriptor(last)
    tx.side.putWords(tx.at + last * 16 + 12, [(1200 << 14) | (words[3] & 0x3fff)])
    tx.ring()
    p.run()
    expect(p.far.frames.map((frame) => frame.length)).toEqual([554, 554, 254])
  })

  test('legacy descriptors both ways', () => {
    const p = new BareProgram(0)
    const { tx, rx } = p.pfRings()
    p.pf.write(Reg.rxQueue + 0x0c, 0x00000402)
    rx.post(2)
    p.run()
    const frame = frameOf(PEER, macOf(0), 90)
    p.pf.put(tx.data, frame)
    // EOP, IFCS, RS.
    tx.push([...tx.address(tx.data), 0x0b000000 | 90, 0])
    tx.ring()
    p.far.put(frameOf(macOf(0), PEER, 70))
    p.run()
    expect([p.far.frames[0], tx.done(0)]).toEqual([frame, true])
    expect([rx.descriptor(0)[2] & 0xffff, rx.descriptor(0)[3] & 3]).toEqual([70, 3])
  })

  test('head write-back instead of DD', () => {
    const p = new BareProgram(0)
    const { tx } = p.pfRings()
    const [lo, hi] = tx.address(0x3000)
    p.pf.write(Reg.txQueue + 0x3c, hi)
    p.pf.write(Reg.txQueue + 0x38, lo | 1)
    tx.send(frameOf(PEER, macOf(0), 60))
    p.run()
    expect([p.pf.word(0x3000), tx.done(0)]).toEqual([1, false])
  })

  test('the tag is taken out while CTRL.VME is set', () => {
    const p = new BareProgram(0)
    const { rx } = p.pfRings()
    rx.post(4)
    p.run()
    const tagged = frameOf(macOf(0), PEER, 80)
    tagged.set([0x81, 0, 0x20, 5], 12)
    p.far.put(tagged)
    p.run()
    p.pf.write(Reg.ctrl, 0x40000041)
    p.far.put(tagged)
    p.run()
    const [kept, stripped] = rx.take()
    expect([kept.bytes.length, kept.words[2] & 8]).toEqual([80, 0])
    expect([stripped.bytes.length, stripped.words[2] & 8, stripped.words[3] >>> 16]).toEqual([76, 8, 0x2005])
  })

  test('the longest frame: 1518 bytes, 1522 with a tag, RLPML with long ones on', () => {
    const p = new BareProgram(0)
    const { rx } = p.pfRings()
    rx.post(20)
    p.run()
    const tagged = frameOf(macOf(0), PEER, 1518)
    tagged.set([0x81, 0, 0, 5], 12)
    p.far.put(frameOf(macOf(0), PEER, 1514))
    p.far.put(frameOf(macOf(0), PEER, 1515))
    p.far.put(tagged)
    p.run()
    expect([rx.take().length, p.counter('drop.oversize')]).toEqual([2, 1])
    p.pf.write(Reg.rctl, RECEIVE | (1 << 5))
    p.pf.write(Reg.rlpml, 3004)
    p.far.put(frameOf(macOf(0), PEER, 3000))
    p.far.put(frameOf(macOf(0), PEER, 3001))
    p.run()
    expect([rx.take().map((got) => got.bytes.length), p.counter('drop.oversize')]).toEqual([[3000], 2])
    expect(p.pf.read(0x40ac)).toBe(2)
  })

  test('RCTL says how large buffers are where the queue does not', () => {
    const p = new BareProgram(0)
    const { rx } = p.pfRings()
    p.pf.write(Reg.rctl, RECEIVE | (3 << 16))
    p.pf.write(Reg.rxQueue + 0x0c, 0x02000000)
    rx.post(8)
    p.run()
    p.far.put(frameOf(macOf(0), PEER, 600))
    p.run()
    expect([0, 1, 2].map((i) => rx.descriptor(i)[3] & 0xffff)).toEqual([256, 256, 88])
  })

  for (const [name, loop] of [
    ['in the MAC', (p: BareProgram) => p.pf.write(Reg.rctl, RECEIVE | (1 << 6))],
    ['in the PHY', (p: BareProgram) => p.pf.write(Reg.mdic, (1 << 26) | (1 << 21) | 0x4140)],
  ] as const) {
    test(`loopback ${name}: what leaves comes in again, and the cable is not there`, () => {
      const p = new BareProgram(0)
      const { tx, rx } = p.pfRings()
      rx.post(4)
      loop(p)
      p.run()
      tx.send(frameOf(macOf(0), PEER, 256))
      p.far.put(frameOf(macOf(0), PEER, 99))
      p.run()
      expect([rx.take().map((got) => got.bytes.length), p.far.frames.length, p.missing]).toEqual([[256], 0, 0])
    })
  }
})

describe('with pools', () => {
  test('a virtual function sends and receives through its own rings', () => {
    const p = new BareProgram()
    const { tx, rx } = p.vfRings(1)
    rx.post(4)
    p.run()
    tx.send(frameOf(PEER, macOf(1), 300))
    p.far.put(frameOf(macOf(1), PEER, 400))
    p.far.put(frameOf(macOf(9), PEER, 400))
    p.run()
    expect(p.far.frames).toEqual([frameOf(PEER, macOf(1), 300)])
    expect(rx.take().map((got) => got.bytes)).toEqual([frameOf(macOf(1), PEER, 400)])
    expect([p.counter('filtered'), p.missing]).toEqual([1, 0])
  })

  test('from one virtual function to another, never on the wire, and marked as looped', () => {
    const p = new BareProgram()
    const from = p.vfRings(0)
    const to = p.vfRings(2)
    to.rx.post(4)
    p.run()
    from.tx.send(frameOf(macOf(2), macOf(0), 500))
    p.run()
    const [got] = to.rx.take()
    expect([got.bytes, got.words[2] & 0x40000, p.far.frames.length]).toEqual([
      frameOf(macOf(2), macOf(0), 500),
      0x40000,
      0,
    ])
    p.pf.write(Reg.dtxswc, 0)
    from.tx.send(frameOf(macOf(2), macOf(0), 500))
    p.run()
    expect([to.rx.take().length, p.far.frames.length]).toEqual([0, 1])
  })

  test('a broadcast goes to all others and out, to its sender only where DTXSWC lets it', () => {
    const p = new BareProgram()
    const rings = [0, 1, 2].map((vf) => p.vfRings(vf))
    const pf = p.pfRings()
    for (const { rx } of [...rings, pf]) rx.post(4)
    p.run()
    rings[0].tx.send(frameOf(BROADCAST, macOf(0), 60))
    p.run()
    expect([...rings, pf].map(({ rx }) => rx.take().length)).toEqual([0, 1, 1, 1])
    p.pf.write(Reg.dtxswc, 0x80010000)
    rings[0].tx.send(frameOf(BROADCAST, macOf(0), 60))
    p.run()
    expect([...rings, pf].map(({ rx }) => rx.take().length)).toEqual([1, 1, 1, 1])
    expect(p.far.frames.length).toBe(2)
  })

  test('a pool that may not send fetches nothing, one that may not receive loses its copies', () => {
    const p = new BareProgram()
    const { tx, rx } = p.vfRings(0)
    rx.post(4)
    p.pf.write(Reg.vfte, 0b1110)
    p.pf.write(Reg.vfre, 0b1110)
    tx.send(frameOf(PEER, macOf(0), 60))
    p.far.put(frameOf(macOf(0), PEER, 60))
    p.run()
    expect([p.far.frames.length, rx.take().length, p.counter('drop.poolDisabled')]).toEqual([0, 0, 1])
    p.pf.write(Reg.vfte, 0b1111)
    p.run()
    expect(p.far.frames.length).toBe(1)
  })

  test('each pool has its longest frame', () => {
    const p = new BareProgram()
    const rings = [0, 1, 2].map((vf) => p.vfRings(vf))
    for (const { rx } of rings) rx.post(8)
    p.pf.write(Reg.rctl, RECEIVE | (1 << 5))
    p.pf.write(Reg.vmolr + 4, PLAIN_POOL | (1 << 16) | 2004)
    p.pf.write(Reg.vmolr + 8, PLAIN_POOL | (1 << 16) | 1999)
    p.run()
    p.far.put(frameOf(BROADCAST, PEER, 2000))
    p.run()
    expect(rings.map(({ rx }) => rx.take().length)).toEqual([0, 1, 0])
    expect([p.counter('drop.oversize'), p.missing]).toEqual([3, 0])
  })

  test('tags: as the pool says for its own frames, as RPLOLR says for replicated ones', () => {
    const p = new BareProgram()
    const { rx } = p.vfRings(0)
    rx.post(8)
    p.run()
    const tagged = (to: Uint8Array): Uint8Array => {
      const frame = frameOf(to, PEER, 80)
      frame.set([0x81, 0, 0, 7], 12)
      return frame
    }
    const lengths = (): number[] => {
      p.far.put(tagged(macOf(0)))
      p.far.put(tagged(BROADCAST))
      p.run()
      return rx.take().map((got) => got.bytes.length)
    }
    expect(lengths()).toEqual([80, 80])
    p.pf.write(Reg.vmolr, PLAIN_POOL | (1 << 30))
    expect(lengths()).toEqual([76, 80])
    p.pf.write(Reg.vmolr, PLAIN_POOL)
    p.pf.write(Reg.rplolr, 0xc0000000)
    expect(lengths()).toEqual([80, 76])
  })

  test('a port VLAN is put in, whatever the virtual function wants, or none ever', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    p.pf.write(Reg.vmvir, 0x40002007)
    tx.push([9 << 16, 0, 0x20200000, 0])
    tx.frame(frameOf(PEER, macOf(0), 80), undefined, 0x48000000)
    tx.frame(frameOf(PEER, macOf(0), 80))
    tx.ring()
    p.run()
    expect(p.far.frames.map((frame) => [frame.length, ...frame.subarray(12, 16)])).toEqual([
      [84, 0x81, 0, 0x20, 7],
      [84, 0x81, 0, 0x20, 7],
    ])
    p.pf.write(Reg.vmvir, 0x80000000)
    tx.frame(frameOf(PEER, macOf(0), 80), undefined, 0x48000000)
    tx.ring()
    p.run()
    expect(p.far.frames[2].length).toBe(80)
  })

  test('RSS inside a pool: bit 3 of the table chooses queue v + 8, where VMOLR lets it', () => {
    const p = new BareProgram()
    p.pf.write(Reg.mrqc, 0x00370005)
    for (let i = 0; i < 32; i++) p.pf.write(Reg.reta + 4 * i, 0x08080808)
    const first = p.rings(p.vfs[0], 0x3800, 0x2800)
    const second = p.rings(p.vfs[0], 0x3900, 0x2900, 1)
    first.rx.post(4)
    second.rx.post(4)
    p.run()
    const frame = complete(ipFrame({ to: macOf(0), from: PEER, protocol: 'tcp', payload: 10 })).bytes
    p.far.put(frame)
    p.run()
    p.pf.write(Reg.vmolr, PLAIN_POOL | (1 << 17))
    p.far.put(frame)
    p.run()
    expect([first.rx.take().length, second.rx.take().length]).toEqual([1, 1])
  })

  test('a queue without descriptors drops where QDE or SRRCTL says so, and is counted; else it holds up what follows', () => {
    const p = new BareProgram()
    const first = p.vfRings(0)
    const second = p.vfRings(1)
    second.rx.post(4)
    p.run()
    p.far.put(frameOf(macOf(0), PEER, 60))
    p.far.put(frameOf(macOf(1), PEER, 60))
    p.run()
    expect(second.rx.take().length).toBe(0)
    p.pf.write(Reg.qde, 1)
    p.run()
    expect([second.rx.take().length, p.vfs[0].read(0x2830), p.vfs[0].read(0x2830)]).toEqual([1, 1, 0])
    p.pf.write(Reg.qde, 0)
    p.vfs[0].write(0x280c, 0x82000402)
    p.far.put(frameOf(macOf(0), PEER, 60))
    p.far.put(frameOf(macOf(1), PEER, 60))
    p.run()
    expect([second.rx.take().length, first.rx.take().length, p.counter('drop.noDescriptor')]).toEqual([1, 0, 2])
  })
})
