import { describe, expect, test } from 'vitest'
import { BareProgram } from './testing/bare-program.js'
import { BROADCAST, frameOf, macOf } from '../intel/testing/frames.js'

const PEER = Uint8Array.of(0x02, 9, 9, 9, 9, 9)

describe('transmit queues', () => {
  test('a frame of many pieces is one frame; only descriptors that ask are written back', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    const frame = frameOf(PEER, macOf(0), 600)
    tx.send(frame, [14, 20, 6, 1, 300, 259])
    p.run()
    expect(p.far.frames).toEqual([frame])
    expect([0, 1, 2, 3, 4, 5].map((i) => tx.done(i))).toEqual([false, false, false, false, false, true])
    expect(tx.head).toBe(6)
  })

  test('a frame whose descriptors come one at a time is sent when it is whole', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    const frame = frameOf(PEER, macOf(0), 90)
    tx.frame(frame, [30, 30, 30])
    const end = tx.tail
    for (let tail = 1; tail < end; tail++) {
      tx.side.write(tx.base + 0x18, tail)
      p.run()
      expect(p.far.frames.length).toBe(0)
    }
    tx.ring()
    p.run()
    expect(p.far.frames).toEqual([frame])
  })

  test('the ring wraps, and no descriptor beyond the tail is read', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    for (let i = 0; i < 100; i++) {
      // What software has not handed over would stop the queue if it were read.
      tx.side.putWords(tx.at + ((tx.tail + 3) % 32) * 16, [0, 0, 0x20f00000, 0])
      tx.send(frameOf(PEER, macOf(0), 100, i), [60, 30, 10])
      p.run()
      expect(tx.done((tx.tail + 31) % 32)).toBe(true)
    }
    expect(p.far.frames.length).toBe(100)
    expect(p.far.frames[99]).toEqual(frameOf(PEER, macOf(0), 100, 99))
  })

  test('more descriptors than the chip has room for wait in the ring', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    tx.stop()
    p.run()
    tx.side.write(tx.base + 8, 256 * 16)
    tx.side.write(tx.base + 0x28, 1 << 25)
    p.far.open(0)
    for (let i = 0; i < 250; i++) {
      tx.side.put(0x10000 + i * 64, frameOf(PEER, macOf(0), 60, i))
      tx.side.putWords(tx.at + i * 16, [...tx.address(0x10000 + i * 64), 0x23300000 | 60, 60 << 14])
    }
    // Frames of 15 KiB that fill the transmit packet buffer first.
    for (let i = 0; i < 10; i++) tx.side.putWords(tx.at + i * 16, [...tx.address(0), 0x23303c00, 0x3c00 << 14])
    for (let tail = 10; tail <= 250; tail += 12) {
      tx.side.write(tx.base + 0x18, tail)
      p.run()
    }
    p.far.open(Infinity)
    p.run()
    expect(p.far.frames.slice(10)).toEqual(Array.from({ length: 240 }, (_, i) => frameOf(PEER, macOf(0), 60, i + 10)))
  })

  test('a frame with more descriptors than the ring, fetched over and over, leaves the head inside it', () => {
    const p = new BareProgram()
    const { tx } = p.rings(p.vfs[0], 0x2000, 0x1000, 0, 8)
    p.pf.write(0x4904, 0)
    p.pf.write(0x4984, 0x80000000 | (100 << 14))
    const behind = 0x1000 + 8 * 16
    p.vfs[0].put(behind, new Uint8Array(256).fill(0xee))
    const piece = (bytes: number, cmd: number): number[] => [...tx.address(tx.data), 0x22300000 | cmd | bytes, 0]
    const single = [...tx.address(tx.data), 0x2b300000 | 60, 60 << 14]
    for (let i = 0; i < 7; i++) tx.push(single)
    tx.ring()
    p.run(2000)
    // The first is sent, and the limit holds the others on chip; software moves the tail backwards, which is nearly once around.
    for (const last of [false, true]) {
      for (let i = 0; i < 7; i++) tx.push(piece(10, last && i === 6 ? 0x09000000 : 0))
      tx.side.putWords(tx.at + 7 * 16 + 12, [140 << 14])
      tx.ring()
      p.run(2000)
    }
    p.run(1_000_000)
    expect(p.far.frames.map((frame) => frame.length)).toEqual([60, 60, 60, 60, 60, 60, 60, 140])
    expect(tx.head).toBe(5)
    expect(p.vfs[0].bytes(behind, 256).every((byte) => byte === 0xee)).toBe(true)
  })

  test('the head is written where TDWBAL says, and not into descriptors', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    tx.side.write(0x2038, tx.address(0x3000)[0] | 1)
    tx.side.write(0x203c, 1)
    tx.send(frameOf(PEER, macOf(0), 100), [50, 50])
    p.run()
    expect([tx.side.word(0x3000), tx.done(1)]).toEqual([2, false])
  })

  test('queues take turns, a frame each', () => {
    const p = new BareProgram()
    const sides = [0, 1, 2].map((vf) => p.vfRings(vf).tx)
    sides.forEach((tx, vf) => {
      for (let i = 0; i < 4; i++) tx.frame(frameOf(PEER, macOf(vf), 100))
      tx.ring()
    })
    p.run()
    expect(p.far.frames.map((frame) => frame[11])).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2])
  })

  test('an enabled queue reads enabled when the chip has seen it', () => {
    const p = new BareProgram()
    const [vf] = p.vfs
    vf.write(0x2008, 512)
    vf.write(0x2028, 1 << 25)
    expect(vf.read(0x2028)).toBe(0)
    p.run()
    expect(vf.read(0x2028)).toBe(1 << 25)
  })

  test('disabling: what is fetched is sent and completed, what is not stays untouched behind the head', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    p.far.open(0)
    const frames = Array.from({ length: 12 }, (_, i) => frameOf(PEER, macOf(0), 500, i))
    for (const frame of frames.slice(0, 8)) tx.frame(frame)
    tx.ring()
    p.run(0)
    // The burst of eight is on its way; four more are only posted.
    for (const frame of frames.slice(8)) tx.frame(frame)
    tx.ring()
    tx.stop()
    expect(tx.enabled).toBe(true)
    p.far.open(Infinity)
    p.run()
    expect([tx.enabled, tx.head]).toEqual([false, 8])
    expect(p.far.frames).toEqual(frames.slice(0, 8))
    expect([tx.done(7), tx.done(8)]).toEqual([true, false])
    p.run()
    expect(p.far.frames.length).toBe(8)
  })

  test('disabling waits for a wire that pushes back', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    p.far.open(0)
    for (let round = 0; round < 6; round++) {
      while ((tx.tail + 1) % tx.size !== tx.head) tx.frame(frameOf(PEER, macOf(0), 1500))
      tx.ring()
      p.run()
    }
    tx.stop()
    p.run()
    expect(tx.enabled).toBe(true)
    p.far.open(Infinity)
    p.run()
    expect([tx.enabled, p.far.frames.length, p.missing]).toEqual([false, p.counter('sent'), 0])
  })

  test('disabling in the middle of a frame: the rest of it is still fetched, if it was posted', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    const frame = frameOf(PEER, macOf(0), 90)
    tx.frame(frame, [30, 30, 30])
    tx.frame(frameOf(PEER, macOf(0), 70))
    tx.side.write(tx.base + 0x18, 1)
    p.run()
    tx.ring()
    tx.stop()
    p.run()
    expect([p.far.frames, tx.head, tx.enabled]).toEqual([[frame], 3, false])
    const half = new BareProgram()
    const other = half.vfRings(0).tx
    other.frame(frame, [30, 30, 30])
    other.side.write(other.base + 0x18, 2)
    half.run()
    other.stop()
    half.run()
    expect([half.far.frames.length, other.head, other.enabled]).toEqual([0, 0, false])
  })

  test('queues that change hands while they run stop: what one function asks for never reaches the memory of another', () => {
    const p = new BareProgram()
    const { rx, tx } = p.vfRings(0)
    rx.post(4)
    tx.side.write(0x2038, 0x1001)
    p.run()
    p.pf.write(0x11050, 0x80000000)
    p.far.put(frameOf(macOf(0), macOf(9), 100))
    p.run()
    expect([p.counter('delivered'), p.counter('drop.queueOff')]).toEqual([0, 1])
    expect([p.pf.read(0x1028) >>> 25, p.pf.read(0x6028) >>> 25, p.pf.read(0x6038)]).toEqual([0, 0, 0])
    expect(p.pf.read(0x2fa8)).toBe(0)
  })

  test('a queue that was disabled goes on where it stopped', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    tx.send(frameOf(PEER, macOf(0), 70, 1))
    p.run()
    tx.stop()
    p.run()
    tx.send(frameOf(PEER, macOf(0), 70, 2))
    p.run()
    expect(p.far.frames.length).toBe(1)
    tx.side.write(tx.base + 0x28, 1 << 25)
    p.run()
    expect(p.far.frames[1]).toEqual(frameOf(PEER, macOf(0), 70, 2))
    tx.side.write(tx.base + 0x10, 9)
    expect(tx.head).toBe(2)
  })
})

