import type { Arena } from '@npa/memory'
import type { RealScheduler } from '@npa/vfio-user'
import type { Port } from '@npa/wire'

/** What a far end is plugged in with. */
export interface WireParts {
  readonly arena: Arena
  readonly scheduler: RealScheduler
  /** The card's end of the cable; the far end connects itself to it. */
  readonly device: Port
  /** Told when the far end's carrier comes or goes. */
  readonly carrier: (up: boolean) => void
  readonly log: (what: string) => void
  /** Where the served card's own sockets are. */
  readonly folder: string
}

/** The far end of a port's cable. */
export interface Wire {
  /** What it saw, by name. */
  counters(): Readonly<Record<string, number>>
  /** Puts a frame on the cable towards the card. */
  send(frame: Uint8Array): void
  close(): void
}
