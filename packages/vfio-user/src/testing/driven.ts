import { Command as PciCommand, Header as Config } from '@npa/pci'
import { Region } from '../protocol.js'
import type { Client } from './client.js'
import { Sample } from './sample-function.js'

const { config } = Region
/** Where the client puts BAR0 and BAR2. */
const TABLE_BAR = 0xfe000000
export const TABLE: number = TABLE_BAR + 0x100
export const MSI = 0xfee01000

/** Attached, with the first half of the file mapped at 1 MiB, BARs placed and the bus mastered. */
export async function ready(client: Client): Promise<void> {
  await client.version()
  if ((await client.map(0x100000, 0x8000, 0)) !== 0) throw new Error('the map was refused')
  await client.write32(config, Config.bar0 + 8, TABLE_BAR)
  await client.write32(config, Config.command, PciCommand.memory | PciCommand.busMaster)
}

/** Has the function move bus memory; true when it was allowed. */
export async function dma(client: Client, command: 1 | 2, address: number, bytes: number): Promise<boolean> {
  await client.write32(0, Sample.addressLo, address)
  await client.write32(0, Sample.addressHi, 0)
  await client.write32(0, Sample.bytes, bytes)
  await client.write32(0, Sample.command, command)
  return (await client.read32(0, Sample.command)) === 1
}
