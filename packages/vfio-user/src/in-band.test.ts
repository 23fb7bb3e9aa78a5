import fs from 'node:fs'
import { Command as PciCommand, Header as Config } from '@npa/pci'
import { describe, expect, test } from 'vitest'
import { Command, Errno, Region } from './protocol.js'
import { accessPayload, irqPayload, words } from './testing/client.js'
import type { Client } from './testing/client.js'
import { dma, MSI, ready, TABLE } from './testing/driven.js'
import { Sample } from './testing/sample-function.js'
import { assign, configure, enable, VF_BAR3, withCard } from './testing/served-card.js'
import { withServed } from './testing/served.js'
import { pureNode as way } from './testing/ways.js'

const { config } = Region

describe('the file that both know', () => {
  test('a map without a file behind it is taken, and nothing moves through it', () =>
    withServed(way, async ({ client, ram }) => {
      const it = await client()
      await ready(it)
      expect(await it.map(0xfffc0000, 0x40000, 0, 1)).toBe(0)
      expect(await it.map(0xc0000, 0x1000, 0, 3)).toBe(0)
      await it.write32(0, Sample.chip, 0xffffffff)
      expect(await dma(it, 1, 0xfffc0000, 64)).toBe(false)
      expect(await dma(it, 2, 0xc0000, 64)).toBe(false)
      expect(ram.read().readUInt32LE(0)).toBe(0)
    }))

  test('a file that shrank is not there', () =>
    withServed(way, async ({ client, ram }) => {
      const it = await client()
      await ready(it)
      fs.ftruncateSync(ram.fd, 0x1000)
      expect(await dma(it, 1, 0x100000, 64)).toBe(true)
      expect(await dma(it, 1, 0x102000, 64)).toBe(false)
    }))
})

describe('interrupts', () => {
  /** A table of two vectors, the second masked or not, as the client keeps it. */
  const table = (masked: 0 | 1): Buffer => words(MSI, 0, 0x31, 0, MSI, 1, 0x32, masked)

  async function enabled(it: Client): Promise<void> {
    await ready(it)
    await it.write32(config, Sample.msix, 0x80000000)
  }

  test('go to the address that the guest has written into the table', () =>
    withServed(way, async ({ client }) => {
      const it = await client()
      await enabled(it)
      it.bus.set(TABLE, table(0))
      await it.errno(Command.deviceSetIrqs, irqPayload(0x24, 2, 0, 2))
      await it.write32(0, Sample.raise, 0)
      await it.write32(0, Sample.raise, 1)
      await it.write32(0, Sample.raise, 2)
      await it.until(() => it.interrupts[1])
      expect(it.interrupts).toEqual([
        [MSI, 0x31],
        [MSI + 2 ** 32, 0x32],
      ])
    }))

  test('wait for the table, for the mask and for the reply', () =>
    withServed(way, async ({ client }) => {
      const it = await client()
      await enabled(it)
      await it.write32(0, Sample.raise, 1)
      it.bus.set(TABLE, table(1))
      await it.errno(Command.deviceSetIrqs, irqPayload(0x24, 2, 0, 2))
      await it.read32(0, 0)
      expect(it.interrupts).toEqual([])
      it.bus.set(TABLE + 16, table(0).subarray(16))
      await it.errno(Command.deviceSetIrqs, irqPayload(0x24, 2, 1, 1))
      await it.until(() => it.interrupts[0])
      const reply = await it.call(Command.regionWrite, accessPayload(0, Sample.raise, 4, words(0)))
      await it.until(() => it.interrupts[1])
      const interrupt = it.received.findLast(({ command }) => command === Command.dmaWrite)
      expect(it.received.indexOf(reply)).toBeLessThan(interrupt === undefined ? -1 : it.received.indexOf(interrupt))
    }))

  test('a table that cannot be read yet is read when the function is reachable', () =>
    withServed(way, async ({ client }) => {
      const it = await client()
      await enabled(it)
      await it.errno(Command.deviceSetIrqs, irqPayload(0x24, 2, 0, 2))
      await it.until(() => it.received.find(({ command }) => command === Command.dmaRead))
      await it.write32(0, Sample.raise, 0)
      it.bus.set(TABLE, table(0))
      await it.write32(config, Config.command, PciCommand.memory | PciCommand.busMaster)
      await it.until(() => it.interrupts[0])
    }))

  test('end with count 0', () =>
    withServed(way, async ({ client }) => {
      const it = await client()
      await enabled(it)
      it.bus.set(TABLE, table(0))
      await it.errno(Command.deviceSetIrqs, irqPayload(0x24, 2, 0, 2))
      await it.write32(0, Sample.raise, 0)
      await it.until(() => it.interrupts[0])
      await it.errno(Command.deviceSetIrqs, irqPayload(0x21, 2, 0, 0))
      await it.write32(0, Sample.raise, 0)
      await it.read32(0, 0)
      expect(it.interrupts.length).toBe(1)
    }))

  test('vectors that are not there, and flags that say two things, are refused', () =>
    withServed(way, async ({ client }) => {
      const it = await client()
      await it.version()
      for (const payload of [
        irqPayload(0x24, 2, 3, 2),
        irqPayload(0x24, 2, 0xffffffff, 0xffffffff),
        irqPayload(0x24, 0, 0, 1),
        irqPayload(0x24, 5, 0, 0),
        irqPayload(0x25, 2, 0, 1),
        irqPayload(0x04, 2, 0, 1),
        irqPayload(0x22, 2, 0, 1),
        Buffer.alloc(8),
      ])
        expect(await it.errno(Command.deviceSetIrqs, payload)).toBe(Errno.invalid)
    }))

  test('interrupts come back after a function-level reset without a word about the BARs', () =>
    withServed(way, async ({ client }) => {
      const it = await client()
      await ready(it)
      await it.write32(config, Sample.express + 8, 0x8000)
      it.bus.set(TABLE, words(MSI, 0, 0x31, 0))
      await it.write32(config, Config.command, PciCommand.memory | PciCommand.busMaster)
      await it.write32(config, Sample.msix, 0x80000000)
      await it.errno(Command.deviceSetIrqs, irqPayload(0x24, 2, 0, 1))
      await it.write32(0, Sample.raise, 0)
      await it.until(() => it.interrupts[0])
    }))

  test('virtual functions interrupt through their own table', () =>
    withCard(way, 2, async ({ client }) => {
      const pf = await client('pf')
      const vf = await client('vf1')
      await assign(pf)
      await enable(pf, 2)
      await pf.until(() => pf.interrupts[13])
      await configure(pf, 1, vf)
      await vf.write32(config, Config.command, PciCommand.memory | PciCommand.busMaster)
      await vf.write32(config, Sample.msix, 0x80000000)
      vf.bus.set(VF_BAR3 + 0x2000 + 0x100, words(MSI, 0, 0x31, 0))
      await vf.errno(Command.deviceSetIrqs, irqPayload(0x24, 2, 0, 1))
      await vf.write32(0, Sample.raise, 0)
      await vf.until(() => vf.interrupts[0])
      expect(vf.interrupts).toEqual([[MSI, 0x31]])
    }))
})
