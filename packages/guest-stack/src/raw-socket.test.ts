import { ethernet, ipv4 } from '@npa/wire'
import { describe, expect, test } from 'vitest'
import { OWN_PORT, ScriptedPeer, tcpFrame } from './testing/scripted-peer.js'

function numbered(n: number, length = 60): Uint8Array {
  const frame = new Uint8Array(length).fill(n)
  ethernet.setEtherType(frame, 0, 0x88b5)
  return frame
}

describe('sending', () => {
  test('frames leave as they are, in order, with back-pressure', () => {
    const peer = new ScriptedPeer({}, 8)
    const raw = peer.stack.raw()
    const frames = Array.from({ length: 50 }, (_, i) => numbered(i, 60 + i * 29))
    let next = 0
    const pump = (): void => {
      while (next < frames.length && raw.send(frames[next], 0, frames[next].length, next % 3 === 0 ? 7 : -1)) next++
    }
    raw.onDrained = pump
    peer.keep = true
    pump()
    expect(next).toBe(8)
    while (next < frames.length) {
      peer.release()
      peer.keep = true
      peer.pass(50_000)
      peer.refuse = true
      peer.pass(1000)
      peer.wake()
    }
    peer.release()
    expect(peer.frames).toEqual(frames)
    expect(peer.words.map(({ vlan }) => vlan)).toEqual(frames.map((_, i) => (i % 3 === 0 ? 7 : -1)))
    expect(peer.stack.counters.get('raw.sent')).toBe(50)
    expect(peer.buffers.inUse).toBe(0)
  })

  test('a refused frame is not parked: the sender keeps it', () => {
    const peer = new ScriptedPeer()
    const raw = peer.stack.raw()
    peer.refuse = true
    expect([raw.send(numbered(1), 0, 60), raw.send(numbered(2), 0, 60)]).toEqual([true, false])
    raw.close()
    peer.wake()
    expect(peer.frames.map((frame) => frame[0])).toEqual([1])
  })

  test('what is no frame is refused', () => {
    const raw = new ScriptedPeer().stack.raw()
    expect(() => raw.send(new Uint8Array(13), 0, 13)).toThrow('a frame of 13 bytes')
    expect(() => raw.send(new Uint8Array(40000), 0, 40000)).toThrow('14 to 32766')
  })
})

describe('taps', () => {
  test('see every frame before the stack, and may keep it', () => {
    const peer = new ScriptedPeer().introduce()
    const seen: number[] = []
    const later: number[] = []
    const first = peer.stack.raw((u8, at, length) => {
      const type = ethernet.etherType(u8, at)
      seen.push(type, length)
      return type === 0x88b5
    })
    peer.stack.raw((u8, at) => later.push(ethernet.etherType(u8, at)) < 0)
    peer.receive(numbered(1))
    peer.send({ flags: 'S', seq: 0 })
    expect([seen, later]).toEqual([[0x88b5, 60, 0x0800, 54], [0x0800]])
    expect(peer.sent()).toEqual(['R. 16+0 ack 1 win 0'])
    first.close()
    peer.receive(numbered(1))
    expect([seen.length, later.length, peer.buffers.inUse]).toEqual([4, 2, 0])
  })

  test('get the frames of foreign addresses, which the stack does not answer', () => {
    const peer = new ScriptedPeer().introduce()
    let seen = 0
    peer.stack.raw((u8, at) => {
      seen++
      return ipv4.destination(u8, at + 14) !== peer.stack.ip
    })
    const foreign = tcpFrame({ flags: 'S', seq: 0 })
    foreign[30] = 99
    peer.receive(foreign)
    expect([seen, peer.frames.length]).toEqual([1, 0])
  })
})

describe('muted', () => {
  test('the stack neither hears nor answers, even on its own address', () => {
    const peer = new ScriptedPeer()
    peer.stack.listen(OWN_PORT, () => undefined)
    peer.stack.muted = true
    let seen = 0
    peer.stack.raw(() => seen++ < 0)
    peer.introduce()
    peer.send({ flags: 'S', seq: 0 })
    peer.stack.link(false)
    peer.stack.link(true)
    expect([seen, peer.frames.length, peer.buffers.inUse]).toEqual([2, 0, 0])
    expect(peer.stack.counters.get('rx.dropped.muted')).toBe(2)
    peer.stack.muted = false
    peer.introduce()
    peer.send({ flags: 'S', seq: 0 })
    expect(peer.sent()).toEqual(['S. 0+0 ack 1 win 65535'])
  })

  test('raw frames are sent all the same', () => {
    const peer = new ScriptedPeer()
    peer.stack.muted = true
    expect(peer.stack.raw().send(tcpFrame({ flags: 'S', seq: 0 }), 0, 54)).toBe(true)
    expect(peer.frames.length).toBe(1)
  })
})
