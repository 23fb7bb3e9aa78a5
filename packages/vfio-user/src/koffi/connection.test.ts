import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { Arena } from '@npa/memory'
import { Command as PciCommand, Header as Config } from '@npa/pci'
import { describe, expect, test, vi } from 'vitest'
import { RealScheduler, serveFunction } from '../index.js'
import { MessageReader } from '../message-reader.js'
import { Command, Errno, Header, MAX_MESSAGE, MAX_TRANSFER, Region } from '../protocol.js'
import { accessPayload, Client, irqPayload, mapPayload, message } from '../testing/client.js'
import { dma } from '../testing/driven.js'
import { SampleFunction } from '../testing/sample-function.js'
import { withServed } from '../testing/served.js'
import type { Served } from '../testing/served.js'
import { accelerated } from '../testing/ways.js'
import { loadAccelerator } from './index.js'

function descriptors(): number {
  return fs.readdirSync('/proc/self/fd').length
}

function mappings(): number {
  return fs
    .readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .filter((line) => line.includes('memfd:guest')).length
}

function turn(): Promise<unknown> {
  return new Promise((later) => setImmediate(later))
}

/** Waits until as many sessions have begun, and the last is over. */
async function over({ server }: Served, sessions: number): Promise<void> {
  while (server.attached || server.statistics.sessions < sessions) await new Promise((later) => setImmediate(later))
}

