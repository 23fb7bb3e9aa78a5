import type { GuestStackOptions } from '../options.js'
import type { TcpSettings } from '../settings.js'
import type { TcpConnection } from '../tcp/connection.js'
import { OWN_PORT, PEER_IP, PEER_PORT, ScriptedPeer } from './scripted-peer.js'

/** A connection that the stack has opened at time 0, with an MSS of 1000 and a window of 65535, and its script. */
export function establish(
  settings: Partial<TcpSettings> = {},
  options: Partial<GuestStackOptions> = {},
  window = 65535,
): { peer: ScriptedPeer; c: TcpConnection; closed: string[] } {
  const peer = new ScriptedPeer({ ...options, tcp: settings }).introduce()
  peer.answers = true
  const c = peer.stack.connect(PEER_IP, PEER_PORT, OWN_PORT)
  const closed: string[] = []
  c.onClosed = (reason) => closed.push(reason)
  peer.send({ flags: 'S.', seq: 0, ack: 1, mss: 1000, window })
  peer.sent()
  return { peer, c, closed }
}

/** Writes `n` bytes. */
export function write(c: TcpConnection, n: number): number {
  return c.write(new Uint8Array(n), 0, n)
}

/** Reads everything. */
export function readAll(c: TcpConnection): number {
  return c.read(new Uint8Array(1 << 20), 0, 1 << 20)
}
