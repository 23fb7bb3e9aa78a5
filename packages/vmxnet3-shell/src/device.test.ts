import { Csum, VirtualScheduler } from '@npa/core'
import { AddressSpace, Arena, IommuPort } from '@npa/memory'
import { DmaMemory, functionBar, InterruptController, PciDriverPlatform } from '@npa/pci'
import { Vmxnet3Device } from '@npa/vmxnet3-device'
import { Frame, FRAME_WORDS, frameBatch } from '@npa/wire'
import type { FrameBatch, Port } from '@npa/wire'
import { describe, expect, test } from 'vitest'
import { Vmxnet3Shell } from './index.js'
import type { ShellOptions } from './index.js'
import { ipFrame, TestStack } from './testing/stack.js'

const RAM = 0xfff00000
const RAM_BYTES = 0x1000000
const MAC = Uint8Array.of(0x00, 0x50, 0x56, 1, 2, 3)

/** The other end of the cable. */
class Wire implements Port {
  readonly up = true
  readonly seen: { bytes: Uint8Array; flags: number; csumStart: number; csumOffset: number; vlan: number }[] = []
  readonly #arena: Arena
  readonly #at: number
  #peer: Port | undefined

  constructor(arena: Arena) {
    this.#arena = arena
    this.#at = arena.allocate(0x4000)
  }

  connect(peer: Port): void {
    this.#peer = peer
  }

  room(): void {
    /* never waited for */
  }

  send(batch: FrameBatch, from: number, count: number): number {
    for (let i = from; i < from + count; i++) {
      const at = i * FRAME_WORDS
      const start = batch.words[at + Frame.address]
      this.seen.push({
        bytes: this.#arena.u8.slice(start, start + batch.words[at + Frame.length]),
        flags: batch.words[at + Frame.flags],
        csumStart: batch.words[at + Frame.csumStart],
        csumOffset: batch.words[at + Frame.csumOffset],
        vlan: batch.words[at + Frame.vlan],
      })
    }
    return count
  }

  deliver(bytes: Uint8Array): void {
    const batch = frameBatch(1)
    this.#arena.u8.set(bytes, this.#at)
    batch.words.set([this.#at, bytes.length, 0, 0, 0, 0])
    batch.n = 1
    this.#peer?.send(batch, 0, 1)
  }
}

function guest(options: ShellOptions = {}): {
  settle: () => void
  wire: Wire
  shell: Vmxnet3Shell
  stack: TestStack
  memory: DmaMemory
} {
  const time = new VirtualScheduler()
  const arena = new Arena(0x2000000)
  const space = new AddressSpace('guest')
  space.map(RAM, RAM_BYTES, arena.allocate(RAM_BYTES))
  const iommu = new IommuPort(arena)
  iommu.assign(space)
  const vectors = new InterruptController('guest', time, time, 0)
  const device = new Vmxnet3Device({ name: 'nic', arena, tasks: time, mac: MAC })
  device.attach(iommu, vectors, () => undefined)
  const wire = new Wire(arena)
  wire.connect(device.port)
  device.port.connect(wire)
  const memory = new DmaMemory('guest', arena, space, RAM, RAM + RAM_BYTES)
  const platform = new PciDriverPlatform({
    name: 'eth0',
    clock: time,
    tasks: time,
    config: device,
    bar: (index) => functionBar(device, index),
    vectors,
    memory,
    pollLatencyNs: 0,
  })
  const shell = new Vmxnet3Shell(platform, { txRingSize: 32, rxRingSize: 32, ...options })
  const stack = new TestStack(shell)
  shell.open()
  const settle = (): void => {
    expect(time.run(() => false, Infinity)).toBe('idle')
  }
  settle()
  return { settle, wire, shell, stack, memory }
}

/** Quick to compare. */
function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

describe('on the emulated vmxnet3', () => {
  test('frames go both ways, byte for byte, over many laps', () => {
    const { settle, wire, shell, stack, memory } = guest()
    const frames = Array.from({ length: 150 }, (_, i) => {
      return Uint8Array.from({ length: 60 + ((i * 41) % 1400) }, (_byte, at) => (at === 0 ? 0 : at * i))
    })
    for (const bytes of frames) {
      expect(stack.send(bytes, { split: 200 })).toBe(true)
      shell.flush()
      const answer = bytes.slice()
      answer.set(MAC)
      wire.deliver(answer)
      settle()
      expect(hex(stack.received[stack.received.length - 1].bytes)).toBe(hex(answer))
    }
    expect(wire.seen.map((seen) => hex(seen.bytes))).toEqual(frames.map(hex))
    expect(shell.statistics()).toMatchObject({
      'tx.frames': 150,
      'rx.frames': 150,
      'device.rx.unicastPackets': 150,
    })
    expect(stack.links).toEqual([true])
    shell.close()
    settle()
    expect(shell.leaks()).toEqual({ buffers: 0, dmaBlocks: 0 })
    expect(memory.inUse).toBe(0)
  })

  test('offloads are understood', () => {
    const { settle, wire, shell, stack } = guest()
    stack.send(ipFrame('udp4', 40, 1), { csumStart: 34, csumOffset: 6, vlan: 0x123 })
    shell.flush()
    settle()
    expect(wire.seen[0]).toMatchObject({ csumStart: 34, csumOffset: 6, vlan: 0x123 })
    expect(wire.seen[0].flags).not.toBe(0)
    const corrupt = ipFrame('udp4', 40, 1)
    corrupt.set(MAC)
    wire.deliver(corrupt)
    settle()
    expect(stack.received[0].csum).not.toBe(Csum.good)
  })

  test('jumbo frames take several buffers', () => {
    const { settle, wire, shell, stack } = guest({ mtu: 9000 })
    const bytes = new Uint8Array(9014).map((_, i) => (i < 6 ? MAC[i] : i))
    for (let lap = 0; lap < 20; lap++) {
      wire.deliver(bytes)
      settle()
      expect(hex(stack.received[lap].bytes)).toBe(hex(bytes))
    }
    expect(stack.received[0].segments).toBe(5)
    stack.send(bytes, { split: 2000 })
    shell.flush()
    settle()
    expect(hex(wire.seen[0].bytes)).toBe(hex(bytes))
  })

  test('on four queue pairs every flow arrives, wherever RSS steers it', () => {
    const { settle, wire, stack, shell } = guest({ queuePairs: 4 })
    const frames = Array.from({ length: 100 }, (_, flow) => {
      const bytes = ipFrame('tcp4', 40, flow)
      bytes.set(MAC)
      bytes[17] = bytes.length - 14
      return bytes
    })
    for (let lap = 0; lap < 4; lap++) {
      for (const [flow, bytes] of frames.entries()) {
        wire.deliver(bytes)
        settle()
        expect(hex(stack.received[lap * frames.length + flow].bytes)).toBe(hex(bytes))
      }
    }
    expect(shell.statistics()).toMatchObject({ 'rx.frames': 400, 'device.rx.unicastPackets': 400 })
  })

  test('a burst larger than the ring is refused, woken and sent in order', () => {
    const { settle, wire, shell, stack } = guest()
    let mark = 0
    const fill = (): void => {
      while (mark < 200 && stack.send(new Uint8Array(60).fill(mark))) mark++
      shell.flush()
    }
    stack.onWake = fill
    fill()
    settle()
    expect(wire.seen.map((seen) => seen.bytes[0])).toEqual(Array.from({ length: 200 }, (_, i) => i))
    expect(stack.wakes).toBeGreaterThan(1)
  })
})
