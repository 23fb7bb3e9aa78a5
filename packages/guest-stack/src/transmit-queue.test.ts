import { ipv4, udp } from '@npa/wire'
import { describe, expect, test } from 'vitest'
import { write, establish } from './testing/established.js'
import { PEER_IP, ScriptedPeer, tcpFrame } from './testing/scripted-peer.js'

/** Last payload byte of each frame sent. */
function marks(peer: ScriptedPeer): number[] {
  return peer.frames.map((frame) => frame[frame.length - 1])
}

describe('a device that refuses frames', () => {
  test('gets them later, in order, and those behind them', () => {
    const peer = new ScriptedPeer().introduce()
    const first = peer.stack.bindUdp(1)
    const second = peer.stack.bindUdp(2)
    const refused: number[] = []
    second.onWritable = () => refused.push(second.send(PEER_IP, 9, Uint8Array.of(2), 0, 1) ? 1 : 0)
    peer.refuse = true
    expect(first.send(PEER_IP, 9, Uint8Array.of(1), 0, 1)).toBe(true)
    expect(second.send(PEER_IP, 9, Uint8Array.of(2), 0, 1)).toBe(false)
    peer.stack.announce()
    expect([peer.frames.length, peer.stack.parkedFrames, refused]).toEqual([0, 2, []])
    peer.wake()
    expect([marks(peer).length, marks(peer)[0], marks(peer)[2], refused]).toEqual([3, 1, 2, [1]])
    expect([peer.stack.parkedFrames, peer.buffers.inUse]).toEqual([0, 0])
  })

  test('and refuses again in the midst of waking keeps the order', () => {
    const peer = new ScriptedPeer().introduce()
    peer.refuse = true
    for (let i = 0; i < 4; i++) peer.receive(tcpFrame({ flags: '.', seq: 0, ack: 100 + i }))
    expect(peer.stack.parkedFrames).toBe(4)
    const transmit = peer.transmit.bind(peer)
    let left = 2
    peer.transmit = (frame) => left-- > 0 && transmit(frame)
    peer.wake()
    expect(peer.stack.parkedFrames).toBe(2)
    left = 10
    peer.wake()
    expect(peer.sent()).toEqual([100, 101, 102, 103].map((seq) => `R ${seq}+0 win 0`))
  })

  test('when the queue is full too, replies are dropped, counted, and leak nothing', () => {
    const peer = new ScriptedPeer({ transmitQueue: 3 }).introduce()
    peer.refuse = true
    for (let i = 0; i < 5; i++) peer.receive(tcpFrame({ flags: '.', seq: 0, ack: 100 + i }))
    expect(peer.stack.parkedFrames).toBe(3)
    expect(peer.stack.counters.get('tx.dropped.queueFull')).toBe(2)
    expect(peer.buffers.inUse).toBe(3)
    peer.wake()
    expect(peer.sent()).toEqual([100, 101, 102].map((seq) => `R ${seq}+0 win 0`))
  })

  test('connections take turns', () => {
    const peer = new ScriptedPeer({ transmitQueue: 1 }).introduce()
    const transmit = peer.transmit.bind(peer)
    let left = 100
    peer.transmit = (frame) => left-- > 0 && transmit(frame)
    const sockets = [1, 2, 3].map((port) => peer.stack.bindUdp(port))
    left = 0
    for (const socket of sockets) {
      socket.onWritable = () => socket.send(PEER_IP, 9, Uint8Array.of(socket.port), 0, 1)
      socket.send(PEER_IP, 9, Uint8Array.of(socket.port), 0, 1)
    }
    const turns: number[] = []
    for (let i = 0; i < 6; i++) {
      left = 1
      peer.wake()
      turns.push(...peer.frames.map((frame) => udp.sourcePort(frame, 34)))
      peer.forget()
      for (const socket of sockets) socket.send(PEER_IP, 9, Uint8Array.of(socket.port), 0, 1)
    }
    expect(turns).toEqual([1, 2, 3, 1, 2, 3])
  })
})

