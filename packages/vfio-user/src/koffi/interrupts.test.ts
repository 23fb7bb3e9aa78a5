import fs from 'node:fs'
import { Command as PciCommand, Header as Config } from '@npa/pci'
import { expect, test } from 'vitest'
import { Command, Errno, MessageFlag, Region } from '../protocol.js'
import { accessPayload, irqPayload, words } from '../testing/client.js'
import type { Client } from '../testing/client.js'
import { ready } from '../testing/driven.js'
import { Sample } from '../testing/sample-function.js'
import { assign, enable, withCard } from '../testing/served-card.js'
import { withServed } from '../testing/served.js'
import { accelerated } from '../testing/ways.js'

const { config } = Region
/** SET_IRQS that trigger MSI-X vectors: by event descriptor, by word, by byte. */
const EVENTFD = 0x24
const NONE = 0x21
const BOOL = 0x22

function descriptors(): number {
  return fs.readdirSync('/proc/self/fd').length
}

async function enabled(it: Client): Promise<void> {
  await ready(it)
  await it.write32(config, Sample.msix, 0x80000000)
}

function set(it: Client, flags: number, start: number, count: number, fds: number[] = []): Promise<number> {
  return it.errno(Command.deviceSetIrqs, irqPayload(flags, 2, start, count), fds)
}

async function raise(it: Client, ...vectors: number[]): Promise<void> {
  for (const vector of vectors) await it.write32(0, Sample.raise, vector)
}

