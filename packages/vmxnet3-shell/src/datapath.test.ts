import { Csum } from '@npa/core'
import { RxComp, TxDesc, TxOffload } from '@npa/vmxnet3-spec'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bench } from './testing/bench.js'
import { ipFrame } from './testing/stack.js'

function frame(length: number, mark: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + mark) & 0xff)
}

/** Quick to compare. */
function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

describe('sending', () => {
  test.each([false, true])('frames leave byte for byte over many laps of the ring (shared memory: %s)', (shared) => {
    const { machine, device, shell, stack } = bench({}, { shared })
    const frames = Array.from({ length: 200 }, (_, i) => frame(60 + ((i * 37) % 1400), i))
    for (const [i, bytes] of frames.entries()) {
      expect(stack.send(bytes, { split: Math.ceil(bytes.length / 16) + ((i * 211) % 900) })).toBe(true)
      if (i % 3 === 2) shell.flush()
      machine.settle()
    }
    shell.flush()
    machine.settle()
    expect(device.sent.map((sent) => hex(sent.bytes))).toEqual(frames.map(hex))
    expect(Math.max(...device.sent.map((sent) => sent.descriptors))).toBeGreaterThan(1)
    expect(shell.statistics()).toMatchObject({ 'tx.frames': 200 })
  })

  test('a frame of sixteen pieces takes sixteen descriptors', () => {
    const { machine, device, shell, stack } = bench()
    const bytes = frame(160, 1)
    stack.send(bytes, { split: 10 })
    shell.flush()
    machine.settle()
    expect(device.sent).toMatchObject([{ bytes, descriptors: 16 }])
  })

  test('a checksum wanted is described to the device, for TCP and UDP, IPv4 and IPv6, with and without a tag in the frame', () => {
    const { machine, device, shell, stack } = bench()
    const cases = [
      { bytes: ipFrame('tcp4', 100, 1), start: 34, field: 16 },
      { bytes: ipFrame('udp4', 100, 2), start: 34, field: 6 },
      { bytes: ipFrame('tcp6', 100, 3), start: 54, field: 16 },
      { bytes: ipFrame('udp6', 100, 4), start: 54, field: 6 },
    ]
    const tagged = new Uint8Array(cases[0].bytes.length + 4)
    tagged.set(cases[0].bytes.subarray(0, 12))
    tagged.set([0x81, 0, 0, 5], 12)
    tagged.set(cases[0].bytes.subarray(12), 16)
    cases.push({ bytes: tagged, start: 38, field: 16 })
    for (const { bytes, start, field } of cases) {
      expect(stack.send(bytes, { csumStart: start, csumOffset: field })).toBe(true)
      shell.flush()
      machine.settle()
      const sent = device.sent[device.sent.length - 1]
      expect((sent.word2 >>> TxDesc.msscofShift) & TxDesc.msscofMask).toBe(start + field)
      expect(sent.word3 & TxDesc.hlenMask).toBe(start)
      expect((sent.word3 >>> TxDesc.omShift) & TxDesc.omMask).toBe(TxOffload.checksum)
    }
  })

  test('a checksum that cannot be offloaded is a counted loss, its buffers free again', () => {
    const { machine, device, shell, stack } = bench()
    const before = shell.buffers.inUse
    expect(stack.send(frame(100, 1), { csumStart: 34, csumOffset: 16 })).toBe(true)
    expect(stack.send(ipFrame('tcp4', 100, 1), { csumStart: 35, csumOffset: 16 })).toBe(true)
    shell.flush()
    machine.settle()
    expect(device.sent).toEqual([])
    expect(shell.statistics()).toMatchObject({ 'tx.badOffload': 2 })
    expect(shell.buffers.inUse).toBe(before)
  })

  test('a VLAN tag goes beside the frame', () => {
    const { machine, device, shell, stack } = bench()
    stack.send(frame(60, 1), { vlan: 0xe123 })
    stack.send(frame(60, 1))
    shell.flush()
    machine.settle()
    expect(device.sent[0].word3 & TxDesc.ti).toBe(TxDesc.ti)
    expect(device.sent[0].word3 >>> TxDesc.tciShift).toBe(0xe123)
    expect(device.sent[1].word3 & TxDesc.ti).toBe(0)
  })

  test('frames of one burst share doorbells; the last waits for flush', () => {
    const { machine, device, shell, stack } = bench({ txRingSize: 512 })
    for (let i = 0; i < 10; i++) stack.send(frame(60, i))
    machine.settle()
    expect(device.sent).toEqual([])
    shell.flush()
    machine.settle()
    expect(device.doorbells).toBe(1)
    expect(device.sent.length).toBe(10)
  })

  test('a full ring refuses, and wakes the stack when frames have left', () => {
    const { machine, device, shell, stack } = bench()
    device.txHeld = true
    let taken = 0
    while (stack.send(frame(100, taken))) taken++
    expect(taken).toBeGreaterThan(30)
    shell.flush()
    machine.settle()
    expect(stack.wakes).toBe(0)
    device.txHeld = false
    device.transmit()
    machine.settle()
    expect(stack.wakes).toBe(1)
    expect(device.sent.map((sent) => sent.bytes[0])).toEqual(Array.from({ length: taken }, (_, i) => i))
  })

  test('whatever the sizes and bursts, every frame leaves once, in order, and every buffer comes back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ pieces: fc.integer({ min: 1, max: 16 }), burst: fc.boolean(), held: fc.boolean() }), {
          maxLength: 80,
        }),
        (plan) => {
          const { machine, device, shell, stack } = bench()
          const idle = shell.buffers.inUse
          const taken: number[] = []
          plan.forEach(({ pieces, burst, held }, i) => {
            device.txHeld = held
            device.transmit()
            if (stack.send(frame(pieces * 20, i), { split: 20 })) taken.push(i & 0xff)
            if (!burst) shell.flush()
            machine.settle()
          })
          device.txHeld = false
          shell.flush()
          device.transmit()
          machine.settle()
          expect(device.sent.map((sent) => sent.bytes[0])).toEqual(taken)
          expect(shell.buffers.inUse).toBe(idle)
        },
      ),
      { numRuns: 40 },
    )
  })

  test('misuse by the stack is an error, a frame over the MTU a counted loss', () => {
    const { shell, stack } = bench({ mtu: 1000 })
    expect(stack.send(frame(1019, 1))).toBe(true)
    expect(shell.statistics()).toMatchObject({ 'tx.tooBig': 1 })
    const one = { count: 1, buffer: Int32Array.of(0), offset: Int32Array.of(0), length: Int32Array.of(2049) }
    const rest = { csumStart: -1, csumOffset: 0, csum: 0, vlan: -1 }
    expect(() => shell.transmit({ ...one, ...rest })).toThrow(RangeError)
    expect(() => shell.transmit({ ...one, ...rest, count: 0 })).toThrow(RangeError)
  })

  test('with several queues a flow keeps to one, and flows spread', () => {
    const { machine, device, shell, stack } = bench({ queuePairs: 4 })
    for (let i = 0; i < 64; i++) {
      stack.send(ipFrame('udp4', 20, i % 16))
      shell.flush()
      machine.settle()
    }
    const queues = new Map<number, Set<number>>()
    for (const { bytes, queue } of device.sent) {
      const flow = bytes[33]
      queues.set(flow, (queues.get(flow) ?? new Set()).add(queue))
    }
    expect([...queues.values()].every((set) => set.size === 1)).toBe(true)
    expect(new Set([...queues.values()].flatMap((set) => [...set])).size).toBeGreaterThan(1)
  })
})

