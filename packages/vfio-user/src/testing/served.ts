import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Arena } from '@npa/memory'
import { RealScheduler, serveFunction } from '../index.js'
import type { FunctionServer } from '../index.js'
import { Client } from './client.js'
import { SampleFunction } from './sample-function.js'
import type { GuestRam, Way } from './ways.js'

export const MEMORY_BYTES = 0x10000

/** A sample function on a socket, in a folder of its own. */
export interface Served {
  readonly server: FunctionServer
  readonly fn: SampleFunction
  readonly scheduler: RealScheduler
  readonly socket: string
  readonly ram: GuestRam
  readonly log: string[]
  readonly client: () => Promise<Client>
}

/** Runs a test with a served sample, and takes everything away after it. */
export async function withServed(way: Way, test: (served: Served) => Promise<void>): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vfio-user-'))
  const socket = path.join(folder, 'socket')
  const ram = way.ram(folder, 'memory', MEMORY_BYTES)
  const arena = new Arena(1 << 20)
  const fn = new SampleFunction(arena)
  const scheduler = new RealScheduler()
  const log: string[] = []
  const where = way.native === undefined ? { memory: ram.path } : { accelerator: way.native.accelerator }
  const server = await serveFunction({ ...where, socket, fn, arena, scheduler, log: (what) => log.push(what) })
  const clients: Client[] = []
  const client = async (): Promise<Client> => {
    const connected = await Client.connect(socket, way.native?.sender)
    if (way.native !== undefined) connected.memory = ram.fd
    clients.push(connected)
    return connected
  }
  try {
    await test({ server, fn, scheduler, socket, ram, log, client })
  } finally {
    for (const { socket: end } of clients) end.destroy()
    await server.close()
    scheduler.stop()
    fs.closeSync(ram.fd)
    fs.rmSync(folder, { recursive: true })
  }
}
