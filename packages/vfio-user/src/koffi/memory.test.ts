import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { Command, Errno } from '../protocol.js'
import { mapPayload, unmapPayload } from '../testing/client.js'
import { dma, ready } from '../testing/driven.js'
import { Sample } from '../testing/sample-function.js'
import { MEMORY_BYTES, withServed } from '../testing/served.js'
import { accelerated, GuestRam } from '../testing/ways.js'
import { Linux } from './libc.js'

const F_SEAL_WRITE = 8

/** Mappings of this process whose line has the text. */
function mapped(text: string): number {
  return fs
    .readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .filter((line) => line.includes(text)).length
}

function descriptors(): number {
  return fs.readdirSync('/proc/self/fd').length
}

accelerated('guest memory by descriptor', (native, sealed) => {
  const { sender } = native
  const file = (folder: string, name: string, bytes: number): GuestRam => {
    const fd = fs.openSync(path.join(folder, name), 'w+')
    fs.ftruncateSync(fd, bytes)
    return new GuestRam('/nowhere', fd)
  }
  const unsealed = (_folder: string, _name: string, bytes: number): GuestRam =>
    new GuestRam('/nowhere', sender.memory(bytes, 0))

  test('a map without a descriptor is taken, and nothing is behind it', () =>
    withServed(sealed, async ({ client, ram }) => {
      const it = await client()
      await it.version()
      // As a map of the file would look.
      expect(await it.errno(Command.dmaMap, mapPayload(0x100000, 0x8000, 0x1000))).toBe(0)
      await it.write32(0x7, 4, 6)
      expect(await dma(it, 2, 0x100000, 8)).toBe(false)
      expect(await dma(it, 1, 0x100000, 8)).toBe(false)
      expect(ram.read().equals(Buffer.alloc(MEMORY_BYTES))).toBe(true)
    }))

  test('a descriptor makes a map of any place, the same one twice, read-only at offset 0', () =>
    withServed(sealed, async ({ client, ram }) => {
      const it = await client()
      await ready(it)
      expect(await it.map(0x200000, 0x1000, 0x0)).toBe(0)
      expect(await it.map(0x300000, 0x1000, 0x0, 1)).toBe(0)
      await it.write32(0, Sample.chip, 0x12345678)
      expect(await dma(it, 2, 0x200004, 4)).toBe(true)
      expect(await dma(it, 2, 0x300008, 4)).toBe(false)
      await it.write32(0, Sample.chip, 0)
      expect(await dma(it, 1, 0x300004, 4)).toBe(true)
      expect(await it.read32(0, Sample.chip)).toBe(0x12345678)
      const all = Buffer.alloc(MEMORY_BYTES)
      all.writeUInt32LE(0x12345678, 4)
      expect(ram.read().equals(all)).toBe(true)
    }))

  test('sealed memory is mapped while it is on the bus, and its descriptor closed', () =>
    withServed(sealed, async ({ client }) => {
      const it = await client()
      await it.version()
      const before = descriptors()
      const mappings = mapped('memfd:guest')
      for (let n = 0; n < 3; n++) expect(await it.map(0x100000 + n * 0x2000, 0x1000, n * 0x1000)).toBe(0)
      // Neighbours in the file and in this process may be one mapping.
      expect(mapped('memfd:guest')).toBeGreaterThan(mappings)
      expect(descriptors()).toBe(before)
      expect(await it.errno(Command.dmaUnmap, unmapPayload(0x100000, 0x1000))).toBe(0)
      expect(await it.errno(Command.dmaUnmap, unmapPayload(0, 0, 2))).toBe(0)
      expect(mapped('memfd:guest')).toBe(mappings)
    }))

  test.each([
    ['a file', file],
    ['memory that is not sealed', unsealed],
  ])('%s is not: it may be cut off under the map, and is then not there', (_, ram) =>
    withServed({ native, ram }, async ({ client, ram }) => {
      const it = await client()
      await it.errno(Command.deviceReset)
      const before = descriptors()
      await ready(it)
      expect(mapped(fs.readlinkSync(`/proc/self/fd/${ram.fd}`).replace(/ .*/, ''))).toBe(0)
      expect(descriptors()).toBe(before + 1)
      fs.ftruncateSync(ram.fd, 0x1000)
      expect(await dma(it, 1, 0x100000, 64)).toBe(true)
      expect(await dma(it, 1, 0x102000, 64)).toBe(false)
      expect(await it.errno(Command.dmaUnmap, unmapPayload(0, 0, 2))).toBe(0)
      expect(descriptors()).toBe(before)
    }),
  )

  test('a transfer after the unmap is refused, and the rest goes on', () =>
    withServed(sealed, async ({ client }) => {
      const it = await client()
      await ready(it)
      expect(await it.map(0x108000, 0x1000, 0xa000)).toBe(0)
      await it.errno(Command.dmaUnmap, unmapPayload(0x108000, 0x1000))
      expect(await dma(it, 2, 0x108000, 4)).toBe(false)
      expect(await dma(it, 2, 0x108000 - 4, 8)).toBe(false)
      expect(await dma(it, 2, 0x108000 - 4, 4)).toBe(true)
    }))

  test('descriptors that do not fit are refused and closed', () =>
    withServed(sealed, async ({ client, ram }) => {
      const it = await client()
      await it.version()
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vfio-user-'))
      const name = path.join(folder, 'file')
      fs.writeFileSync(name, Buffer.alloc(0x2000))
      const open = (flags: string | number): number => fs.openSync(name, flags)
      const readOnly = sender.memory(0x2000, Linux.F_SEAL_SHRINK | F_SEAL_WRITE)
      const fds = [
        open('r'),
        open('a+'),
        open(fs.constants.O_WRONLY),
        sender.eventfd(),
        fs.openSync(folder, 'r'),
        readOnly,
      ]
      const before = descriptors()
      const map = (fd: number[], bytes = 0x1000, flags = 3): Promise<number> =>
        it.errno(Command.dmaMap, mapPayload(0x100000, bytes, 0, flags), fd)
      for (const fd of fds) expect(await map([fd])).toBe(Errno.invalid)
      expect(await map([fs.openSync('/dev/null', 'r+')])).toBe(Errno.invalid)
      expect(await map([ram.fd], MEMORY_BYTES + 0x1000)).toBe(Errno.invalid)
      expect(await map([ram.fd, ram.fd])).toBe(Errno.invalid)
      expect(await map(new Array<number>(16).fill(ram.fd))).toBe(Errno.invalid)
      // More than may be sent: the kernel closes those that there is no room for.
      expect(await map(new Array<number>(17).fill(ram.fd))).toBe(Errno.invalid)
      expect(descriptors()).toBe(before + 1)
      // What they do fit.
      expect(await map([fds[0]], 0x2000, 1)).toBe(0)
      expect(await dma(it, 1, 0x100000, 64)).toBe(false)
      for (const fd of fds) fs.closeSync(fd)
      fs.rmSync(folder, { recursive: true })
    }))

  test('no more maps than the client was told', () =>
    withServed(sealed, async ({ client }) => {
      const it = await client()
      const { payload } = await it.version()
      const { capabilities } = JSON.parse(payload.toString('utf8', 4, payload.length - 1)) as {
        capabilities: { max_dma_maps: number; max_msg_fds: number }
      }
      expect(capabilities.max_msg_fds).toBe(16)
      for (let n = 0; n < capabilities.max_dma_maps; n++) expect(await it.map(n * 0x2000, 0x1000, 0)).toBe(0)
      expect(await it.map(2 ** 40, 0x1000, 0)).toBe(Errno.noSpace)
    }))
})
