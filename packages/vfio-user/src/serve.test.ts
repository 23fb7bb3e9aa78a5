import { Command as PciCommand, Header as Config } from '@npa/pci'
import { describe, expect, test } from 'vitest'
import { Command, Errno, Header, MessageFlag, Region } from './protocol.js'
import { accessPayload, mapPayload, message, unmapPayload, words } from './testing/client.js'
import { dma, ready } from './testing/driven.js'
import { Sample } from './testing/sample-function.js'
import { MEMORY_BYTES, withServed } from './testing/served.js'
import { inEveryWay } from './testing/ways.js'

const { config } = Region

inEveryWay((way) => {
  describe('negotiation', () => {
    test('the version comes first, once, and says what the server cannot', () =>
      withServed(way, async ({ client }) => {
        const it = await client()
        expect(await it.errno(Command.deviceGetInfo, Buffer.alloc(16))).toBe(Errno.invalid)
        const { payload } = await it.version()
        expect(payload.readUInt32LE(0)).toBe(0)
        expect(payload.at(-1)).toBe(0)
        expect(JSON.parse(payload.toString('utf8', 4, payload.length - 1))).toMatchObject({
          capabilities: { write_multiple: false, max_data_xfer_size: 0x100000 },
        })
        expect((await it.version()).error).toBe(Errno.invalid)
      }))

    test.each([
      ['another major version', Buffer.from([1, 0, 0, 0])],
      ['less than a version', Buffer.from([0, 0])],
      ['capabilities that are no JSON', Buffer.from('\0\0\0\0{"capabilities":')],
    ])('%s is refused', (_, payload) =>
      withServed(way, async ({ client }) => {
        expect(await (await client()).errno(Command.version, payload)).toBe(Errno.invalid)
      }),
    )

    test('what is not served is said so', () =>
      withServed(way, async ({ client }) => {
        const it = await client()
        await it.version()
        const { dirtyPages, regionWriteMulti, deviceGetRegionIoFds, dmaRead } = Command
        for (const command of [dirtyPages, regionWriteMulti, deviceGetRegionIoFds, dmaRead, 0, 99, 0xffff])
          expect(await it.errno(command, Buffer.alloc(64))).toBe(Errno.notSupported)
        expect(await it.errno(Command.deviceGetInfo, Buffer.alloc(15))).toBe(Errno.invalid)
      }))
  })

  describe('description', () => {
    test('a PCI device that can be reset, with its BARs and vectors', () =>
      withServed(way, async ({ client }) => {
        const it = await client()
        await it.version()
        const info = await it.call(Command.deviceGetInfo, words(16, 0, 0, 0))
        expect(info.payload).toEqual(words(16, 3, 9, 5))
        const sizes: number[] = []
        for (let region = 0; region < 9; region++) {
          const { payload } = await it.call(Command.deviceGetRegionInfo, words(32, 0, region, 0, 0, 0, 0, 0))
          expect(payload.readUInt32LE(4)).toBe(payload.readUInt32LE(16) === 0 ? 0 : 3)
          sizes.push(payload.readUInt32LE(16))
        }
        expect(sizes).toEqual([Sample.barBytes, 0, 0x2000, 0, 0, 0, 0, 4096, 0])
        const counts: number[] = []
        for (let irq = 0; irq < 5; irq++)
          counts.push((await it.call(Command.deviceGetIrqInfo, words(16, 0, irq, 0))).payload.readUInt32LE(12))
        expect(counts).toEqual([0, 0, Sample.vectors, 0, 0])
        expect(await it.errno(Command.deviceGetRegionInfo, words(32, 0, 9, 0, 0, 0, 0, 0))).toBe(Errno.invalid)
        expect(await it.errno(Command.deviceGetIrqInfo, words(16, 0, 5, 0))).toBe(Errno.invalid)
      }))

    test('configuration space is read in bulk, without the pin that could never fire', () =>
      withServed(way, async ({ client, fn }) => {
        const it = await client()
        await it.version()
        const { payload } = await it.call(Command.regionRead, accessPayload(config, 0, 4096))
        const space = payload.subarray(16)
        expect(space.length).toBe(4096)
        expect(space.readUInt32LE(0)).toBe(0x56781234)
        expect(fn.configRead(Config.interruptPin, 1)).toBe(Sample.pin)
        expect(space[Config.interruptPin]).toBe(0)
        expect((await it.call(Command.regionRead, accessPayload(config, 1, 2))).payload.readUInt16LE(16)).toBe(0x7812)
        // Sizing by the server has left no trace.
        expect(space.readUInt32LE(Config.bar0)).toBe(0)
      }))
  })

  describe('registers', () => {
    test('are read and written in 1, 2, 4 and 8 bytes', () =>
      withServed(way, async ({ client }) => {
        const it = await client()
        await it.version()
        const written = await it.call(Command.regionWrite, accessPayload(0, 0, 8, words(0x04030201, 0x08070605)))
        expect(written.payload).toEqual(accessPayload(0, 0, 8))
        for (const count of [1, 2, 4, 8]) {
          const { payload } = await it.call(Command.regionRead, accessPayload(0, 0, count))
          expect([...payload.subarray(16)]).toEqual(Array.from({ length: count }, (_, i) => i + 1))
        }
      }))

    test('an access that no region takes is refused, and nothing happens', () =>
      withServed(way, async ({ client }) => {
        const it = await client()
        await it.version()
        for (const [region, offset, count] of [
          [0, Sample.barBytes, 4],
          [0, Sample.barBytes - 2, 4],
          [0, 0, 3],
          [0, 0, 16],
          [0, 0, 0],
          [1, 0, 4],
          [9, 0, 4],
          [0xffffffff, 0, 4],
          [config, 4096, 1],
          [config, 0, 4097],
          [config, 2 ** 40, 4],
        ]) {
          expect(await it.errno(Command.regionRead, accessPayload(region, offset, count))).toBe(Errno.invalid)
          const data = Buffer.alloc(Math.min(count, 5000), 0xff)
          expect(await it.errno(Command.regionWrite, accessPayload(region, offset, count, data))).toBe(Errno.invalid)
        }
        const short = accessPayload(0, 0, 8, Buffer.alloc(4, 0xff))
        expect(await it.errno(Command.regionWrite, short)).toBe(Errno.invalid)
        expect(await it.read32(0, 0)).toBe(0)
      }))

    test('a posted write is done and not answered', () =>
      withServed(way, async ({ client }) => {
        const it = await client()
        await it.version()
        const before = it.received.length
        it.send(Command.regionWrite, accessPayload(0, 0, 4, words(7)), MessageFlag.noReply)
        it.send(Command.regionWrite, accessPayload(9, 0, 4, words(7)), MessageFlag.noReply)
        expect(await it.read32(0, 0)).toBe(7)
        expect(it.received.length).toBe(before + 1)
      }))
  })

  describe('guest memory', () => {
    test('the function reaches what is mapped, and only that', () =>
      withServed(way, async ({ client, ram }) => {
        const it = await client()
        const canary = Buffer.alloc(MEMORY_BYTES, 0xc5)
        ram.write(canary)
        await ready(it)
        expect(await it.map(0x108000, 0x1000, 0xa000)).toBe(0)
        await it.write32(0, Sample.chip, 0x12345678)
        // Across two mappings that are neighbours on the bus and not in the file.
        expect(await dma(it, 2, 0x108000 - 4, 8)).toBe(true)
        canary.writeUInt32LE(0x12345678, 0x8000 - 4)
        canary.fill(0, 0xa000, 0xa004)
        expect(ram.read().equals(canary)).toBe(true)
        for (const address of [0, 0x100000 - 4, 0x109000 - 4, 0x109000, 0xfffffffc])
          expect(await dma(it, 2, address, 8)).toBe(false)
        expect(ram.read().equals(canary)).toBe(true)
        expect(await dma(it, 1, 0x100000, 8)).toBe(true)
        expect(await it.read32(0, Sample.chip)).toBe(0xc5c5c5c5)
      }))

    test('nothing is where addresses are no exact numbers any more, up to the last', () =>
      withServed(way, async ({ client }) => {
        const it = await client()
        await ready(it)
        await it.write32(0, Sample.chip, 0x12345678)
        await it.write32(0, Sample.bytes, 64)
        for (const [hi, lo] of [
          [0x200000, 0],
          [0x80000000, 0x100000],
          [0xffffffff, 0xfffff000],
        ]) {
          await it.write32(0, Sample.addressLo, lo)
          await it.write32(0, Sample.addressHi, hi)
          for (const command of [1, 2]) {
            await it.write32(0, Sample.command, command)
            expect(await it.read32(0, Sample.command)).toBe(0)
          }
        }
        expect(await dma(it, 2, 0x100000, 64)).toBe(true)
      }))

    test('a map is taken away while the function runs', () =>
      withServed(way, async ({ client }) => {
        const it = await client()
        await ready(it)
        expect(await dma(it, 2, 0x100000, 64)).toBe(true)
        const { payload } = await it.call(Command.dmaUnmap, unmapPayload(0x100000, 0x8000))
        expect(payload).toEqual(unmapPayload(0x100000, 0x8000))
        expect(await dma(it, 2, 0x100000, 64)).toBe(false)
        expect(await it.errno(Command.dmaUnmap, unmapPayload(0x100000, 0x8000))).toBe(Errno.noEntry)
        expect(await it.map(0x100000, 0x1000, 0x1000)).toBe(0)
        expect(await dma(it, 2, 0x100000, 64)).toBe(true)
        expect(await it.errno(Command.dmaUnmap, unmapPayload(0, 0, 2))).toBe(0)
        expect(await dma(it, 2, 0x100000, 64)).toBe(false)
      }))

    test('without bus mastering nothing moves', () =>
      withServed(way, async ({ client }) => {
        const it = await client()
        await ready(it)
        await it.write32(config, Config.command, PciCommand.memory)
        expect(await dma(it, 2, 0x100000, 64)).toBe(false)
      }))

    test('maps that cannot be are refused', () =>
      withServed(way, async ({ client }) => {
        const it = await client()
        await ready(it)
        const map = (...of: Parameters<typeof mapPayload>): Promise<number> => it.map(...of)
        expect(await map(0x107000, 0x2000, 0x8000)).toBe(Errno.exists)
        expect(await map(0x200000, 0x9000, 0x8000)).toBe(Errno.invalid)
        expect(await map(0x200000, 2 ** 52, 0x8000)).toBe(Errno.invalid)
        expect(await map(0x200800, 0x1000, 0x8000)).toBe(Errno.invalid)
        expect(await map(0x200000, 0x800, 0x8000)).toBe(Errno.invalid)
        expect(await map(0x200000, 0, 0x8000)).toBe(Errno.invalid)
        expect(await map(0x200000, 0x1000, 0x8000, 0)).toBe(Errno.invalid)
        const beyond = mapPayload(0, 0x1000, 0x8000)
        beyond.fill(0xff, 16, 24)
        expect(await it.errno(Command.dmaMap, beyond)).toBe(Errno.invalid)
        expect(await it.errno(Command.dmaMap, Buffer.alloc(31))).toBe(Errno.invalid)
        expect(await it.errno(Command.dmaUnmap, unmapPayload(0x100000, 0x4000))).toBe(Errno.invalid)
        expect(await it.errno(Command.dmaUnmap, unmapPayload(0x100000, 0x8000, 1))).toBe(Errno.notSupported)
      }))

    test('read-only memory is not written', () =>
      withServed(way, async ({ client }) => {
        const it = await client()
        await ready(it)
        expect(await it.map(0x200000, 0x1000, 0x8000, 1)).toBe(0)
        expect(await dma(it, 1, 0x200000, 64)).toBe(true)
        expect(await dma(it, 2, 0x200000, 64)).toBe(false)
      }))
  })

  describe('resets', () => {
    test('by command and through configuration space', () =>
      withServed(way, async ({ client, fn }) => {
        const it = await client()
        await it.version()
        await it.write32(0, 0, 5)
        expect(await it.errno(Command.deviceReset)).toBe(0)
        expect(await it.read32(0, 0)).toBe(0)
        await it.write32(0, 0, 5)
        await it.write32(config, Sample.express + 8, 0x8000)
        expect(await it.read32(0, 0)).toBe(0)
        expect(fn.resets).toEqual(['function', 'function'])
      }))
  })

  describe('clients', () => {
    test('a second one is turned away; after the first is gone the function is as new', () =>
      withServed(way, async ({ client, server, fn }) => {
        const first = await client()
        await ready(first)
        await first.write32(0, 0, 5)
        await (await client()).closed()
        expect(server.statistics.refusedConnections).toBe(1)
        first.socket.destroy()
        while (server.attached) await new Promise((later) => setImmediate(later))
        expect(fn.resets).toEqual(['power'])
        const next = await client()
        await next.version()
        expect(await next.read32(0, 0)).toBe(0)
        expect(await next.read32(config, Config.command)).toBe(0x00100000)
        await next.write32(config, Config.command, PciCommand.busMaster)
        expect(await dma(next, 2, 0x100000, 4)).toBe(false)
      }))

    test('messages may be split at any byte and stuck together', () =>
      withServed(way, async ({ client }) => {
        const it = await client()
        await it.version()
        const bytes = Buffer.concat([
          message(100, Command.regionWrite, accessPayload(0, 0, 4, words(9))),
          message(101, Command.regionRead, accessPayload(0, 0, 4)),
        ])
        for (let cut = 1; cut < bytes.length; cut++) {
          const before = it.received.length
          it.socket.write(bytes.subarray(0, cut))
          await new Promise((later) => setImmediate(later))
          it.socket.write(bytes.subarray(cut))
          await it.until(() => it.received[before + 1])
          expect(it.received.slice(before).map(({ id, error }) => [id, error])).toEqual([
            [100, 0],
            [101, 0],
          ])
        }
      }))

    test('one that vanishes inside a message leaves the server to the next', () =>
      withServed(way, async ({ client, server }) => {
        const bytes = message(1, Command.version, Buffer.alloc(40))
        for (let cut = 0, sessions = 1; cut < bytes.length; cut += 5, sessions++) {
          const it = await client()
          it.socket.write(bytes.subarray(0, cut))
          it.socket.destroy()
          while (server.attached || server.statistics.sessions < sessions)
            await new Promise((later) => setImmediate(later))
        }
        expect((await (await client()).version()).error).toBe(0)
      }))

    test.each([0, 15, 0x7fffffff, 0xffffffff])('a message of %i bytes ends the connection', (size) =>
      withServed(way, async ({ client, server }) => {
        const it = await client()
        await it.version()
        const broken = message(7, Command.regionRead, accessPayload(0, 0, 4))
        broken.writeUInt32LE(size, Header.size)
        it.socket.write(broken)
        await it.closed()
        expect(it.received.at(-1)?.error).toBe(Errno.messageSize)
        expect(server.statistics.brokenStreams).toBe(1)
        while (server.attached) await new Promise((later) => setImmediate(later))
        expect((await (await client()).version()).error).toBe(0)
      }),
    )
  })
})
