import { Csum, frameSegments, randomStream, VirtualScheduler } from '@npa/core'
import type { FrameSegments, NetDevice, NetDeviceUser } from '@npa/core'
import {
  arp,
  BROADCAST,
  ethernet,
  finishCsum,
  IpProtocol,
  ipv4,
  pseudoIpv4,
  putU16be,
  tcp,
  tcpOptions,
} from '@npa/wire'
import type { GuestStackOptions } from '../options.js'
import { GuestStack } from '../stack.js'
import { PacketPool } from './packet-pool.js'

export const OWN_IP: number = ipv4.parseAddress('10.0.0.1')
export const PEER_IP: number = ipv4.parseAddress('10.0.0.2')
export const OWN_MAC: Uint8Array = Uint8Array.of(2, 0, 0, 0, 0, 1)
export const PEER_MAC: Uint8Array = Uint8Array.of(2, 0, 0, 0, 0, 2)
export const OWN_PORT = 5000
export const PEER_PORT = 80
/** First sequence numbers of the stack and of the script, so that a script can count from them. */
export const OWN_ISS = 0xfffffff0
export const PEER_ISS = 0x7ffffff0

const LETTERS: readonly [string, number][] = [
  ['S', tcp.Flag.syn],
  ['F', tcp.Flag.fin],
  ['R', tcp.Flag.rst],
  ['P', tcp.Flag.psh],
  ['.', tcp.Flag.ack],
]

/** A segment for the stack; numbers count from the two first sequence numbers. */
export interface Scripted {
  /** Letters S F R P and . for ACK. */
  readonly flags: string
  readonly seq: number
  readonly ack?: number
  readonly window?: number
  readonly length?: number
  readonly mss?: number
  readonly scale?: number
}

/** A device whose other end is the test: what the stack sends is written down, what it receives is made up. */
export class ScriptedPeer implements NetDevice {
  readonly mac: Uint8Array = OWN_MAC
  readonly mtu: number = 1500
  readonly buffers: PacketPool
  readonly scheduler: VirtualScheduler = new VirtualScheduler()
  readonly stack: GuestStack
  /** Frames as sent, and their offload words. */
  frames: Uint8Array[] = []
  words: { csumStart: number; csumOffset: number; vlan: number; count: number }[] = []
  flushes = 0
  refuse = false
  /** ARP requests for the peer are answered, a little later. */
  answers = false
  /** Sent buffers are kept until this is cleared by `release`. */
  keep = false
  readonly #kept: number[] = []
  readonly #frame = frameSegments()
  #user: NetDeviceUser | undefined
  #read = 0
  readonly #answer = this.scheduler.timer('answer', () =>
    this.receive(arpFrame(arp.Operation.reply, PEER_MAC, PEER_IP, OWN_IP)),
  )
  /** Only so that time passes. */
  readonly #alarm = this.scheduler.timer('alarm', () => undefined)

  constructor(options: Partial<GuestStackOptions> = {}, buffers = 64, bufferSize = 2048) {
    this.buffers = new PacketPool(buffers, bufferSize)
    this.stack = new GuestStack({
      clock: this.scheduler,
      device: this,
      random: randomStream(1, 'stack'),
      ip: '10.0.0.1',
      ...options,
      tcp: { initialSequence: OWN_ISS, ...options.tcp },
    })
  }

  attach(user: NetDeviceUser): void {
    this.#user = user
  }

  transmit(frame: FrameSegments): boolean {
    if (this.refuse) return false
    const { buffer, offset, length, count, csumStart, csumOffset, vlan } = frame
    const parts: number[] = []
    for (let i = 0; i < count; i++) {
      const at = buffer[i] * this.buffers.size + offset[i]
      parts.push(...this.buffers.u8.subarray(at, at + length[i]))
      if (this.keep) this.#kept.push(buffer[i])
      else this.buffers.free(buffer[i])
    }
    this.frames.push(Uint8Array.from(parts))
    if (this.answers && parts[12] === 8 && parts[13] === 6) this.#answer.arm(this.scheduler.nowNs() + 1)
    this.words.push({ csumStart, csumOffset, vlan, count })
    return true
  }

  flush(): void {
    this.flushes++
  }

  release(): void {
    this.keep = false
    for (const buffer of this.#kept.splice(0)) this.buffers.free(buffer)
  }

  wake(): void {
    this.refuse = false
    this.#user?.wake()
  }

  /** The stack knows us, and we have forgotten what it said so far. */
  introduce(): this {
    this.receive(arpFrame(arp.Operation.request, PEER_MAC, PEER_IP, OWN_IP))
    this.forget()
    return this
  }

  forget(): void {
    this.frames = []
    this.words = []
    this.#read = 0
  }

  /** Frames reach the stack only as long as it has buffers for them. */
  receive(bytes: Uint8Array, csum: number = Csum.none, tag = -1): void {
    const buffer = this.buffers.alloc()
    if (buffer < 0) throw new Error('no buffer for a scripted frame')
    this.buffers.u8.set(bytes, buffer * this.buffers.size)
    const frame = this.#frame
    frame.count = 1
    frame.buffer[0] = buffer
    frame.offset[0] = 0
    frame.length[0] = bytes.length
    frame.csum = csum
    frame.vlan = tag
    this.#user?.receive(frame)
  }

  send(segment: Scripted): void {
    this.receive(tcpFrame(segment))
  }

  /** Lets `ns` pass. */
  pass(ns: number): void {
    this.#until(this.scheduler.nowNs() + ns, () => undefined)
  }

  /** TCP segments sent since last asked, as `flags seq+length ack window`. */
  sent(): string[] {
    const lines = this.frames.slice(this.#read).filter(isTcp).map(describeSegment)
    this.#read = this.frames.length
    return lines
  }

  /** Segments with their time in ms, over `ns` of silence. */
  timeline(ns: number): string[] {
    const lines: string[] = []
    const note = (): void => {
      for (const line of this.sent()) lines.push(`${this.scheduler.nowNs() / 1e6}: ${line}`)
    }
    this.#until(this.scheduler.nowNs() + ns, note)
    note()
    return lines
  }

  /** Runs to an instant, and what is due at it, even when nothing is. */
  #until(endNs: number, each: () => void): void {
    const step = (): boolean => {
      each()
      return false
    }
    this.scheduler.run(step, endNs)
    if (this.scheduler.nowNs() === endNs) return
    this.#alarm.arm(endNs)
    this.scheduler.run(step, endNs)
  }
}

