import { Arena } from '@npa/memory'
import { Command as PciCommand, Header as Config, SriovCap } from '@npa/pci'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RealScheduler, serveCard } from './index.js'
import { Command, Errno, Region, RegionAccess } from './protocol.js'
import { accessPayload, irqPayload, words } from './testing/client.js'
import type { Client } from './testing/client.js'
import { Sample, SampleFunction } from './testing/sample-function.js'
import { assign, configure, enable, sriov, VF_BAR0, VF_BAR3, vfConfig, withCard } from './testing/served-card.js'
import { withServed } from './testing/served.js'
import { inEveryWay } from './testing/ways.js'

const { config } = Region
const NOBODY = 0xffffffff
const WHO = 0x56781234
const EXPRESS_CONTROL = Sample.express + 8

async function bulk(client: Client): Promise<Buffer> {
  const { payload } = await client.call(Command.regionRead, accessPayload(config, 0, 4096))
  return payload.subarray(RegionAccess.bytes)
}

/** Has a function write `word` to bus memory; true when it was allowed. */
async function store(client: Client, address: number, word: number): Promise<boolean> {
  await client.write32(0, Sample.chip, word)
  await client.write32(0, Sample.addressLo, address)
  await client.write32(0, Sample.bytes, 4)
  await client.write32(0, Sample.command, 2)
  return (await client.read32(0, Sample.command)) === 1
}

/** What a driver of a virtual function does first. */
async function start(vf: Client): Promise<void> {
  await vf.write32(config, Config.command, PciCommand.memory | PciCommand.busMaster)
}

/** Waits until the server has noticed that a client is gone. */
async function gone(client: Client, server: { readonly attached: boolean }): Promise<void> {
  client.socket.destroy()
  while (server.attached) await new Promise((later) => setImmediate(later))
}

