import net from 'node:net'
import type { ClientChannel } from './client-channel.js'
import type { FunctionRegions } from './function-regions.js'
import { MsixMirror } from './msix-mirror.js'
import type { Connection, Descriptors, Listener, Platform } from './platform.js'
import { SharedFile } from './shared-file.js'
import type { PciFunction } from '@npa/pci'

/** Node closes the descriptors that come with messages, without a word. */
export const NO_DESCRIPTORS: Descriptors = { count: 0, lost: false, take: () => -1, discard: nobody }

/** Everything that Node itself can do: guest memory is the file at `memory`, interrupts are messages. */
export function pureNode(memory: string): Platform {
  return {
    listen,
    memory: (arena) => new SharedFile(arena, memory),
    interrupts: (fn: PciFunction, regions: FunctionRegions, channel: ClientChannel) =>
      new MsixMirror(fn, regions, channel),
  }
}

async function listen(path: string, connected: (connection: Connection) => void): Promise<Listener> {
  const server = net.createServer((socket) => connected(connection(socket)))
  await new Promise<void>((listening, failed) => {
    server.once('error', failed)
    server.listen(path, listening)
  })
  return { close: () => new Promise((done) => server.close(() => done())) }
}

function connection(socket: net.Socket): Connection {
  // What follows is the same for a client that closes, breaks, or dies.
  socket.on('error', nobody)
  return {
    descriptors: NO_DESCRIPTORS,
    get destroyed() {
      return socket.destroyed
    },
    get writableLength() {
      return socket.writableLength
    },
    write: (bytes) => socket.write(bytes),
    destroy: () => socket.destroy(),
    destroySoon: () => socket.destroySoon(),
    start: (reader, user) => {
      socket.on('data', (chunk) => {
        socket.cork()
        if (!reader.feed(chunk)) {
          socket.removeAllListeners('data')
          user.broken()
        }
        socket.uncork()
        user.caughtUp()
      })
      socket.on('close', () => user.closed())
    },
  }
}

function nobody(): void {
  /* nothing to do */
}