describe('malformed transmit descriptors', () => {
  /** What a descriptor does, and the bit of LVMMC_TX that tells. */
  const CASES: readonly [string, number, readonly number[][]][] = [
    ['an unknown type', 20, [[0x100000, 1, 0x21400040, 64 << 14]]],
    ['a length of zero, and no end of packet', 21, [[0x100000, 1, 0x20300000, 0]]],
    ['a payload length that is not the sum', 15, [[0x100000, 1, 0x21300040, 65 << 14]]],
    ['a frame shorter than its header', 0, [[0x100000, 1, 0x2130000d, 13 << 14]]],
    ['a frame longer than 15.5 KiB', 8, [[0x100000, 1, 0x21303e01, 0x3e01 << 14]]],
    ['data outside the map', 19, [[0x100000 + 0x40000 - 32, 1, 0x21300040, 64 << 14]]],
    ['an address far outside', 19, [[0xfffffff0, 0x1fffff, 0x21300040, 64 << 14]]],
    [
      'a context inside a frame',
      13,
      [
        [0x100000, 1, 0x20300040, 128 << 14],
        [0, 0, 0x20200000, 0],
        [0x100000, 1, 0x21300040, 128 << 14],
      ],
    ],
    ['headers beyond the frame', 3, [[0x100000, 1, 0x21300040, (64 << 14) | 0x200]]],
    ['no end of packet in 40 descriptors', 22, Array.from({ length: 45 }, () => [0x100000, 1, 0x20300001, 64 << 14])],
  ]

  test.each(CASES)('%s stops that queue and nothing else', (_name, bit, descriptors) => {
    const p = new BareProgram()
    const bad = p.vfRings(0).tx
    const good = p.vfRings(1)
    bad.side.write(0x2028, 0)
    p.run()
    bad.side.write(0x2008, 1024)
    bad.side.write(0x2028, 1 << 25)
    // A context that points far behind any short frame.
    bad.side.putWords(0x1000, [0x1ff | (127 << 9), 0, 0x20200800, 0])
    descriptors.forEach((words, i) => bad.side.putWords(0x1010 + i * 16, words))
    bad.side.write(0x2018, descriptors.length + 1)
    good.tx.send(frameOf(PEER, macOf(1), 100))
    p.run()
    const [cause, queue] = [p.pf.read(0x8108), p.pf.read(0x8124)]
    expect([cause, queue]).toEqual([1 << bit, 0])
    expect(p.pf.read(0x8108)).toBe(0)
    expect(p.counter(`fault.tx.0x${(1 << bit).toString(16)}`)).toBe(1)
    expect([p.far.frames.length, p.missing]).toEqual([1, 0])
    expect(p.vfs.every((vf) => vf.intact)).toBe(true)
    bad.side.write(0x2018, 3)
    p.run()
    expect([p.far.frames.length, bad.enabled]).toEqual([1, true])
    // Disabling and enabling makes it a queue again.
    bad.stop()
    p.run()
    expect(bad.enabled).toBe(false)
    bad.start()
    p.run()
    bad.send(frameOf(PEER, macOf(0), 100))
    p.run()
    expect(p.far.frames.length).toBe(2)
  })

  test('a tail outside the ring, and a ring outside the map', () => {
    const p = new BareProgram()
    const a = p.vfRings(0).tx
    const b = p.vfRings(1).tx
    a.side.write(0x2018, 32)
    p.run()
    expect([p.pf.read(0x8108), p.pf.read(0x8124)]).toEqual([1 << 29, 0])
    b.stop()
    p.run()
    b.side.write(0x2004, 7)
    b.side.write(0x2028, 1 << 25)
    b.side.write(0x2018, 1)
    p.run()
    expect([p.pf.read(0x8108), p.pf.read(0x8124)]).toEqual([1 << 19, 2])
  })

  test('a ring that is full without an end of packet', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    for (let i = 0; i < 31; i++) tx.push([0x100000, 1, 0x20300001, 64 << 14])
    tx.ring()
    p.run()
    expect(p.pf.read(0x8108)).toBe(1 << 22)
  })
})