accelerated('a connection that takes descriptors', ({ accelerator, sender }, way) => {
  test('those of a message go to that message, whatever stands before and behind it in the stream', () =>
    withServed(way, async ({ client, ram }) => {
      const it = await client()
      await it.version()
      const fd = sender.eventfd()
      const map = (id: number, address: number): Buffer => message(id, Command.dmaMap, mapPayload(address, 0x1000, 0))
      const set = message(1004, Command.deviceSetIrqs, irqPayload(0x24, 2, 0, 1))
      // In one turn of ours: all of it is there when the server looks.
      it.sendRaw(message(1001, Command.regionRead, accessPayload(0, 0, 4)), [])
      it.sendRaw(map(1002, 0x100000), [ram.fd])
      it.sendRaw(map(1003, 0x200000), [])
      it.sendRaw(set, [fd])
      it.sendRaw(map(1005, 0x300000).subarray(0, 5), [ram.fd])
      it.sendRaw(map(1005, 0x300000).subarray(5), [])
      // Not with the header: nobody's.
      it.sendRaw(map(1006, 0x400000).subarray(0, 16), [])
      it.sendRaw(map(1006, 0x400000).subarray(16), [ram.fd])
      await it.until(() => it.received.find(({ id }) => id === 1006))
      expect(it.received.slice(1).map(({ id, error }) => [id, error])).toEqual(
        [1001, 1002, 1003, 1004, 1005, 1006].map((id) => [id, 0]),
      )
      await it.write32(Region.config, Config.command, PciCommand.memory | PciCommand.busMaster)
      const moves: boolean[] = []
      for (const address of [0x100000, 0x200000, 0x300000, 0x400000]) moves.push(await dma(it, 2, address, 4))
      expect(moves).toEqual([true, false, true, false])
      fs.closeSync(fd)
    }))

  test('up to 16 arrive; of more it is said that some are lost', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vfio-user-'))
    const seen: [number, boolean][] = []
    const user = { caughtUp: () => undefined, broken: () => undefined, closed: () => undefined }
    const listener = await accelerator.listen(path.join(folder, 'socket'), (connection) => {
      const { descriptors: received } = connection
      const handle = (): void => {
        seen.push([received.count, received.lost])
        received.discard()
      }
      connection.start(new MessageReader(handle), user)
    })
    const it = await Client.connect(path.join(folder, 'socket'), sender)
    const fd = sender.eventfd()
    for (const count of [16, 17, 0, 1]) it.send(Command.version, Buffer.alloc(4), 0, new Array<number>(count).fill(fd))
    while (seen.length < 4) await turn()
    expect(seen).toEqual([
      [16, false],
      [16, true],
      [0, false],
      [1, false],
    ])
    it.socket.destroy()
    await listener.close()
    fs.closeSync(fd)
    fs.rmSync(folder, { recursive: true })
  })

  test('what a message has caused goes on before the next one, however soon that comes', () =>
    withServed(way, async ({ client, fn, scheduler }) => {
      const it = await client()
      await it.version()
      let done = 0
      const task = scheduler.task('work', () => (++done, false))
      const write = vi.spyOn(fn, 'barWrite').mockImplementation(() => task.kick())
      const read = vi.spyOn(fn, 'barRead').mockImplementation(() => done)
      for (let n = 0; n < 10; n++) {
        it.send(Command.regionWrite, accessPayload(0, 0, 4, Buffer.alloc(4)))
        it.send(Command.regionRead, accessPayload(0, 0, 4))
      }
      await it.until(() => it.received[20])
      const seen = it.received.slice(1).filter((_, n) => n % 2 === 1)
      expect(seen.map(({ payload }) => payload.readUInt32LE(16))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
      write.mockRestore()
      read.mockRestore()
    }))

  test('more than 16 in the pieces of one header are too many', () =>
    withServed(way, async ({ client, ram }) => {
      const it = await client()
      await it.version()
      const before = descriptors()
      const map = message(7, Command.dmaMap, mapPayload(0, 0x1000, 0))
      for (let at = 0; at < 15; at++) it.sendRaw(map.subarray(at, at + 1), [ram.fd, ram.fd])
      it.sendRaw(map.subarray(15), [])
      const reply = await it.until(() => it.received.find(({ id }) => id === 7))
      expect(reply.error).toBe(Errno.invalid)
      expect(descriptors()).toBe(before)
    }))

  test('the longest message there is, and replies that the client takes its time to read, arrive whole', () =>
    withServed(way, async ({ client }) => {
      const it = await client()
      await it.version()
      const long = message(8, Command.regionWrite, accessPayload(0, 0, MAX_TRANSFER, Buffer.alloc(MAX_TRANSFER)))
      expect(long.length).toBe(MAX_MESSAGE)
      it.socket.write(long)
      expect((await it.until(() => it.received.find(({ id }) => id === 8))).error).toBe(Errno.invalid)
      const before = it.received.length
      it.socket.pause()
      const read = accessPayload(Region.config, 0, 4096)
      for (let n = 0; n < 500; n++) it.send(Command.regionRead, read)
      while (it.socket.writableLength > 0) await new Promise((later) => setImmediate(later))
      it.socket.resume()
      await it.until(() => it.received[before + 499])
      expect(it.received.slice(before).every(({ payload }) => payload.length === 4096 + 16)).toBe(true)
    }))

  test('a client that never reads is cut off', () =>
    withServed(way, async ({ client, server }) => {
      const it = await client()
      await it.version()
      it.socket.pause()
      const read = accessPayload(Region.config, 0, 4096)
      while (server.attached) {
        if (it.socket.writableLength === 0) for (let n = 0; n < 50; n++) it.send(Command.regionRead, read)
        await new Promise((later) => setImmediate(later))
      }
      expect((await (await client()).version()).error).toBe(0)
    }))

  test('what the server had to say before it ended the connection arrives', () =>
    withServed(way, async ({ client }) => {
      const it = await client()
      it.socket.write(Buffer.alloc(Header.bytes))
      await it.closed()
      expect(it.received.map(({ error }) => error)).toEqual([Errno.messageSize])
    }))

  test('200 clients that die at any point leave no descriptor and no mapping', () =>
    withServed(way, async (served) => {
      const { client, ram } = served
      const fd = sender.eventfd()
      const before = [descriptors(), mappings()]
      for (let n = 0; n < 200; n++) {
        const it = await client()
        const steps = [
          () => it.send(Command.version, Buffer.alloc(4)),
          () => it.send(Command.dmaMap, mapPayload(0, 0x4000, 0), 0, [ram.fd]),
          () => it.send(Command.dmaMap, mapPayload(0x10000, 0x4000, 0x4000), 0, [ram.fd]),
          () => it.send(Command.deviceSetIrqs, irqPayload(0x24, 2, 0, 2), 0, [fd, fd]),
          () => it.send(Command.deviceSetIrqs, irqPayload(0x24, 2, 1, 2), 0, [fd, fd]),
          () => it.send(Command.deviceReset, Buffer.alloc(0), 0, new Array<number>(16).fill(fd)),
          () => it.send(99, Buffer.alloc(0), 0, new Array<number>(20).fill(fd)),
          // Half a header, with descriptors.
          () => it.sendRaw(message(1, Command.dmaMap, mapPayload(0x20000, 0x1000, 0)).subarray(0, n % 16), [ram.fd]),
        ]
        const { messages } = served.server.statistics
        const done = n % (steps.length + 1)
        for (const step of steps.slice(0, done)) step()
        // A server that answers a client that is gone stops reading: half of them live until all is read.
        const whole = n % 2 === 0 ? 0 : Math.min(done, steps.length - 1)
        while (served.server.statistics.messages < messages + whole) await turn()
        for (let turns = 0; turns < 3; turns++) await turn()
        it.socket.destroy()
        await over(served, n + 1)
      }
      await new Promise((later) => setImmediate(later))
      expect([descriptors(), mappings()]).toEqual(before)
      fs.closeSync(fd)
    }))

  test('a path that cannot be listened on is said so, and one that a dead server left is taken over', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vfio-user-'))
    const arena = new Arena(1 << 20)
    const scheduler = new RealScheduler()
    const serve = (socket: string): ReturnType<typeof serveFunction> =>
      serveFunction({ socket, accelerator, fn: new SampleFunction(arena), arena, scheduler })
    const before = descriptors()
    const socket = path.join(folder, 'socket')
    await expect(serve(path.join(folder, 'nowhere', 'socket'))).rejects.toThrow('cannot listen: ENOENT')
    await expect(serve(path.join(folder, 'x'.repeat(120)))).rejects.toThrow('at most 107 bytes')
    expect(descriptors()).toBe(before)
    await (await serve(socket)).close()
    expect(fs.existsSync(socket)).toBe(false)
    fs.renameSync(await dead(folder), socket)
    const server = await serve(socket)
    const it = await Client.connect(socket, sender)
    expect((await it.version()).error).toBe(0)
    await server.close()
    await it.closed()
    expect(descriptors()).toBe(before)
    scheduler.stop()
    fs.rmSync(folder, { recursive: true })
  })
})

