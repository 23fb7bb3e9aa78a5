import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Arena } from '@npa/memory'
import { Command as PciCommand, Header as Config, SriovCap } from '@npa/pci'
import { RealScheduler, serveCard } from '../index.js'
import type { CardServer } from '../index.js'
import { Region } from '../protocol.js'
import { Client } from './client.js'
import { Sample, SampleFunction } from './sample-function.js'
import { MEMORY_BYTES } from './served.js'
import type { GuestRam, Way } from './ways.js'

/** Where the tests' machine has configuration spaces, and its guest the arrays of the virtual functions' BARs. */
const ECAM = 0xb0000000
export const VF_BAR0 = 0xe0000000
export const VF_BAR3 = 0x8_0000_0000
const PF_RID = 0x10

/** A card of sample functions on its sockets, in a folder of its own. */
export interface ServedCard {
  readonly server: CardServer
  readonly pf: SampleFunction
  readonly vfs: readonly SampleFunction[]
  readonly folder: string
  readonly ram: GuestRam
  /** Of the machine that has what was handed. */
  readonly otherRam: GuestRam
  readonly log: string[]
  /** Connects to a socket, negotiates and sets the function on the bus as firmware does. */
  readonly client: (which: string) => Promise<Client>
}

/** Bus address of a register in the configuration space of a virtual function. */
export function vfConfig(vf: number, register: number): number {
  return ECAM + (PF_RID + Sample.firstVfOffset + vf * Sample.vfStride) * 4096 + register
}

/** Runs a test with a served card, of which another machine may have virtual functions, and takes everything away after it. */
export async function withCard(
  way: Way,
  count: number,
  test: (card: ServedCard) => Promise<void>,
  handed: readonly number[] = [],
): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vfio-user-'))
  const [ram, otherRam] = ['memory', 'other-memory'].map((name) => way.ram(folder, name, MEMORY_BYTES))
  const arena = new Arena(1 << 20)
  const vfs = Array.from({ length: count }, () => new SampleFunction(arena, 'virtual'))
  const pf = new SampleFunction(arena, vfs)
  const scheduler = new RealScheduler()
  const log: string[] = []
  const tell = (which: string, what: string): void => void log.push(`${which}: ${what}`)
  const where = way.native === undefined ? { memory: ram.path } : { accelerator: way.native.accelerator }
  const there = new Map(handed.map((vf) => [vf, otherRam.path]))
  const server = await serveCard({ ...where, folder, pf, arena, scheduler, log: tell, handed: there })
  for (const fn of [pf, ...vfs]) fn.resets.length = 0
  const clients: Client[] = []
  const client = async (which: string): Promise<Client> => {
    const connected = await Client.connect(path.join(folder, which), way.native?.sender)
    if (way.native !== undefined) connected.memory = (which.endsWith('-handed') ? otherRam : ram).fd
    clients.push(connected)
    await connected.version()
    return connected
  }
  try {
    await test({ server, pf, vfs, folder, ram, otherRam, log, client })
  } finally {
    for (const { socket: end } of clients) end.destroy()
    await server.close()
    scheduler.stop()
    for (const { fd } of [ram, otherRam]) fs.closeSync(fd)
    fs.rmSync(folder, { recursive: true })
  }
}

/** A register of the SR-IOV capability. */
export async function sriov(pf: Client, register: keyof typeof SriovCap, value: number): Promise<void> {
  await pf.write32(Region.config, Sample.sriov + SriovCap[register], value)
}

/** What firmware and the PCI core write before a driver comes: addresses, and leave to master the bus. */
export async function assign(pf: Client): Promise<void> {
  await sriov(pf, 'bar0', VF_BAR0)
  await pf.write32(Region.config, Sample.sriov + SriovCap.bar0 + 12, VF_BAR3 % 2 ** 32)
  await pf.write32(Region.config, Sample.sriov + SriovCap.bar0 + 16, Math.floor(VF_BAR3 / 2 ** 32))
  await pf.write32(Region.config, Config.command, PciCommand.memory | PciCommand.busMaster)
}

/** Enables `count` virtual functions as Linux does, 0 disables them. */
export async function enable(pf: Client, count: number): Promise<void> {
  if (count === 0) await sriov(pf, 'control', 0)
  await sriov(pf, 'numVfs', count)
  if (count > 0) await sriov(pf, 'control', SriovCap.vfEnable | SriovCap.vfMemory)
}

/** What a machine does with words written to configuration spaces: takes those so far to the function. */
export async function configure(pf: Client, vf: number, to: Client): Promise<void> {
  for (const [address, word] of pf.interrupts) {
    const register = address - vfConfig(vf, 0)
    if (register >= 0 && register < 4096) await to.write32(Region.config, register, word)
  }
}
