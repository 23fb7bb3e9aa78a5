import type { Arp } from './arp.js'
import type { IcmpLayer, Ping } from './icmp-layer.js'
import type { TcpConnection } from './tcp/connection.js'
import type { Ring } from './tcp/ring.js'
import type { Tcb, TcpStatistics } from './tcp/tcb.js'
import type { TcpLayer } from './tcp/tcp-layer.js'
import { formatMac } from '@npa/wire'

/** A neighbour; times in ns, -1 for never. */
export interface SavedNeighbour {
  readonly ip: number
  readonly mac: string
  readonly known: boolean
  readonly tries: number
  readonly dueNs: number
  readonly staleNs: number
}

/** A connection: its block, its buffers in hexadecimal, its deadlines in ns (-1: unset). */
export interface SavedConnection {
  readonly tcb: Tcb
  readonly statistics: TcpStatistics
  /** Bytes from `sndUna` to `sndEnd`, and from `rcvRead` to `rcvNxt`. */
  readonly unacknowledged: string
  readonly unread: string
  /** Out-of-order ranges: first and end sequence number, and their bytes. */
  readonly ranges: readonly { readonly start: number; readonly end: number; readonly bytes: string }[]
  readonly deadlines: {
    readonly retransmission: number
    readonly persist: number
    readonly delayedAck: number
    readonly timeWait: number
  }
}

/** A stack's state. */
export interface SavedStack {
  readonly name: string
  readonly ip: number
  readonly mac: string
  readonly identification: number
  readonly neighbours: readonly SavedNeighbour[]
  readonly pings: readonly Ping[]
  readonly connections: readonly SavedConnection[]
}

/** Collects it; nothing of the result is shared with the stack. */
export function saveStack(
  name: string,
  ip: number,
  mac: Uint8Array,
  identification: number,
  arp: Arp,
  icmp: IcmpLayer,
  tcp: TcpLayer,
): SavedStack {
  return {
    name,
    ip,
    mac: formatMac(mac),
    identification,
    neighbours: Array.from(arp.entries.values(), (entry) => ({
      ip: entry.ip,
      mac: formatMac(entry.mac),
      known: entry.known,
      tries: entry.tries,
      dueNs: finite(entry.dueNs),
      staleNs: entry.staleNs,
    })),
    pings: icmp.pings.map((ping) => ({ ...ping })),
    connections: Array.from(tcp.table.all(), saveConnection),
  }
}

function saveConnection(c: TcpConnection): SavedConnection {
  const { tcb, ranges } = c
  const { unacknowledged, readable } = c
  const held = []
  for (let i = 0; i < ranges.count; i++) {
    const start = ranges.starts[i]
    const end = ranges.ends[i]
    held.push({ start, end, bytes: hex(c.receiveRing, start, (end - start) | 0) })
  }
  return {
    tcb: { ...tcb },
    statistics: { ...c.statistics },
    unacknowledged: unacknowledged === 0 ? '' : hex(c.sendRing, (tcb.sndEnd - unacknowledged) | 0, unacknowledged),
    unread: readable === 0 ? '' : hex(c.receiveRing, tcb.rcvRead, readable),
    ranges: held,
    deadlines: {
      retransmission: finite(c.retransmission.deadlineNs),
      persist: finite(c.persist.deadlineNs),
      delayedAck: finite(c.delayedAck.deadlineNs),
      timeWait: finite(c.timeWait.deadlineNs),
    },
  }
}

/** JSON has no infinity. */
function finite(timeNs: number): number {
  return timeNs === Infinity ? -1 : timeNs
}

function hex(ring: Ring, seq: number, length: number): string {
  return Array.from(ring.copy(seq, length), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
