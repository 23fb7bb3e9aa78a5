import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Arena } from '@npa/memory'
import { RealScheduler, serveFunction } from '../index.js'
import type { FunctionServer } from '../index.js'
import { Client } from './client.js'
import { SampleFunction } from './sample-function.js'

export const MEMORY_BYTES = 0x10000

/** A sample function on a socket, in a folder of its own. */
export interface Served {
  readonly server: FunctionServer
  readonly fn: SampleFunction
  readonly socket: string
  readonly memory: string
  readonly log: string[]
  readonly client: () => Promise<Client>
}

/** Runs a test with a served sample, and takes everything away after it. */
export async function withServed(test: (served: Served) => Promise<void>): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vfio-user-'))
  const socket = path.join(folder, 'socket')
  const memory = path.join(folder, 'memory')
  fs.writeFileSync(memory, Buffer.alloc(MEMORY_BYTES))
  const arena = new Arena(1 << 20)
  const fn = new SampleFunction(arena)
  const scheduler = new RealScheduler()
  const log: string[] = []
  const server = await serveFunction({ socket, memory, fn, arena, scheduler, log: (what) => log.push(what) })
  const clients: Client[] = []
  const client = async (): Promise<Client> => {
    const connected = await Client.connect(socket)
    clients.push(connected)
    return connected
  }
  try {
    await test({ server, fn, socket, memory, log, client })
  } finally {
    for (const { socket: end } of clients) end.destroy()
    await server.close()
    scheduler.stop()
    fs.rmSync(folder, { recursive: true })
  }
}
