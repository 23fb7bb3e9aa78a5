import path from 'node:path'
import { ipv4 } from '@npa/wire'
import { UserError } from '../user-error.js'
import { PEER_IP } from './peer-wire.js'

/** What `--wire` asks for: somebody at the far end. */
export type FarSpec =
  | { readonly kind: 'loop' }
  | { readonly kind: 'peer'; readonly ip: string }
  | { readonly kind: 'pcap'; readonly file: string; readonly pace: 'recorded' | 'fast' }
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'nic'; readonly folder: string }

/** … or a file that shows what passes. */
type WireSpec = FarSpec | { readonly kind: 'capture'; readonly file: string }

const KINDS = 'loop, peer, peer:ADDRESS, pcap:FILE, pcap:FILE,fast, capture:FILE, socket:PATH, nic:FOLDER'

/** Throws a `UserError` that lists what there is. */
function parseWire(text: string): WireSpec {
  const colon = text.indexOf(':')
  const kind = colon < 0 ? text : text.slice(0, colon)
  const value = colon < 0 ? '' : text.slice(colon + 1)
  if (kind === 'loop' && value === '') return { kind }
  if (kind === 'peer') return { kind, ip: address(value === '' ? PEER_IP : value) }
  if (value === '' || !['pcap', 'capture', 'socket', 'nic'].includes(kind))
    throw new UserError(`--wire ${text}: no such far end: there are ${KINDS}`)
  if (kind === 'pcap') {
    const fast = value.endsWith(',fast')
    return { kind, file: fast ? value.slice(0, -',fast'.length) : value, pace: fast ? 'fast' : 'recorded' }
  }
  if (kind === 'capture') return { kind, file: value }
  if (kind === 'socket') return { kind, path: value }
  return { kind: 'nic', folder: path.resolve(value) }
}

/** The one far end and the captures on the way to it. Throws a `UserError` for two far ends. */
export function parseWires(texts: readonly string[]): {
  readonly far: FarSpec | undefined
  readonly captures: string[]
} {
  const specs = texts.map((text) => parseWire(text))
  const captures = specs.flatMap((spec) => (spec.kind === 'capture' ? [spec.file] : []))
  const ends = specs.filter((spec): spec is FarSpec => spec.kind !== 'capture')
  if (ends.length > 1) throw new UserError('--wire: a cable has one far end; only capture: goes with another one')
  const twice = captures.find((file, n) => captures.indexOf(file) !== n)
  if (twice !== undefined) throw new UserError(`--wire capture:${twice}: this file is written already`)
  return { far: ends.at(0), captures }
}

function address(text: string): string {
  try {
    ipv4.parseAddress(text)
    return text
  } catch {
    throw new UserError(`--wire peer:${text}: expected an IPv4 address such as ${PEER_IP}`)
  }
}