accelerated('interrupts by event descriptor', ({ sender }, way) => {
  const two = (): [number, number] => [sender.eventfd(), sender.eventfd()]
  const counts = (fds: readonly number[]): number[] => fds.map((fd) => sender.count(fd))

  test('each vector signals its own, in no message, and is counted', () =>
    withServed(way, async ({ client, server }) => {
      const it = await client()
      await enabled(it)
      const fds = two()
      const before = descriptors()
      expect(await set(it, EVENTFD, 1, 2, fds)).toBe(0)
      expect(descriptors()).toBe(before + 2)
      await raise(it, 1, 2, 2)
      expect(counts(fds)).toEqual([1, 2])
      expect(it.interrupts).toEqual([])
      expect(it.received.some(({ command }) => command === Command.dmaRead)).toBe(false)
      expect(server.statistics.interrupts).toBe(3)
      for (const fd of fds) fs.closeSync(fd)
    }))

  test('a vector without one does not fire; what it raised comes when it gets one', () =>
    withServed(way, async ({ client, server }) => {
      const it = await client()
      await enabled(it)
      const fds = two()
      await set(it, EVENTFD, 0, 1, [fds[0]])
      await raise(it, 0, 1, 3)
      expect(counts(fds)).toEqual([1, 0])
      await set(it, EVENTFD, 1, 1, [fds[1]])
      expect(counts(fds)).toEqual([0, 1])
      // Taken away from the first, and given back.
      expect(await set(it, EVENTFD, 0, 1)).toBe(0)
      await raise(it, 0, 1)
      expect(counts(fds)).toEqual([0, 1])
      await set(it, EVENTFD, 0, 1, [fds[0]])
      expect(counts(fds)).toEqual([1, 0])
      expect(server.statistics.interrupts).toBe(4)
      for (const fd of fds) fs.closeSync(fd)
    }))

  test('they end with count 0, and their descriptors are closed', () =>
    withServed(way, async ({ client }) => {
      const it = await client()
      await enabled(it)
      const fds = two()
      const before = descriptors()
      await set(it, EVENTFD, 0, 2, fds)
      await set(it, EVENTFD, 0, 2, fds)
      expect(descriptors()).toBe(before + 2)
      expect(await set(it, NONE, 0, 0)).toBe(0)
      expect(descriptors()).toBe(before)
      await raise(it, 0, 1)
      expect(counts(fds)).toEqual([0, 0])
      for (const fd of fds) fs.closeSync(fd)
    }))

  test('a client may trigger them itself', () =>
    withServed(way, async ({ client }) => {
      const it = await client()
      await it.version()
      const fds = two()
      await set(it, EVENTFD, 0, 2, fds)
      expect(await set(it, NONE, 1, 2)).toBe(0)
      expect(counts(fds)).toEqual([0, 1])
      const some = Buffer.concat([irqPayload(BOOL, 2, 0, 3), Buffer.of(1, 0, 1)])
      expect(await it.errno(Command.deviceSetIrqs, some)).toBe(0)
      expect(counts(fds)).toEqual([1, 0])
      for (const fd of fds) fs.closeSync(fd)
    }))

  test('what is not as many event descriptors as vectors is refused, closed, and changes nothing', () =>
    withServed(way, async ({ client, ram }) => {
      const it = await client()
      await enabled(it)
      const fds = two()
      await set(it, EVENTFD, 0, 2, fds)
      const before = descriptors()
      const [extra] = two()
      for (const wrong of [[extra], [extra, extra, extra], [extra, ram.fd], new Array<number>(20).fill(extra)])
        expect(await set(it, EVENTFD, 0, 2, wrong)).toBe(Errno.invalid)
      expect(await set(it, 0x14, 0, 2, [extra, extra])).toBe(Errno.invalid)
      expect(descriptors()).toBe(before + 2)
      await raise(it, 0, 1)
      expect(counts(fds)).toEqual([1, 1])
      for (const fd of fds) fs.closeSync(fd)
    }))

  test('one that is full, or waits for its reader, holds nobody up', () =>
    withServed(way, async ({ client }) => {
      const it = await client()
      await enabled(it)
      const full = sender.eventfd()
      const most = Buffer.alloc(8)
      most.writeBigUInt64LE(0xfffffffffffffffen)
      fs.writeSync(full, most)
      const [other] = two()
      await set(it, EVENTFD, 0, 2, [full, other])
      sender.waits(full)
      await raise(it, 0, 1)
      expect(counts([other])).toEqual([1])
      fs.readSync(full, most)
      expect(most.readBigUInt64LE()).toBe(0xfffffffffffffffen)
      await raise(it, 0)
      fs.readSync(full, most)
      expect(most.readBigUInt64LE()).toBe(1n)
      for (const fd of [full, other]) fs.closeSync(fd)
    }))

  test('they outlive resets, by command and by function-level reset', () =>
    withServed(way, async ({ client }) => {
      const it = await client()
      await enabled(it)
      const fds = two()
      await set(it, EVENTFD, 0, 2, fds)
      const resets = [() => it.errno(Command.deviceReset), () => it.write32(config, Sample.express + 8, 0x8000)]
      for (const reset of resets) {
        await reset()
        await raise(it, 0)
        expect(counts(fds)).toEqual([0, 0])
        await it.write32(config, Config.command, PciCommand.memory | PciCommand.busMaster)
        await it.write32(config, Sample.msix, 0x80000000)
        await raise(it, 0, 1)
        expect(counts(fds)).toEqual([1, 1])
      }
      for (const fd of fds) fs.closeSync(fd)
    }))

  test('a client that writes into the table itself signals only what is its own', () =>
    withServed(way, async ({ client }) => {
      const it = await client()
      await enabled(it)
      const fds = two()
      await set(it, EVENTFD, 0, 2, fds)
      for (const data of [1, 2, 3, 4, 0xffffffff]) {
        const entry = accessPayload(2, 0x108, 8, words(data, 0))
        it.send(Command.regionWrite, entry, MessageFlag.noReply)
        await raise(it, 0)
      }
      expect(counts(fds)).toEqual([0, 1])
      for (const fd of fds) fs.closeSync(fd)
    }))

  test('virtual functions have theirs, and lose nothing when they disappear and come back', () =>
    withCard(way, 2, async ({ client }) => {
      const pf = await client('pf')
      const vf = await client('vf1')
      const [fd] = two()
      await assign(pf)
      expect(await set(vf, EVENTFD, 0, 1, [fd])).toBe(0)
      for (let n = 0; n < 3; n++) {
        await enable(pf, 2)
        await vf.write32(config, Config.command, PciCommand.memory | PciCommand.busMaster)
        await vf.write32(config, Sample.msix, 0x80000000)
        await raise(vf, 0)
        expect(counts([fd])).toEqual([1])
        await enable(pf, 0)
        await raise(vf, 0)
        expect(counts([fd])).toEqual([0])
      }
      fs.closeSync(fd)
    }))
})