function isTcp(frame: Uint8Array): boolean {
  return ethernet.etherType(frame, 0) === ethernet.EtherType.ipv4 && ipv4.protocol(frame, 14) === IpProtocol.tcp
}

function describeSegment(frame: Uint8Array): string {
  const at = 14 + ipv4.headerBytes(frame, 14)
  const header = tcp.headerBytes(frame, at)
  const length = ipv4.totalLength(frame, 14) - ipv4.headerBytes(frame, 14) - header
  const bits = tcp.flags(frame, at)
  const letters = LETTERS.map(([letter, bit]) => ((bits & bit) !== 0 ? letter : '')).join('')
  const seq = (tcp.sequence(frame, at) - OWN_ISS) | 0
  const ack = (bits & tcp.Flag.ack) !== 0 ? ` ack ${(tcp.acknowledgment(frame, at) - PEER_ISS) | 0}` : ''
  return `${letters} ${seq}+${length}${ack} win ${tcp.window(frame, at)}`
}

/** A frame to the stack from the peer's port 80 to its port 5000, or the other way round for a listener: `reverse`. */
export function tcpFrame(segment: Scripted): Uint8Array {
  const { flags, seq, ack = 0, window = 65535, length = 0, mss, scale } = segment
  const options = (mss === undefined ? 0 : 4) + (scale === undefined ? 0 : 4)
  const header = tcp.HEADER_BYTES + options
  const frame = new Uint8Array(14 + 20 + header + length)
  const bits = LETTERS.reduce((sum, [letter, bit]) => sum + (flags.includes(letter) ? bit : 0), 0)
  ethernet.emit(frame, 0, OWN_MAC, PEER_MAC, ethernet.EtherType.ipv4)
  ipv4.emit(frame, 14, 20 + header + length, 1, 64, IpProtocol.tcp, PEER_IP, OWN_IP)
  tcp.emit(frame, 34, PEER_PORT, OWN_PORT, PEER_ISS + seq, OWN_ISS + ack, header, bits, window)
  let next = 54
  if (mss !== undefined) next = tcpOptions.emitMss(frame, next, mss)
  if (scale !== undefined) tcpOptions.emitWindowScale(frame, next, scale)
  for (let i = 0; i < length; i++) frame[34 + header + i] = (seq + i) * 7
  completeCsum(frame, tcp.Field.checksum)
  return frame
}

/** Computes the L4 checksum of an untagged frame; `field` is its offset behind the IP header of 20 bytes. */
export function completeCsum(frame: Uint8Array, field: number): void {
  const l4 = ipv4.totalLength(frame, 14) - 20
  putU16be(frame, 34 + field, pseudoIpv4(frame, 14, ipv4.protocol(frame, 14), l4))
  finishCsum(frame, 0, 34 + l4, 34, field)
}

export function arpFrame(operation: number, mac: Uint8Array, ip: number, target: number): Uint8Array {
  const frame = new Uint8Array(60)
  ethernet.emit(frame, 0, BROADCAST, mac, ethernet.EtherType.arp)
  arp.emit(frame, 14, operation, mac, ip, new Uint8Array(6), target)
  return frame
}
