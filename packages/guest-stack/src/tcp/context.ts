import type { Clock } from '@npa/core'
import type { Ipv4Layer } from '../ipv4-layer.js'
import type { TcpSettings } from '../settings.js'
import type { TransmitQueue } from '../transmit-queue.js'
import type { TcpConnection } from './connection.js'

/** What a connection finds below it. */
export interface TcpContext {
  /** Of the stack, for the timers' names. */
  readonly name: string
  readonly clock: Clock
  readonly settings: TcpSettings
  readonly ip: Ipv4Layer
  readonly transmit: TransmitQueue
  /** Greatest payload that fits a frame of this interface; what our MSS option says. */
  readonly mss: number
  /** Counts one under a name of `tcp.`. */
  count(name: string): void
  /** The connection is closed: it no longer receives segments. */
  remove(connection: TcpConnection): void
}
