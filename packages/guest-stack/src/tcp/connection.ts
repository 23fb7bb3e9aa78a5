import { WordsCache } from '../bytes.js'
import type { Waiter } from '../wait-list.js'
import type { TcpContext } from './context.js'
import { sendReset } from './emit.js'
import { output } from './output.js'
import { reassembly } from './reassembly.js'
import type { Reassembly } from './reassembly.js'
import { Ring } from './ring.js'
import { SoftTimer } from './soft-timer.js'
import type { Tcb, TcpState, TcpStatistics } from './tcb.js'
import { delayedAckFired, persistFired, retransmissionFired } from './timers.js'

/**
 * Why a connection ended: both sides closed in order, the peer reset it or refused it, nobody answered, no neighbour leads there,
 * or the program gave it up.
 */
export type CloseReason = 'closed' | 'reset' | 'refused' | 'timeout' | 'unreachable' | 'aborted'

/** What the program is to hear after an event; bits of `events`. */
export const Event = { connected: 1, readable: 2, writable: 4, acked: 8, closed: 16 } as const

/** What a connection writes to a report. */
function noStatistics(): TcpStatistics {
  return {
    segmentsSent: 0,
    dataSegmentsSent: 0,
    bytesSent: 0,
    segmentsReceived: 0,
    dataSegmentsReceived: 0,
    bytesReceived: 0,
    bytesAcked: 0,
    retransmissions: 0,
    timeouts: 0,
    fastRetransmits: 0,
    duplicateAcks: 0,
    outOfOrder: 0,
    windowProbes: 0,
    reassemblyDropped: 0,
  }
}

/** A TCP connection. Handlers run at the end of an event of the stack; whatever they call takes effect when they return. */
export class TcpConnection implements Waiter {
  onConnected: (() => void) | undefined
  /** New data, or the end of data, is there. Data that is left unread is not told of again until more comes. */
  onReadable: (() => void) | undefined
  /** After a `write` that took less than offered: half of the send buffer is free. */
  onWritable: (() => void) | undefined
  /** Everything written has been acknowledged. */
  onAcked: (() => void) | undefined
  /** The connection ended; with 'closed' it may linger in TIME-WAIT. Called once. */
  onClosed: ((reason: CloseReason) => void) | undefined

  /** From here on the stack's own: the program leaves it alone. */
  readonly context: TcpContext
  readonly tcb: Tcb
  readonly ranges: Reassembly
  readonly receiveLimit: number
  readonly ownScale: number
  readonly statistics: TcpStatistics = noStatistics()
  readonly retransmission: SoftTimer
  readonly persist: SoftTimer
  readonly delayedAck: SoftTimer
  readonly timeWait: SoftTimer
  waiting = 0
  /** Next in the chain of the connection table. */
  next: TcpConnection | undefined
  events = 0
  reason: CloseReason = 'closed'
  /** Inside an event: output follows at its end. */
  busy = false
  /** The persist timer fired: send although the window is small. */
  overrideSws = false
  /** Told of a passive connection when it is established. */
  accept: ((connection: TcpConnection) => void) | undefined
  #told = false
  #sendRing: Ring | undefined
  #receiveRing: Ring | undefined
  readonly #writeViews = new WordsCache()
  readonly #readViews = new WordsCache()

  /** Made by `TcpLayer`. */
  constructor(context: TcpContext, tcb: Tcb, id: number) {
    const { settings, clock, name } = context
    this.context = context
    this.tcb = tcb
    this.receiveLimit = settings.receiveBuffer
    let scale = 0
    while (settings.receiveBuffer >> scale > 0x10000) scale++
    this.ownScale = scale
    this.ranges = reassembly(settings.reassemblyRanges)
    const timer = (purpose: string, fire: (c: TcpConnection) => void): SoftTimer =>
      new SoftTimer(clock, `${name}.tcp.${id}.${purpose}`, () => {
        context.transmit.enter()
        this.busy = true
        fire(this)
        this.settle()
        context.transmit.leave()
      })
    this.retransmission = timer('retransmission', retransmissionFired)
    this.persist = timer('persist', persistFired)
    this.delayedAck = timer('delayedAck', delayedAckFired)
    this.timeWait = timer('timeWait', (c) => c.remove())
  }

