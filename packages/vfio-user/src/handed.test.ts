import { Arena } from '@npa/memory'
import { Command as PciCommand, Header as Config, SriovCap } from '@npa/pci'
import { expect, test } from 'vitest'
import { RealScheduler, serveCard } from './index.js'
import { Command, Region } from './protocol.js'
import { irqPayload, words } from './testing/client.js'
import type { Client } from './testing/client.js'
import { Sample, SampleFunction } from './testing/sample-function.js'
import { assign, enable, sriov, withCard } from './testing/served-card.js'
import type { ServedCard } from './testing/served-card.js'
import { inEveryWay, pureNode } from './testing/ways.js'
import type { Way } from './testing/ways.js'

const { config } = Region
const NOBODY = 0xffffffff
const WHO = 0x56791234
const REVISION = 0xff000001
const MSI = 0xfee01000
const BAR3 = 0xfd000000
const HANDED = 1

/** A card with two virtual functions, the second of another machine: the PF's client, and both that know the second. */
function withHanded(
  way: Way,
  work: (pf: Client, host: Client, other: Client, card: ServedCard) => Promise<void>,
): Promise<void> {
  const test = async (card: ServedCard): Promise<void> => {
    const pf = await card.client('pf')
    const [host, other] = [await card.client('vf1'), await card.client('vf1-handed')]
    await assign(pf)
    await work(pf, host, other, card)
  }
  return withCard(way, 2, test, [HANDED])
}

/** Has a function write `word` to bus memory; true when it was allowed. */
async function store(client: Client, address: number, word: number): Promise<boolean> {
  await client.write32(0, Sample.chip, word)
  await client.write32(0, Sample.addressLo, address)
  await client.write32(0, Sample.bytes, 4)
  await client.write32(0, Sample.command, 2)
  return (await client.read32(0, Sample.command)) === 1
}

async function start(vf: Client): Promise<void> {
  await vf.write32(config, Config.command, PciCommand.memory | PciCommand.busMaster)
}

inEveryWay((way) => {
  test('it appears to both machines when the physical function enables it, and disappears from both', () =>
    withHanded(way, async (pf, host, other) => {
      expect([await host.read32(config, 0), await other.read32(config, 0)]).toEqual([NOBODY, NOBODY])
      await enable(pf, 2)
      // The number of the device is in the physical function's capability alone.
      expect([await host.read32(config, 0), await other.read32(config, 0)]).toEqual([NOBODY, WHO])
      expect([await host.read32(config, 8), await other.read32(config, 8)]).toEqual([REVISION, REVISION])
      await enable(pf, 0)
      expect([await host.read32(config, 0), await other.read32(config, 0)]).toEqual([NOBODY, NOBODY])
      await enable(pf, 1)
      expect([await host.read32(config, 0), await other.read32(config, 0)]).toEqual([NOBODY, NOBODY])
    }))

  test('only its machine has its registers, its memory and its resets', () =>
    withHanded(way, async (pf, host, other, { ram, otherRam, vfs }) => {
      await host.map(0x100000, 0x1000, 0x1000)
      await other.map(0x100000, 0x1000, 0x2000)
      await enable(pf, 2)
      await start(other)
      expect(await store(other, 0x100000, 0xbbbb)).toBe(true)
      await host.write32(0, Sample.scratch, 5)
      await host.write32(config, Config.command, 0)
      expect(await host.errno(Command.deviceReset)).toBe(0)
      expect([await host.read32(0, Sample.scratch), await other.read32(0, Sample.scratch)]).toEqual([NOBODY, 0])
      expect(await store(other, 0x100004, 0xcccc)).toBe(true)
      expect(vfs[HANDED].resets).toEqual([])
      expect(await other.errno(Command.deviceReset)).toBe(0)
      expect(vfs[HANDED].resets).toEqual(['function'])
      const [file, otherFile] = [ram.read(), otherRam.read()]
      expect(file.equals(Buffer.alloc(file.length))).toBe(true)
      expect([otherFile.readUInt32LE(0x2000), otherFile.readUInt32LE(0x2004)]).toEqual([0xbbbb, 0xcccc])
    }))

  test('a machine that goes takes its own function down, and nothing else; the other comes and goes without effect on it', () =>
    withHanded(way, async (pf, host, other, { client, server, vfs }) => {
      await enable(pf, 2)
      const first = await client('vf0')
      for (const it of [first, other, pf]) await it.write32(0, Sample.scratch, 7)
      host.socket.destroy()
      while (server.vfs[HANDED].attached) await new Promise((later) => setImmediate(later))
      expect([vfs[HANDED].resets, await other.read32(0, 0)]).toEqual([[], 7])
      other.socket.destroy()
      while (server.handed.get(HANDED)?.server.attached === true) await new Promise((later) => setImmediate(later))
      expect(vfs[HANDED].resets).toEqual(['power'])
      const next = await client('vf1-handed')
      expect([await next.read32(0, 0), await first.read32(0, 0), await pf.read32(0, 0)]).toEqual([0, 7, 7])
      await sriov(pf, 'control', SriovCap.vfEnable)
      expect(server.enabled).toBe(2)
    }))

  test('its machine is told of it as of a device by itself', () =>
    withHanded(way, async (_pf, _host, _other, { server, folder }) => {
      const [, text] = server.handed.get(HANDED)?.qemuArguments ?? []
      expect(JSON.parse(text)).toMatchObject({ addr: '2.0', socket: { path: `${folder}/vf1-handed` } })
      expect(server.qemuArguments.length).toBe(6)
      await Promise.resolve()
    }))
})

test('its machine puts its BARs where it likes, and has its interrupts', () =>
  withHanded(pureNode, async (pf, host, other) => {
    await enable(pf, 2)
    await other.write32(config, Config.bar0 + 12, BAR3)
    await start(other)
    await other.write32(config, Sample.msix, 0x80000000)
    other.bus.set(BAR3 + 0x100, words(MSI, 0, 0x31, 0))
    await other.errno(Command.deviceSetIrqs, irqPayload(0x24, 2, 0, 1))
    await other.write32(0, Sample.raise, 0)
    await other.until(() => other.interrupts[0])
    expect([other.interrupts, host.interrupts]).toEqual([[[MSI, 0x31]], []])
  }))

test('a virtual function that cannot be is not handed', async () => {
  const arena = new Arena(4 << 20)
  const scheduler = new RealScheduler()
  const pf = new SampleFunction(arena, [new SampleFunction(arena, 'virtual')])
  const handed = new Map([[1, '/nowhere/other']])
  const served = serveCard({ folder: '/nowhere', memory: '/nowhere/memory', pf, arena, scheduler, handed })
  await expect(served).rejects.toThrow('no such virtual function')
  scheduler.stop()
})
