import { readFileSync } from 'node:fs'
import { PortCable } from '@npa/link-partner'
import { LINKTYPE_ETHERNET, PcapError, readPcap } from '@npa/wire'
import type { PcapPackets } from '@npa/wire'
import { reason, UserError } from '../user-error.js'
import type { Wire, WireParts } from './wire.js'

/** Frames of one turn, as fast as possible. */
const BURST = 32

/** How a capture is replayed. */
export interface Replay {
  readonly file: string
  /** With the times of the capture, or as fast as the card takes the frames. */
  readonly pace: 'recorded' | 'fast'
}

/**
 * Replays a capture into the card. It begins with the first frame that the card sends: a driver is up then. Throws a `UserError` that names
 * file and byte.
 */
export function pcapWire({ arena, scheduler, device, carrier, log }: WireParts, replay: Replay): Wire {
  const { bytes, packets } = load(replay.file)
  const cable = new PortCable(arena, scheduler, device)
  let next = 0
  let heard = 0
  let beganNs = 0
  const dueNs = (n: number): number =>
    replay.pace === 'fast' ? 0 : beganNs + Math.max(0, packets.timesNs[n] - packets.timesNs[0])
  const send = (): void => {
    const end = Math.min(packets.count, next + BURST)
    while (next < end && dueNs(next) <= scheduler.nowNs()) {
      const at = packets.offsets[next]
      cable.send(bytes.subarray(at, at + packets.lengths[next]))
      next++
    }
    if (next === packets.count) log(`${replay.file}: all ${packets.count} packets are replayed`)
    else timer.arm(Math.max(dueNs(next), scheduler.nowNs()))
  }
  const timer = scheduler.timer('replay', send)
  cable.receive = () => {
    if (heard++ > 0 || packets.count === 0) return
    log(`${replay.file}: the card speaks, ${packets.count} packets follow`)
    beganNs = scheduler.nowNs()
    timer.arm(beganNs)
  }
  carrier(true)
  return {
    counters: () => ({ frames: heard, replayed: next, lost: cable.lost }),
    send: (frame) => void cable.send(frame),
    close: () => timer.cancel(),
  }
}

function load(file: string): { bytes: Uint8Array; packets: PcapPackets } {
  let bytes: Uint8Array
  try {
    bytes = new Uint8Array(readFileSync(file))
  } catch (error) {
    throw new UserError(`--wire pcap:${file}: cannot be read: ${reason(error)}`)
  }
  try {
    const packets = readPcap(bytes)
    if (packets.linkType !== LINKTYPE_ETHERNET)
      throw new UserError(`--wire pcap:${file}: byte 20: link type ${packets.linkType}; expected 1, Ethernet`)
    const cut = packets.lengths.findIndex((length, n) => length !== packets.originalLengths[n])
    if (cut >= 0) throw new UserError(`--wire pcap:${file}: packet ${cut + 1} was cut when it was captured`)
    return { bytes, packets }
  } catch (error) {
    if (!(error instanceof PcapError)) throw error
    const pcapng = bytes[0] === 0x0a && bytes[1] === 0x0d
    const hint = pcapng ? '; this is pcapng: editcap -F pcap makes pcap of it' : ''
    throw new UserError(`--wire pcap:${file}: ${error.message}${hint}`)
  }
}
