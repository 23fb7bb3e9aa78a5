import type { Arena } from '@npa/memory'
import type { PciFunction } from '@npa/pci'
import type { BackingSource } from './backing.js'
import type { ClientChannel, ClientSocket } from './client-channel.js'
import type { FunctionRegions } from './function-regions.js'
import type { Interrupts } from './interrupts.js'
import type { MessageReader } from './message-reader.js'

/** File descriptors that came with the message being executed. */
export interface Descriptors {
  readonly count: number
  /** Whether some more came and are lost. */
  readonly lost: boolean
  /** The next one, which is the caller's to close from now on; -1 when there is none. */
  take(): number
  /** Closes what nobody took: the message is done. */
  discard(): void
}

/** Told what happens on a connection; never from within a call to it. */
export interface ConnectionUser {
  /** Some of what had arrived has gone to the reader, and the replies are on their way. */
  caughtUp(): void
  /** The reader has met a length that cannot be; nothing more will be read. */
  broken(): void
  /** It is over, whoever ended it. */
  closed(): void
}

/** A connection to one client. */
export interface Connection extends ClientSocket {
  readonly descriptors: Descriptors
  /** Begins to feed the reader. */
  start(reader: MessageReader, user: ConnectionUser): void
  /** Ends it when what was written is on its way. */
  destroySoon(): void
}

/** A socket that clients connect to. */
export interface Listener {
  /** No more clients; those that there are stay. Resolves when the socket is gone. */
  close(): Promise<void>
}

/**
 * What a server needs of the operating system: connections, the guest's memory, and a way for interrupts. There is one of pure Node and one
 * with native help; the protocol is the same.
 */
export interface Platform {
  /** Rejects with an `Error` when the path cannot be listened on. */
  listen(path: string, connected: (connection: Connection) => void): Promise<Listener>
  /** Guest memory of one client; `arena` is where the function has its own. */
  memory(arena: Arena): BackingSource
  /** The way of a function's interrupts to one client. */
  interrupts(fn: PciFunction, regions: FunctionRegions, channel: ClientChannel): Interrupts
}