inEveryWay((way) => {
  describe('what the emulator and its guest see', () => {
    test('the copy of configuration space shows SR-IOV as vendor-specific, a guest reads it as what it is', () =>
      withCard(way, 2, async ({ client }) => {
        const pf = await client('pf')
        const copy = await bulk(pf)
        expect(copy.readUInt16LE(Sample.sriov)).toBe(0x000b)
        expect(copy.readUInt16LE(Sample.sriov + SriovCap.totalVfs)).toBe(2)
        expect((await pf.read32(config, Sample.sriov)) & 0xffff).toBe(0x0010)
        const { payload } = await pf.call(Command.regionRead, accessPayload(config, Sample.sriov, 2))
        expect(payload.readUInt16LE(RegionAccess.bytes)).toBe(0x0010)
        // Only the id is changed.
        copy.writeUInt16LE(0x0010, Sample.sriov)
        for (let at = 0; at < 4096; at += 4)
          if (at !== Config.interruptLine) expect(copy.readUInt32LE(at)).toBe(await pf.read32(config, at))
      }))

    test('a function served alone keeps SR-IOV hidden: there would be no virtual functions', () =>
      withServed(way, async ({ client }) => {
        const it = await client()
        await it.version()
        expect((await bulk(it)).includes(Buffer.from([0x0b, 0, 1]))).toBe(false)
      }))

    test('the place of a virtual function has its regions and interrupts, and nobody is there', () =>
      withCard(way, 2, async ({ client, vfs }) => {
        const vf = await client('vf1')
        expect(await vf.read32(config, 0)).toBe(NOBODY)
        const sizes: number[] = []
        for (let region = 0; region <= config; region++) {
          const { payload } = await vf.call(Command.deviceGetRegionInfo, words(32, 0, region, 0, 0, 0, 0, 0))
          sizes.push(payload.readUInt32LE(16))
        }
        expect(sizes).toEqual([Sample.barBytes, 0, 0, 0x2000, 0, 0, 0, 4096])
        expect(await vf.read32(config, Config.bar0 + 12)).toBe(4)
        const { payload } = await vf.call(Command.deviceGetIrqInfo, words(16, 0, 2, 0))
        expect(payload.readUInt32LE(12)).toBe(Sample.vectors)
        await start(vf)
        await vf.write32(0, Sample.scratch, 5)
        expect(await vf.read32(0, Sample.scratch)).toBe(NOBODY)
        expect(await vf.errno(Command.deviceReset)).toBe(0)
        expect(await vf.map(0x100000, 0x1000, 0)).toBe(0)
        expect(await vf.errno(Command.deviceSetIrqs, irqPayload(0x24, 2, 0, 1))).toBe(0)
        expect(vfs[1].resets).toEqual([])
        expect(vfs[1].dma.open).toBe(false)
      }))

    test('the arguments name every function at its address', () =>
      withCard(way, 3, async ({ server, folder }) => {
        const devices = server.qemuArguments.filter((_, n) => n % 2 === 1).map((text) => JSON.parse(text) as object)
        expect(server.qemuArguments.filter((_, n) => n % 2 === 0)).toEqual(['-device', '-device', '-device', '-device'])
        const one = { driver: 'vfio-user-pci', 'x-no-posted-writes': true, multifunction: true }
        const at = (addr: string, name: string): object => ({
          ...one,
          addr,
          socket: { path: `${folder}/${name}`, type: 'unix' },
        })
        expect(devices).toEqual([at('2.0', 'pf'), at('12.0', 'vf0'), at('12.2', 'vf1'), at('12.4', 'vf2')])
        await Promise.resolve()
      }))

    test('a function without SR-IOV, and more virtual functions than bus 0 holds, are refused', async () => {
      const arena = new Arena(4 << 20)
      const scheduler = new RealScheduler()
      const card = (pf: SampleFunction): Promise<unknown> =>
        serveCard({ folder: '/nowhere', memory: '/nowhere/memory', pf, arena, scheduler })
      await expect(card(new SampleFunction(arena))).rejects.toThrow('no SR-IOV')
      const vfs = Array.from({ length: 53 }, () => new SampleFunction(arena, 'virtual'))
      await expect(card(new SampleFunction(arena, vfs))).rejects.toThrow('bus 0 has room for 52')
      scheduler.stop()
    })
  })

  describe('virtual functions', () => {
    test('appear with VF Enable, their memory placed after the reply, and disappear without it', () =>
      withCard(way, 3, async ({ client, server, vfs }) => {
        const pf = await client('pf')
        const [first, last] = [await client('vf0'), await client('vf2')]
        await assign(pf)
        await enable(pf, 2)
        const reply = pf.received.findLast(({ flags }) => (flags & 0xf) === 1)
        await pf.until(() => pf.interrupts[13])
        const place = pf.received.find(({ command }) => command === Command.dmaWrite)
        expect(pf.received.indexOf(reply ?? pf.received[0])).toBeLessThan(pf.received.indexOf(place ?? pf.received[0]))
        expect(pf.interrupts).toEqual(
          [0, 1].flatMap((vf) => [
            [vfConfig(vf, Config.bar0), VF_BAR0 + vf * Sample.barBytes],
            [vfConfig(vf, Config.bar0 + 4), 0],
            [vfConfig(vf, Config.bar0 + 8), 0],
            [vfConfig(vf, Config.bar0 + 12), vf * 0x2000],
            [vfConfig(vf, Config.bar0 + 16), VF_BAR3 / 2 ** 32],
            [vfConfig(vf, Config.bar0 + 20), 0],
            [vfConfig(vf, Config.command), PciCommand.memory],
          ]),
        )
        expect(server.enabled).toBe(2)
        expect(await last.read32(0, Sample.scratch)).toBe(NOBODY)
        await first.write32(0, Sample.scratch, 5)
        await configure(pf, 0, first)
        expect(await first.read32(config, Config.bar0)).toBe(VF_BAR0)
        expect((await first.read32(config, Config.command)) & 0xffff).toBe(PciCommand.memory)
        await enable(pf, 0)
        expect(await first.read32(0, Sample.scratch)).toBe(NOBODY)
        expect(await first.read32(config, 0)).toBe(NOBODY)
        await pf.until(() => pf.interrupts[15])
        expect(pf.interrupts.slice(14)).toEqual([
          [vfConfig(0, Config.command), 0],
          [vfConfig(1, Config.command), 0],
        ])
        expect(vfs[0].resets).toEqual(['power'])
        await enable(pf, 1)
        expect(await first.read32(0, Sample.scratch)).toBe(0)
      }))

    test('are placed when the physical function may master the bus, not before', () =>
      withCard(way, 1, async ({ client, server }) => {
        const pf = await client('pf')
        await sriov(pf, 'bar0', VF_BAR0)
        await enable(pf, 1)
        expect(server.enabled).toBe(1)
        await pf.read32(0, 0)
        expect(pf.interrupts).toEqual([])
        await pf.write32(config, Config.command, PciCommand.busMaster)
        await pf.until(() => pf.interrupts[6])
      }))

    test('move with the BARs of the physical function, whose page size keeps them apart; a driver goes on mastering the bus', () =>
      withCard(way, 2, async ({ client }) => {
        const pf = await client('pf')
        const vf = await client('vf1')
        await assign(pf)
        await sriov(pf, 'systemPageSize', 0x10)
        await enable(pf, 2)
        await start(vf)
        await pf.until(() => pf.interrupts[13])
        expect(pf.interrupts[7]).toEqual([vfConfig(1, Config.bar0), VF_BAR0 + 0x10000])
        await sriov(pf, 'control', SriovCap.vfEnable)
        await sriov(pf, 'bar0', VF_BAR0 + 0x100000)
        await sriov(pf, 'control', SriovCap.vfEnable | SriovCap.vfMemory)
        await pf.until(() => pf.interrupts[29])
        expect(pf.interrupts[15]).toEqual([vfConfig(1, Config.command), PciCommand.busMaster])
        expect(pf.interrupts[23]).toEqual([vfConfig(1, Config.bar0), VF_BAR0 + 0x110000])
        expect(pf.interrupts[29]).toEqual([vfConfig(1, Config.command), PciCommand.busMaster | PciCommand.memory])
      }))

    test('stand nowhere when their memory is put where no bus reaches, as all ones while it is sized', () =>
      withCard(way, 2, async ({ client }) => {
        const pf = await client('pf')
        await assign(pf)
        await enable(pf, 2)
        await pf.until(() => pf.interrupts[13])
        await pf.write32(config, Sample.sriov + SriovCap.bar0 + 12, NOBODY)
        await pf.write32(config, Sample.sriov + SriovCap.bar0 + 16, NOBODY)
        expect(await pf.read32(config, Sample.sriov + SriovCap.bar0 + 16)).toBe(NOBODY)
        expect(pf.interrupts.slice(-2)).toEqual([
          [vfConfig(0, Config.command), 0],
          [vfConfig(1, Config.command), 0],
        ])
        const before = pf.interrupts.length
        await assign(pf)
        await pf.until(() => pf.interrupts[before + 13])
        expect(pf.interrupts.at(-1)).toEqual([vfConfig(1, Config.command), PciCommand.memory])
      }))

    test('reach what their own client has mapped, and only that', () =>
      withCard(way, 2, async ({ client, ram }) => {
        const pf = await client('pf')
        const [a, b] = [await client('vf0'), await client('vf1')]
        await a.map(0x100000, 0x1000, 0x1000)
        await b.map(0x100000, 0x1000, 0x2000)
        await assign(pf)
        await enable(pf, 2)
        expect(await store(a, 0x100000, 1)).toBe(false)
        await start(a)
        await start(b)
        expect(await store(a, 0x100000, 0xaaaa)).toBe(true)
        expect(await store(b, 0x100004, 0xbbbb)).toBe(true)
        await pf.write32(0, 0, 0)
        expect(await store(pf, 0x100000, 0xcccc)).toBe(false)
        const file = ram.read()
        expect([file.readUInt32LE(0x1000), file.readUInt32LE(0x2004)]).toEqual([0xaaaa, 0xbbbb])
        file.fill(0, 0x1000, 0x2008)
        expect(file.equals(Buffer.alloc(file.length))).toBe(true)
      }))
  })

  describe('ends and resets', () => {
    test('a reset of one virtual function leaves the others', () =>
      withCard(way, 2, async ({ client, vfs }) => {
        const pf = await client('pf')
        const [a, b] = [await client('vf0'), await client('vf1')]
        await assign(pf)
        await enable(pf, 2)
        for (const it of [a, b, pf]) await it.write32(0, Sample.scratch, 7)
        await a.write32(config, EXPRESS_CONTROL, 0x8000)
        expect(await a.errno(Command.deviceReset)).toBe(0)
        expect([await a.read32(0, 0), await b.read32(0, 0), await pf.read32(0, 0)]).toEqual([0, 7, 7])
        expect(vfs.map(({ resets }) => resets)).toEqual([['function', 'function'], []])
      }))

    test('a reset of the physical function takes the virtual ones away, and stops what they were doing', () =>
      withCard(way, 2, async ({ client, server }) => {
        const pf = await client('pf')
        const vf = await client('vf0')
        await vf.map(0x100000, 0x1000, 0)
        await assign(pf)
        await enable(pf, 2)
        await start(vf)
        expect(await store(vf, 0x100000, 1)).toBe(true)
        await pf.write32(config, EXPRESS_CONTROL, 0x8000)
        expect(server.enabled).toBe(0)
        expect(await vf.read32(config, 0)).toBe(NOBODY)
        await start(vf)
        expect(await vf.read32(0, Sample.command)).toBe(NOBODY)
        await assign(pf)
        await enable(pf, 1)
        expect(await vf.read32(0, Sample.scratch)).toBe(0)
        expect(await store(vf, 0x100000, 2)).toBe(false)
      }))

    test('virtual functions disabled amid a burst of their work do none of it afterwards', () =>
      withCard(way, 1, async ({ client, ram, vfs }) => {
        const pf = await client('pf')
        const vf = await client('vf0')
        await vf.map(0x100000, 0x1000, 0)
        await assign(pf)
        await enable(pf, 1)
        await start(vf)
        await store(vf, 0x100000, 1)
        // Sent without waiting, from both sides.
        for (let n = 0; n < 200; n++) {
          if (n === 100)
            pf.send(Command.regionWrite, accessPayload(config, Sample.sriov + SriovCap.control, 4, words(0)))
          vf.send(Command.regionWrite, accessPayload(0, Sample.command, 4, words(2)))
          vf.send(Command.regionWrite, accessPayload(0, Sample.raise, 4, words(0)))
        }
        await pf.read32(0, 0)
        expect(await vf.read32(0, 0)).toBe(NOBODY)
        const file = ram.read()
        vf.send(Command.regionWrite, accessPayload(0, Sample.chip, 4, words(99)))
        vf.send(Command.regionWrite, accessPayload(0, Sample.command, 4, words(2)))
        await vf.read32(0, 0)
        expect(ram.read().equals(file)).toBe(true)
        expect(vfs[0].resets).toEqual(['power'])
      }))

    test('a client of a virtual function that dies takes nobody with it, and another may come', () =>
      withCard(way, 2, async ({ client, server, vfs }) => {
        const pf = await client('pf')
        const [a, b] = [await client('vf0'), await client('vf1')]
        await assign(pf)
        await enable(pf, 2)
        for (const it of [a, b, pf]) await it.write32(0, Sample.scratch, 7)
        await gone(a, server.vfs[0])
        expect(vfs.map(({ resets }) => resets)).toEqual([['power'], []])
        expect([await b.read32(0, 0), await pf.read32(0, 0), server.enabled]).toEqual([7, 7, 2])
        const next = await client('vf0')
        expect(await next.read32(0, Sample.scratch)).toBe(0)
        await next.map(0x100000, 0x1000, 0)
        await start(next)
        expect(await store(next, 0x100000, 1)).toBe(true)
      }))

    test('when the client of the physical function dies the virtual ones are gone, and are placed anew for the next', () =>
      withCard(way, 1, async ({ client, server }) => {
        const pf = await client('pf')
        const vf = await client('vf0')
        await assign(pf)
        await enable(pf, 1)
        await vf.write32(0, Sample.scratch, 7)
        await gone(pf, server.pf)
        expect(server.enabled).toBe(0)
        expect(await vf.read32(0, Sample.scratch)).toBe(NOBODY)
        const next = await client('pf')
        expect(await next.read32(config, 0)).toBe(WHO)
        await assign(next)
        await enable(next, 1)
        await next.until(() => next.interrupts[6])
        expect(await vf.read32(0, Sample.scratch)).toBe(0)
      }))

    test('48 virtual functions with a client each move memory at once, and vanish at once', () =>
      withCard(way, 48, async ({ client, ram, server }) => {
        const pf = await client('pf')
        const vfs: Client[] = []
        for (let vf = 0; vf < 48; vf++) vfs.push(await client(`vf${vf}`))
        for (const [vf, it] of vfs.entries()) expect(await it.map(0x100000, 0x1000, (vf % 16) * 0x1000)).toBe(0)
        await assign(pf)
        await enable(pf, 48)
        const moved = await Promise.all(
          vfs.map(async (it, vf) => {
            await start(it)
            return store(it, 0x100000 + 4 * vf, vf + 1)
          }),
        )
        expect(moved.every(Boolean)).toBe(true)
        const file = ram.read()
        for (let vf = 0; vf < 48; vf++) expect(file.readUInt32LE((vf % 16) * 0x1000 + 4 * vf)).toBe(vf + 1)
        for (const it of vfs.slice(0, 24)) it.socket.destroy()
        await enable(pf, 0)
        while (server.vfs.slice(0, 24).some(({ attached }) => attached))
          await new Promise((later) => setImmediate(later))
        for (const it of vfs.slice(24)) expect(await it.read32(config, 0)).toBe(NOBODY)
        expect(server.enabled).toBe(0)
      }))

    test('whatever clients do, a virtual function answers if and only if it is enabled', async () => {
      const step = fc.oneof(
        fc.nat(4).map((count) => ({ what: 'enable' as const, count })),
        fc.constant({ what: 'flr' as const, count: 0 }),
        fc.nat(2).map((count) => ({ what: 'die' as const, count })),
        fc.nat(2).map((count) => ({ what: 'reset' as const, count })),
        fc.constant({ what: 'pf dies' as const, count: 0 }),
        fc.integer({ min: 0, max: 0xffff }).map((count) => ({ what: 'control' as const, count })),
      )
      await withCard(way, 3, ({ client, server }) =>
        fc.assert(
          fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
            let pf = await client('pf')
            const vfs = [await client('vf0'), await client('vf1'), await client('vf2')]
            for (const { what, count } of steps) {
              if (what === 'enable') await enable(pf, count)
              else if (what === 'control') await sriov(pf, 'control', count)
              else if (what === 'flr') await pf.write32(config, EXPRESS_CONTROL, 0x8000)
              else if (what === 'reset') expect(await vfs[count].errno(Command.deviceReset)).not.toBe(Errno.invalid)
              else if (what === 'die') {
                await gone(vfs[count], server.vfs[count])
                vfs[count] = await client(`vf${count}`)
              } else {
                await gone(pf, server.pf)
                pf = await client('pf')
              }
              const number = (await pf.read32(config, Sample.sriov + SriovCap.numVfs)) & 0xffff
              const on = (await pf.read32(config, Sample.sriov + SriovCap.control)) & SriovCap.vfEnable
              expect(server.enabled).toBe(on === 0 ? 0 : number)
              for (const [vf, it] of vfs.entries()) {
                await it.write32(0, Sample.scratch2, 3)
                expect(await it.read32(0, Sample.scratch2)).toBe(vf < server.enabled ? 3 : NOBODY)
              }
            }
            await gone(pf, server.pf)
            for (const [vf, it] of vfs.entries()) await gone(it, server.vfs[vf])
          }),
          { numRuns: 40 },
        ),
      )
    })
  })
})
