import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command as PciCommand, Header, SriovCap } from '@npa/pci'
import { Client, Command, mapPayload, Region } from '@npa/vfio-user/testing'
import { onTestFinished } from 'vitest'
import { emptyFolder, start } from './command.js'
import type { Running } from './command.js'

/** Bytes of the guest's memory, all mapped at bus address 0. */
const MEMORY_BYTES = 1 << 20
/** Where Intel's chips have the SR-IOV capability. */
const SRIOV = 0x160

/** A card that the program serves, and its guest's memory. */
export interface ServedByCommand extends Running {
  readonly folder: string
  readonly memory: string
  /** Connects to a function's socket, negotiates, maps the memory, and lets it master the bus. */
  readonly client: (which: string) => Promise<Client>
}

/** `npa-nic serve` in this process, with these options besides; it ends with the test. */
export async function served(...options: string[]): Promise<ServedByCommand> {
  const folder = emptyFolder()
  const memory = join(folder, 'memory')
  writeFileSync(memory, Buffer.alloc(MEMORY_BYTES))
  const running = start('serve', '--sockets', folder, '--memory', memory, ...options)
  const clients = new Set<Client>()
  onTestFinished(async () => {
    for (const { socket } of clients) socket.destroy()
    running.interrupt()
    await running.code
  })
  await Promise.race([running.stdout.shows('A guest with it'), running.code])
  const client = async (which: string): Promise<Client> => {
    const connected = await Client.connect(join(folder, which))
    clients.add(connected)
    connected.socket.once('close', () => clients.delete(connected))
    await connected.version()
    await connected.errno(Command.dmaMap, mapPayload(0, MEMORY_BYTES, 0))
    await connected.write32(Region.config, Header.command, PciCommand.memory | PciCommand.busMaster)
    return connected
  }
  return { ...running, folder, memory, client }
}

/** Enables `count` virtual functions as Linux does, 0 disables them. */
export async function enable(pf: Client, count: number): Promise<void> {
  const register = (name: keyof typeof SriovCap, value: number): Promise<number> =>
    pf.write32(Region.config, SRIOV + SriovCap[name], value)
  if (count === 0) await register('control', 0)
  await register('numVfs', count)
  if (count > 0) await register('control', SriovCap.vfEnable | SriovCap.vfMemory)
}