  /** The buffers are made on first use: a SYN alone costs its receiver little. */
  get sendRing(): Ring {
    return (this.#sendRing ??= new Ring(this.context.settings.sendBuffer, this.tcb.iss + 1))
  }

  get receiveRing(): Ring {
    // The told window is rounded up to units of the scale.
    return (this.#receiveRing ??= new Ring(this.receiveLimit + (1 << this.tcb.rcvScale), this.tcb.irs + 1))
  }

  get state(): TcpState {
    return this.tcb.state
  }

  get remoteIp(): number {
    return this.tcb.remoteIp
  }

  get remotePort(): number {
    return this.tcb.remotePort
  }

  get localPort(): number {
    return this.tcb.localPort
  }

  /** Bytes to read. */
  get readable(): number {
    const { rcvNxt, rcvRead, finReceived } = this.tcb
    return ((rcvNxt - rcvRead) | 0) - (finReceived ? 1 : 0)
  }

  /** The peer has closed, and everything it sent has been read. */
  get ended(): boolean {
    return this.tcb.finReceived && this.readable === 0
  }

  /** Bytes written that are not yet acknowledged. */
  get unacknowledged(): number {
    const { state, sndEnd, sndUna, iss } = this.tcb
    const first = state === 'SYN-SENT' || state === 'SYN-RECEIVED' ? iss + 1 : sndUna
    return Math.max((sndEnd - first) | 0, 0)
  }

  /** Smoothed round trip, ns; -1 before the first measurement. */
  get rttNs(): number {
    return this.tcb.srttNs
  }

  /** Takes bytes to send, as many as there is room for, and returns their number; 0 once the sending side is closed. */
  write(u8: Uint8Array, at: number, length: number): number {
    const t = this.tcb
    if (t.finQueued || t.state === 'CLOSED') return 0
    const taken = Math.min(length, this.context.settings.sendBuffer - this.unacknowledged)
    if (taken < length) t.wantWritable = true
    if (taken <= 0) return 0
    this.sendRing.store(t.sndEnd, this.#writeViews.of(u8), at, taken)
    t.sndEnd = (t.sndEnd + taken) | 0
    this.resume()
    return taken
  }

  /** Reads up to `max` bytes into `into` and returns their number. */
  read(into: Uint8Array, at: number, max: number): number {
    const t = this.tcb
    const taken = Math.min(max, this.readable)
    if (taken <= 0) return 0
    this.receiveRing.load(t.rcvRead, this.#readViews.of(into), at, taken)
    t.rcvRead = (t.rcvRead + taken) | 0
    if (!this.busy) this.resume()
    return taken
  }

  /** Sends what was written, then FIN; the peer may still send. A connection that is not open yet, with nothing written, just ends. */
  close(): void {
    const t = this.tcb
    if (t.finQueued || t.state === 'CLOSED') return
    if (t.state === 'SYN-SENT' && this.unacknowledged === 0) {
      this.finish('closed')
      this.settleOutside()
      return
    }
    t.finQueued = true
    if (t.state === 'ESTABLISHED') t.state = 'FIN-WAIT-1'
    else if (t.state === 'CLOSE-WAIT') t.state = 'LAST-ACK'
    this.resume()
  }

  /** Resets the connection; the peer is told unless there is no room to. */
  abort(): void {
    const { state } = this.tcb
    if (state === 'CLOSED') return
    if (state !== 'SYN-SENT' && state !== 'TIME-WAIT') {
      this.context.transmit.enter()
      sendReset(this)
      this.context.transmit.leave()
    }
    this.finish('aborted')
    this.settleOutside()
  }

  /** For the layers below: there is room again. */
  resume(): void {
    if (this.busy) return
    this.context.transmit.enter()
    output(this)
    this.context.transmit.leave()
  }

  /** For address resolution: nobody answers at `neighbour`. */
  unreachable(neighbour: number): void {
    const { ip, settings } = this.context
    if (ip.nextHop(this.tcb.remoteIp) !== neighbour) {
      this.resume()
      return
    }
    const { state } = this.tcb
    if (state === 'SYN-SENT' || state === 'SYN-RECEIVED') {
      this.finish('unreachable')
      this.settleOutside()
    } else if (!this.retransmission.set) this.retransmission.start(settings.initialRtoNs)
  }

  /** Both sides have closed: what is left of the connection only answers stray segments. */
  enterTimeWait(): void {
    this.tcb.state = 'TIME-WAIT'
    this.#sendRing = undefined
    this.retransmission.end()
    this.persist.end()
    this.timeWait.start(this.context.settings.timeWaitNs)
    this.tell('closed')
  }

  /** Ends the connection and notes why; the program hears of it when the event settles. */
  finish(reason: CloseReason): void {
    this.tell(reason)
    this.remove()
  }

  /** Notes an end for the program, once. */
  tell(reason: CloseReason): void {
    if (this.#told) return
    this.#told = true
    this.reason = reason
    this.events |= Event.closed
  }

  /** Takes the connection out of the table, in state CLOSED. */
  remove(): void {
    if (this.tcb.state === 'CLOSED') return
    this.tcb.state = 'CLOSED'
    this.retransmission.end()
    this.persist.end()
    this.delayedAck.end()
    this.timeWait.end()
    this.context.remove(this)
  }

  /** The end of an event: the program's handlers, then output. */
  settle(): void {
    while (this.events !== 0) {
      const { events } = this
      this.events = 0
      if ((events & Event.connected) !== 0) {
        if (this.accept === undefined) this.onConnected?.()
        else this.accept(this)
      }
      if ((events & Event.readable) !== 0) this.onReadable?.()
      if ((events & Event.writable) !== 0) this.onWritable?.()
      if ((events & Event.acked) !== 0) this.onAcked?.()
      if ((events & Event.closed) !== 0) this.onClosed?.(this.reason)
    }
    this.busy = false
    output(this)
  }

  /** Settles unless an event is going on that will. */
  settleOutside(): void {
    if (this.busy) return
    this.busy = true
    this.context.transmit.enter()
    this.settle()
    this.context.transmit.leave()
  }
}