describe('receive queues', () => {
  test('a frame larger than a buffer fills several, the last says so', () => {
    const p = new BareProgram()
    p.pf.write(0x4268, 9018 << 16)
    p.pf.write(0x4240, 0xc07)
    const { rx } = p.vfRings(0)
    rx.post(8)
    p.run()
    const frame = frameOf(macOf(0), PEER, 5000)
    p.far.put(frame)
    p.run()
    expect([0, 1, 2].map((i) => rx.descriptor(i).slice(2))).toEqual([
      [1, 2048],
      [1, 2048],
      [3, 904],
    ])
    expect(rx.take()[0].bytes).toEqual(frame)
  })

  test('payload comes before its descriptors, these ascend, and each is one write', () => {
    const p = new BareProgram()
    const { rx } = p.vfRings(0)
    rx.side.recording = true
    rx.post(8)
    p.run()
    for (let i = 0; i < 3; i++) p.far.put(frameOf(macOf(0), PEER, 100 + i))
    p.run()
    expect(rx.side.writes).toEqual([
      { lo: 0x20000, bytes: 100 },
      { lo: 0x20800, bytes: 101 },
      { lo: 0x21000, bytes: 102 },
      { lo: 0x2000, bytes: 48 },
    ])
  })

  test('a transmit completion is written after the frame was read, and wraps with the ring', () => {
    const p = new BareProgram()
    const { rx } = p.vfRings(0)
    rx.side.recording = true
    for (let i = 0; i < 40; i++) {
      rx.post(1)
      p.run()
      p.far.put(frameOf(macOf(0), PEER, 80, i))
      p.run()
    }
    const frames = rx.take()
    expect(frames.length).toBe(32)
    expect(rx.head).toBe(8)
  })

  test('an empty ring drops and counts where SRRCTL or QDE allows it', () => {
    const p = new BareProgram()
    const { rx } = p.vfRings(0)
    const other = p.vfRings(1)
    other.rx.post(8)
    rx.post(2)
    p.run()
    p.pf.write(0x2f04, 0x10001)
    for (let i = 0; i < 5; i++) p.far.put(frameOf(macOf(0), PEER, 80, i))
    p.far.put(frameOf(macOf(1), PEER, 80))
    p.run()
    expect([rx.take().length, p.counter('drop.noDescriptor'), p.pf.read(0x1430), p.pf.read(0x1430)]).toEqual([
      2, 3, 3, 0,
    ])
    expect([other.rx.take().length, p.missing]).toEqual([1, 0])
    p.pf.write(0x2f04, 0x10000)
    rx.side.write(0x1014, 0x12000402)
    p.far.put(frameOf(macOf(0), PEER, 80))
    p.run()
    expect(p.counter('drop.noDescriptor')).toBe(4)
  })

  test('without drop enable an empty ring holds up everything behind, until the buffer is full', () => {
    const p = new BareProgram()
    const { rx } = p.vfRings(0)
    const other = p.vfRings(1)
    other.rx.post(8)
    p.run()
    const full = 360
    for (let i = 0; i < full; i++) p.far.put(frameOf(macOf(0), PEER, 1500, i))
    p.far.put(frameOf(macOf(1), PEER, 1500))
    p.run()
    expect(other.rx.take().length).toBe(0)
    const missed = p.counter('drop.bufferFull')
    expect(missed).toBeGreaterThan(0)
    expect([p.pf.read(0x3fa0), p.chip.inFlight]).toEqual([missed, full + 1 - missed])
    // The packet buffer is not empty, and the driver can see it.
    expect(p.pf.read(0x3190) & 8).toBe(0)
    let received = 0
    for (let round = 0; round < 20; round++) {
      rx.post(20)
      p.run()
      received += rx.take().length
    }
    expect([received + missed, p.chip.inFlight, p.missing]).toEqual([full + 1, 0, 0])
    expect(p.pf.read(0x3190) & 8).toBe(8)
  })

  test('RXMEMWRAP counts passes through the buffer and says when it is empty; virtual functions see it too', () => {
    const p = new BareProgram()
    const { rx } = p.vfRings(0)
    expect([p.pf.read(0x3190), p.vfs[2].read(0x3190)]).toEqual([0x88888888, 0x88888888])
    for (let round = 0; round < 60; round++) {
      rx.post(20)
      p.run()
      for (let i = 0; i < 20; i++) p.far.put(frameOf(macOf(0), PEER, 1500))
      p.run()
    }
    // 1200 frames of 1504 bytes with alignment, 348 of which fill the buffer.
    expect([p.pf.read(0x3190), p.vfs[2].read(0x3190)]).toEqual([0x8888888b, 0x8888888b])
  })

  test('disabling: nothing arrives any more, waiting frames are dropped and named', () => {
    const p = new BareProgram()
    const { rx } = p.vfRings(0)
    p.far.put(frameOf(macOf(0), PEER, 80))
    p.run()
    expect(p.chip.inFlight).toBe(1)
    rx.stop()
    expect(rx.enabled).toBe(true)
    p.run()
    expect([rx.enabled, p.counter('drop.queueOff'), p.chip.inFlight]).toEqual([false, 1, 0])
    rx.post(4)
    p.far.put(frameOf(macOf(0), PEER, 80))
    p.run()
    expect([rx.take().length, p.counter('drop.queueOff'), p.missing]).toEqual([0, 2, 0])
    // QPRDC(0), by the X550 datasheet 8.2.2.17.4
    expect([p.pf.read(0x1430), p.pf.read(0x1430)]).toEqual([2, 0])
  })

  test('buffers, a ring, or a size that cannot be stop that queue and nothing else', () => {
    const p = new BareProgram()
    const a = p.vfRings(0).rx
    const b = p.vfRings(1).rx
    const c = p.vfRings(2).rx
    a.push([0x100000 + 0x40000 - 64, 1, 0, 0])
    a.ring()
    c.post(4)
    p.run()
    p.far.put(frameOf(macOf(0), PEER, 80))
    p.far.put(frameOf(macOf(2), PEER, 80))
    p.run()
    expect([p.pf.read(0x2fa8), p.pf.read(0x2fa4), p.counter('drop.queueStopped')]).toEqual([1, 0, 1])
    expect([c.take().length, p.vfs[0].intact]).toEqual([1, true])
    p.far.put(frameOf(macOf(0), PEER, 80))
    p.run()
    expect([p.counter('drop.queueStopped'), p.missing]).toEqual([2, 0])
    b.side.write(0x1014, 0x02000400)
    b.post(1)
    p.run()
    expect([p.pf.read(0x2fa8), p.pf.read(0x2fa4)]).toEqual([2, 2])
    c.side.write(0x1018, 999)
    p.run()
    expect([p.pf.read(0x2fa8), p.pf.read(0x2fa4)]).toEqual([2, 4])
  })

  test('a frame whose second buffer is outside the map leaves no half of itself behind', () => {
    const p = new BareProgram()
    p.pf.write(0x4268, 9018 << 16)
    p.pf.write(0x4240, 0xc07)
    const { rx } = p.vfRings(0)
    rx.post(2)
    rx.push([...rx.address(0x40000), 0, 0])
    rx.post(1)
    p.run()
    p.far.put(frameOf(macOf(0), PEER, 80))
    p.far.put(frameOf(macOf(0), PEER, 3000))
    p.run()
    expect([0, 1, 2].map((i) => rx.descriptor(i)[2])).toEqual([3, 0, 0])
    expect([rx.head, p.counter('delivered'), p.counter('drop.queueStopped')]).toEqual([1, 1, 1])
  })

  test('more descriptors than the chip has room for wait in the ring', () => {
    const p = new BareProgram()
    const { rx } = p.vfRings(0)
    rx.stop()
    p.run()
    rx.side.write(rx.base + 8, 128 * 16)
    rx.side.write(rx.base + 0x28, 1 << 25)
    for (let i = 0; i < 120; i++) rx.side.putWords(rx.at + i * 16, [...rx.address(rx.data + (i % 16) * 2048), 0, 0])
    for (let tail = 15; tail <= 120; tail += 15) {
      rx.side.write(rx.base + 0x18, tail)
      p.run()
    }
    for (let i = 0; i < 120; i++) {
      const frame = frameOf(macOf(0), PEER, 100, i)
      p.far.put(frame)
      p.run()
      expect(rx.side.bytes(rx.data + (i % 16) * 2048, 100)).toEqual(frame)
    }
    expect(rx.head).toBe(120)
  })

  test('a copy that no function owns any more is dropped', () => {
    const p = new BareProgram()
    const { rx } = p.vfRings(0)
    p.far.put(frameOf(BROADCAST, PEER, 80))
    p.run()
    expect(p.chip.inFlight).toBeGreaterThan(0)
    rx.post(1)
    p.chip.pf.configWrite(0x168, 2, 0)
    p.run()
    expect([p.chip.inFlight, p.missing]).toEqual([0, 0])
  })
})