describe('receiving', () => {
  test.each([false, true])('frames arrive byte for byte over many laps of the ring (shared memory: %s)', (shared) => {
    const { machine, device, shell, stack } = bench({}, { shared })
    const idle = shell.buffers.inUse
    const frames = Array.from({ length: 200 }, (_, i) => frame(60 + ((i * 37) % 1400), i))
    for (const [i, bytes] of frames.entries()) {
      expect(device.receive(bytes)).toBe(true)
      if (i % 20 === 19) machine.settle()
    }
    machine.settle()
    expect(stack.received.map((received) => hex(received.bytes))).toEqual(frames.map(hex))
    expect(shell.buffers.inUse).toBe(idle)
    expect(shell.statistics()).toMatchObject({ 'rx.frames': 200, 'tx.frames': 0 })
  })

  test('a long frame takes a head and body buffers', () => {
    const { machine, device, stack } = bench({ mtu: 9000 })
    for (let lap = 0; lap < 20; lap++) {
      const bytes = frame(9000, lap)
      expect(device.receive(bytes)).toBe(true)
      machine.settle()
      expect(hex(stack.received[lap].bytes)).toBe(hex(bytes))
      expect(stack.received[lap].segments).toBe(5)
    }
  })

  test('what the device says of checksums is handed up', () => {
    const { machine, device, stack } = bench()
    const { cnc, tuc, ipc, tcp, v4, v6, frg } = RxComp
    const cases: readonly (readonly [number, number, number])[] = [
      [cnc, tuc | ipc | tcp | v4, Csum.none],
      [0, tuc | ipc | tcp | v4, Csum.good],
      [0, tuc | tcp | v6, Csum.good],
      [0, ipc | tcp | v4, Csum.bad],
      [0, tuc | tcp | v4, Csum.bad],
      [0, tuc | ipc | tcp | v4 | frg, Csum.none],
      [0, ipc | v4, Csum.none],
    ]
    for (const [word0, word3] of cases) device.receive(frame(60, 1), { word0, word3 })
    machine.settle()
    expect(stack.received.map((received) => received.csum)).toEqual(cases.map(([, , csum]) => csum))
  })

  test('a stripped tag is handed up', () => {
    const { machine, device, stack } = bench()
    device.receive(frame(60, 1), { word2: RxComp.ts | (0xe123 << RxComp.tciShift) })
    device.receive(frame(60, 1))
    machine.settle()
    expect(stack.received.map((received) => received.vlan)).toEqual([0xe123, -1])
  })

  test('a frame with an error is dropped, its buffers are posted again', () => {
    const { machine, device, shell, stack } = bench()
    const idle = shell.buffers.inUse
    for (let i = 0; i < 100; i++) {
      expect(device.receive(frame(60, i), { word2: RxComp.err })).toBe(true)
      machine.settle()
    }
    device.receive(frame(60, 7))
    machine.settle()
    expect(stack.received.map((received) => received.bytes[0])).toEqual([7])
    expect(shell.buffers.inUse).toBe(idle)
  })

  test('a device may skip slots; their buffers are not lost', () => {
    const { machine, device, shell, stack } = bench()
    const idle = shell.buffers.inUse
    for (let i = 0; i < 100; i++) {
      expect(device.receive(frame(60, i), { skip: i % 3 })).toBe(true)
      machine.settle()
    }
    expect(stack.received.length).toBe(100)
    expect(shell.buffers.inUse).toBe(idle)
  })

  test('completions that make no sense are ignored', () => {
    const { machine, device, shell, stack } = bench()
    const { sop, eop } = RxComp
    const idle = shell.buffers.inUse
    device.complete(sop | eop | 31, 60, 0) // the slot that is never posted
    device.complete(sop | eop | 0xfff, 60, 0)
    device.complete(sop | eop | (9 << 16), 60, 0) // no such queue
    device.complete(sop | eop | 0, 4000, 0) // longer than the buffer
    device.complete(sop | eop | 1, 0, 0) // empty
    device.complete(eop | 2, 60, 0) // an end without a start
    device.complete(sop | 3, 60, 0)
    device.complete(sop | eop | 4, 60, 0) // a start without an end before it
    device.raise(0)
    machine.settle()
    expect(stack.received).toMatchObject([{ segments: 1 }])
    expect(shell.buffers.inUse).toBe(idle)
    expect(shell.statistics()).toMatchObject({ 'plugin.logs': 3, 'plugin.faults': 0 })
  })

  test('more than a budget of frames comes up in several runs', () => {
    const { machine, device, stack } = bench({ rxRingSize: 256 })
    for (let i = 0; i < 250; i++) expect(device.receive(frame(60, i))).toBe(true)
    machine.settle()
    expect(stack.received.length).toBe(250)
  })

  test('a frame that comes just before the unmasking, and raises nothing, is found', () => {
    const { machine, device, stack } = bench()
    device.beforeUnmask = () => {
      device.beforeUnmask = undefined
      device.deaf = true
      device.receive(frame(60, 9))
      device.deaf = false
    }
    device.receive(frame(60, 1))
    machine.settle()
    expect(stack.received.map((received) => received.bytes[0])).toEqual([1, 9])
  })

  test('without buffers nothing is posted until the stack gives some back', () => {
    const { machine, device, shell, stack } = bench({ buffers: 40 })
    const held: number[] = []
    for (let id = shell.buffers.alloc(); id >= 0; id = shell.buffers.alloc()) held.push(id)
    stack.receive = (received) => {
      for (let i = 0; i < received.count; i++) held.push(received.buffer[i])
    }
    let arrived = 0
    while (device.receive(frame(60, arrived))) arrived++
    machine.settle()
    expect(arrived).toBe(31)
    expect(device.receive(frame(60, 0))).toBe(false)
    for (const id of held.splice(0)) shell.buffers.free(id)
    machine.settle()
    expect(device.receive(frame(60, 0))).toBe(true)
  })

  test('a stack that answers from inside receive is sent for', () => {
    const { machine, device, shell, stack } = bench()
    stack.onReceive = () => {
      stack.send(frame(60, 5))
      shell.flush()
    }
    for (let i = 0; i < 5; i++) device.receive(frame(60, i))
    machine.settle()
    expect(device.sent.length).toBe(5)
  })
})
