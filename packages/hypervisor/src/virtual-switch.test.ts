import { Counters, freeOfCharge } from '@npa/core'
import { Arena } from '@npa/memory'
import { Frame, FRAME_WORDS, frameBatch } from '@npa/wire'
import type { FrameBatch, Port } from '@npa/wire'
import { describe, expect, test } from 'vitest'
import type { SwitchPort } from './switch-port.js'
import { VirtualSwitch } from './virtual-switch.js'

const mac = (last: number): Uint8Array => Uint8Array.of(0x00, 0x50, 0x56, 0, 0, last)
const broadcast = new Uint8Array(6).fill(0xff)

/** A port that notes the payload byte of every frame it is sent, and takes at most `room` frames. */
class Ear implements Port {
  readonly heard: number[] = []
  readonly up = true
  rooms = 0
  limit = Infinity
  peer: Port | undefined
  readonly #arena: Arena
  constructor(arena: Arena) {
    this.#arena = arena
  }
  send(batch: FrameBatch, from: number, count: number): number {
    const taken = Math.min(count, this.limit)
    this.limit -= taken
    for (let i = from; i < from + taken; i++) {
      this.heard.push(this.#arena.u8[batch.words[i * FRAME_WORDS + Frame.address] + 14])
    }
    return taken
  }
  room(): void {
    this.rooms++
  }
  connect(peer: Port): void {
    this.peer = peer
  }
}

function setup(holdFrames = 4) {
  const arena = new Arena(4 * 1048576)
  const counters = new Counters()
  const vswitch = new VirtualSwitch({ arena, meter: freeOfCharge, counters })
  const uplink = new Ear(arena)
  vswitch.uplinkFace.connect(uplink)
  const vm = (last: number): { port: SwitchPort; ear: Ear } => {
    const port = vswitch.addPort(`vm${last}`, mac(last), holdFrames)
    const ear = new Ear(arena)
    port.connect(ear)
    return { port, ear }
  }
  const memory = arena.allocate(65536)
  let next = 0
  const batch = (...frames: [Uint8Array, number][]): FrameBatch => {
    const made = frameBatch(frames.length)
    for (const [to, payload] of frames) {
      const at = memory + (next++ % 512) * 128
      arena.u8.set(to, at)
      arena.u8[at + 14] = payload
      made.words[made.n * FRAME_WORDS + Frame.address] = at
      made.words[made.n * FRAME_WORDS + Frame.length] = 60
      made.n++
    }
    return made
  }
  return { arena, vswitch, uplink, counters, batch, a: vm(1), b: vm(2) }
}

describe('virtual switch', () => {
  test('a unicast goes to its port, an unknown one to the uplink, a broadcast to all but the sender', () => {
    const { a, b, uplink, batch } = setup()
    expect(a.port.send(batch([mac(2), 1], [mac(9), 2], [broadcast, 3]), 0, 3)).toBe(3)
    expect(b.ear.heard).toEqual([1, 3])
    expect(uplink.heard).toEqual([2, 3])
    expect(a.ear.heard).toEqual([])
  })

  test('from the uplink nothing goes back to it; a frame for nobody here is counted', () => {
    const { a, b, vswitch, uplink, batch, counters } = setup()
    expect(vswitch.uplinkFace.send(batch([mac(1), 1], [mac(9), 2], [broadcast, 3]), 0, 3)).toBe(3)
    expect([a.ear.heard, b.ear.heard, uplink.heard]).toEqual([[1, 3], [3], []])
    expect(counters.get('switchUnknownUnicast')).toBe(1)
  })

  test('a broadcast that comes back from the uplink does not reach the VM that sent it', () => {
    const { a, b, vswitch, batch, arena } = setup()
    const frames = batch([broadcast, 1])
    arena.u8.set(mac(1), frames.words[Frame.address] + 6)
    vswitch.uplinkFace.send(frames, 0, 1)
    expect([a.ear.heard, b.ear.heard]).toEqual([[], [1]])
  })

  test('what the uplink does not take stays with the sender, who is told of room; no local copy of it was made', () => {
    const { a, b, uplink, vswitch, batch } = setup()
    uplink.limit = 1
    const frames = batch([mac(9), 1], [broadcast, 2], [mac(2), 3])
    expect(a.port.send(frames, 0, 3)).toBe(1)
    expect(b.ear.heard).toEqual([])
    uplink.limit = Infinity
    vswitch.uplinkFace.room()
    expect(a.ear.rooms).toBe(1)
    expect(a.port.send(frames, 1, 2)).toBe(2)
    expect(b.ear.heard).toEqual([2, 3])
    expect(uplink.heard).toEqual([1, 2])
  })

  test('a paused uplink takes nothing, and its senders hear when it goes on', () => {
    const { a, vswitch, uplink, batch } = setup()
    vswitch.pauseUplink()
    expect(a.port.send(batch([mac(9), 1]), 0, 1)).toBe(0)
    vswitch.uplinkFace.room()
    expect(a.ear.rooms).toBe(0)
    vswitch.resumeUplink()
    expect(a.ear.rooms).toBe(1)
    expect(uplink.heard).toEqual([])
  })

  test('a port that is away has its frames sent up; one that is held gets them later, in order', () => {
    const { a, b, uplink, batch } = setup()
    b.port.setState('away')
    a.port.send(batch([mac(2), 1], [broadcast, 2]), 0, 2)
    expect(b.ear.heard).toEqual([])
    expect(uplink.heard).toEqual([1, 2])
    b.port.setState('held')
    a.port.send(batch([mac(2), 3], [broadcast, 4]), 0, 2)
    expect(b.ear.heard).toEqual([])
    expect(b.port.framesHeld).toBe(2)
    b.port.setState('connected')
    a.port.send(batch([mac(2), 5]), 0, 1)
    expect(b.ear.heard).toEqual([3, 4, 5])
  })

  test('the hold is bounded and its overflow counted', () => {
    const { a, b, batch, counters } = setup(2)
    b.port.setState('held')
    a.port.send(batch([mac(2), 1], [mac(2), 2], [mac(2), 3]), 0, 3)
    b.port.setState('connected')
    expect(b.ear.heard).toEqual([1, 2])
    expect(counters.get('switchHoldOverflow')).toBe(1)
  })

  test('a late port still gets what was for it alone; a broadcast that it may have had already is counted instead', () => {
    const { vswitch, b, batch, counters } = setup()
    b.port.setState('late', true)
    vswitch.uplinkFace.send(batch([mac(2), 1], [broadcast, 2]), 0, 2)
    expect(b.ear.heard).toEqual([1])
    expect(counters.get('switchFloodAmbiguous')).toBe(1)
  })
})
