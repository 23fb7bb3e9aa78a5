import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FrameSocket } from './frame-socket.js'
import { until } from './testing/run-until.js'

let folder = ''
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'npa-frames-'))
})
afterEach(() => fs.rmSync(folder, { recursive: true }))

/** A frame socket and the other end of its cable. */
async function plugged(received: Uint8Array[]): Promise<{ socket: FrameSocket; far: net.Socket }> {
  const socket = await FrameSocket.listen(path.join(folder, 'cable'), (frame) => received.push(frame))
  const far = net.connect(path.join(folder, 'cable'))
  await socket.plugged
  return { socket, far }
}

function framed(frames: readonly Uint8Array[]): Buffer {
  return Buffer.concat(frames.flatMap((frame) => [Buffer.from(Uint32Array.of(frame.length).buffer).reverse(), frame]))
}

test('frames arrive whole, however the stream is cut', async () => {
  const received: Uint8Array[] = []
  const { socket, far } = await plugged(received)
  const frames = fc.array(fc.uint8Array({ minLength: 1, maxLength: 90 }), { minLength: 1, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(frames, fc.array(fc.nat(200), { maxLength: 5 }), async (sent, cuts) => {
      received.length = 0
      const stream = framed(sent)
      let at = 0
      for (const cut of [...cuts.sort((a, b) => a - b), stream.length]) {
        if (cut <= at || cut > stream.length) continue
        await new Promise((done) => far.write(stream.subarray(at, cut), done))
        at = cut
      }
      await until(() => received.length >= sent.length, 'frames')
      expect(received).toEqual(sent)
    }),
    { numRuns: 50 },
  )
  far.destroy()
  socket.close()
})

test('a frame is sent behind its length', async () => {
  const { socket, far } = await plugged([])
  const got: Buffer[] = []
  far.on('data', (data) => got.push(data))
  socket.send(Uint8Array.of(1, 2, 3))
  await until(() => Buffer.concat(got).length >= 7, 'a frame')
  expect([...Buffer.concat(got)]).toEqual([0, 0, 0, 3, 1, 2, 3])
  far.destroy()
  socket.close()
})

test('a stream out of step is cut, and sending into a loose cable is an error', async () => {
  const { socket, far } = await plugged([])
  const ended = new Promise((done) => far.once('close', done))
  far.resume()
  far.write(Buffer.of(0xff, 0xff, 0xff, 0xff))
  await ended
  expect(() => socket.send(new Uint8Array(60))).toThrow('no QEMU on the frame socket')
  socket.close()
})