describe('a device without buffers', () => {
  test('is asked again every 50 µs, and when a received buffer comes free', () => {
    const peer = new ScriptedPeer({}, 2).introduce()
    const socket = peer.stack.bindUdp(1)
    peer.keep = true
    let sent = 0
    socket.onWritable = () => {
      while (socket.send(PEER_IP, 9, Uint8Array.of(sent), 0, 1)) sent++
    }
    socket.onWritable()
    expect([sent, peer.buffers.inUse]).toEqual([2, 2])
    peer.pass(200_000)
    expect([sent, peer.stack.counters.get('tx.noBuffer')]).toEqual([2, 5])
    peer.release()
    peer.keep = true
    peer.pass(50_000)
    expect(sent).toBe(4)
  })

  test('is asked again at once when the stack itself has freed one', () => {
    const peer = new ScriptedPeer({}, 2).introduce()
    const socket = peer.stack.bindUdp(1)
    const held = [peer.buffers.alloc(), peer.buffers.alloc()]
    const sent: boolean[] = []
    socket.onWritable = () => sent.push(socket.send(PEER_IP, 9, Uint8Array.of(1), 0, 1))
    expect(socket.send(PEER_IP, 9, Uint8Array.of(1), 0, 1)).toBe(false)
    peer.buffers.free(held[0])
    peer.receive(new Uint8Array(60))
    expect([sent, peer.scheduler.nowNs()]).toEqual([[true], 0])
  })

  test('gives back those of a frame that needs more than there are', () => {
    const peer = new ScriptedPeer({}, 4, 512).introduce()
    const held = [peer.buffers.alloc(), peer.buffers.alloc()]
    peer.stack.ping(PEER_IP, 1, 1400)
    expect([peer.frames.length, peer.buffers.inUse]).toEqual([0, 2])
    for (const buffer of held) peer.buffers.free(buffer)
    peer.pass(50_000)
    expect([peer.frames.length, peer.buffers.inUse]).toEqual([1, 0])
  })

  test('loses no data of a stream, and no ACK', () => {
    const { peer, c } = establish({}, {})
    const held = Array.from({ length: 60 }, () => peer.buffers.alloc())
    peer.keep = true
    write(c, 8000)
    expect(peer.sent().length).toBe(4)
    for (const buffer of held) peer.buffers.free(buffer)
    peer.pass(50_000)
    expect(peer.sent().length).toBe(4)
    peer.release()
    expect(c.statistics.retransmissions).toBe(0)
  })
})

describe('flush', () => {
  test('comes once per event, after all its frames, and only when there were some', () => {
    const { peer, c } = establish()
    peer.flushes = 0
    write(c, 8000)
    expect([peer.sent().length, peer.flushes]).toEqual([8, 1])
    peer.send({ flags: '.', seq: 1, ack: 2001 })
    expect(peer.flushes).toBe(1)
    write(c, 8000)
    expect(peer.flushes).toBe(2)
  })

  test('handlers that write from inside an event add none', () => {
    const { peer, c } = establish()
    peer.flushes = 0
    c.onReadable = () => {
      write(c, 100)
      peer.stack.announce()
    }
    peer.send({ flags: '.', seq: 1, ack: 1, length: 10 })
    expect(peer.flushes).toBe(1)
    expect(peer.sent()).toEqual(['P. 1+100 ack 11 win 65525'])
  })
})

describe('frames longer than a buffer', () => {
  test('are spread over several, checksums included', () => {
    const peer = new ScriptedPeer({}, 64, 512).introduce()
    peer.stack.ping(PEER_IP, 1, 1400)
    const socket = peer.stack.bindUdp(1)
    const payload = Uint8Array.from({ length: 1400 }, (_, i) => i * 5)
    socket.send(PEER_IP, 1, payload, 0, 1399)
    expect(peer.words.map(({ count }) => count)).toEqual([3, 3])
    expect(peer.frames.map((frame) => ipv4.totalLength(frame, 14))).toEqual([1428, 1427])
    expect([...peer.frames[1].subarray(42)]).toEqual([...payload.subarray(0, 1399)])
  })

  test('buffers that cannot hold an MTU are refused', () => {
    expect(() => new ScriptedPeer({}, 64, 64)).toThrow('packet buffers of 64 bytes')
    expect(() => new ScriptedPeer({}, 64, 201)).toThrow('packet buffers of 201 bytes')
    expect(() => new ScriptedPeer({}, 64, 94)).toThrow()
  })
})