/** A socket that nobody listens on any more. */
async function dead(folder: string): Promise<string> {
  const name = path.join(folder, 'dead')
  const server = net.createServer()
  await new Promise<void>((listening) => server.listen(name, listening))
  fs.linkSync(name, `${name}-too`)
  await new Promise((closed) => server.close(closed))
  return `${name}-too`
}

describe('without what it needs', () => {
  test.each([
    ['another system', 'platform', 'freebsd', 'wants Linux on x64 or arm64; this is freebsd'],
    ['another processor', 'arch', 'ia32', 'on ia32'],
  ])('%s is refused', async (_, property, value, words) => {
    const was = Object.getOwnPropertyDescriptor(process, property) ?? {}
    Object.defineProperty(process, property, { ...was, value })
    try {
      await expect(loadAccelerator()).rejects.toThrow(words)
    } finally {
      Object.defineProperty(process, property, was)
    }
  })

  test('a package that is not installed is named', async () => {
    vi.doMock('koffi', () => {
      throw new Error('not installed')
    })
    try {
      await expect(loadAccelerator()).rejects.toThrow(
        process.platform === 'linux' ? 'npm install koffi@3.3' : 'wants Linux',
      )
    } finally {
      vi.doUnmock('koffi')
    }
  })

  test('and no path of the memory, there is nothing to serve from', async () => {
    const arena = new Arena(1 << 20)
    const fn = new SampleFunction(arena)
    const options = { socket: '/nowhere/socket', fn, arena, scheduler: new RealScheduler() }
    await expect(serveFunction(options)).rejects.toThrow(TypeError)
  })
})
