import path from 'node:path'
import { Counters } from '@npa/core'
import { CapturePort, join, MeterPort } from '@npa/wire'
import type { Port, TwoPort } from '@npa/wire'
import { CaptureFile } from './capture-file.js'
import { loopWire } from './loop-wire.js'
import { nobodyWire } from './nobody-wire.js'
import { pcapWire } from './pcap-wire.js'
import { PEER_IP, peerWire } from './peer-wire.js'
import { streamWire } from './stream-wire.js'
import type { Wire, WireParts } from './wire.js'
import type { FarSpec } from './wire-spec.js'

/** The cable of a port: a meter and captures on the way, a far end behind them. */
export interface Cable {
  readonly wire: Wire
  /** Frames that left the card, and that came to it. */
  frames(): { readonly out: number; readonly in: number }
  /** Shows every frame that passes; returns how to stop. */
  tap(sink: Tap): () => void
  close(): void
}

/** Is shown a frame of the cable: `direction` is one of `Direction` seen from the card, the bytes are borrowed. */
type Tap = (direction: number, u8: Uint8Array, at: number, length: number, vlan: number) => void

/** Plugs a cable into `device`. Throws a `UserError` for a file or a socket that cannot be used. */
export async function plug(
  device: Port,
  spec: { readonly far: FarSpec | undefined; readonly captures: readonly string[] },
  parts: Omit<WireParts, 'device'>,
): Promise<Cable> {
  const { arena, scheduler } = parts
  const files: CaptureFile[] = []
  try {
    const counters = new Counters()
    const taps = new Set<Tap>()
    const tapped = new CapturePort('tap', scheduler, arena.u8, 0, (_id, _timeNs, ...frame) => {
      for (const tap of taps) tap(...frame)
    })
    const captures = spec.captures.map((name): TwoPort => {
      const file = new CaptureFile('--wire capture', name, scheduler)
      files.push(file)
      const id = file.writer.addInterface('wire')
      return new CapturePort(name, scheduler, arena.u8, id, (interfaceId, _timeNs, direction, u8, at, length, vlan) =>
        file.writer.packet(interfaceId, file.nowNs(), direction, u8, at, length, vlan),
      )
    })
    const wire = await farEnd(spec, {
      ...parts,
      device: outermost(device, [new MeterPort('cable', counters), tapped, ...captures]),
    })
    return {
      wire,
      tap: (sink) => {
        taps.add(sink)
        return () => taps.delete(sink)
      },
      frames: () => ({ out: counters.get('cable.aToB.frames'), in: counters.get('cable.bToA.frames') }),
      close: () => {
        wire.close()
        for (const file of files) file.close()
      },
    }
  } catch (error) {
    for (const file of files) file.close()
    throw error
  }
}

/** Joins the wrappers to the device and to each other; where the far end goes. */
function outermost(device: Port, between: readonly TwoPort[]): Port {
  let outer = device
  for (const wrapper of between) {
    join(outer, wrapper.a)
    outer = wrapper.b
  }
  return outer
}

function farEnd(
  { far, captures }: { readonly far: FarSpec | undefined; readonly captures: readonly string[] },
  parts: WireParts,
): Promise<Wire> | Wire {
  // A capture alone is of a cable with nobody at its end.
  if (far === undefined) return captures.length > 0 ? nobodyWire(parts) : peerWire(parts, PEER_IP)
  switch (far.kind) {
    case 'loop':
      return loopWire(parts)
    case 'peer':
      return peerWire(parts, far.ip)
    case 'pcap':
      return pcapWire(parts, far)
    case 'socket':
      return streamWire(parts, far.path, 'either')
    case 'nic': {
      // Both cards name the other: the socket stands in the folder that sorts first, whose card is called.
      const first = [parts.folder, far.folder].sort()[0]
      return streamWire(parts, path.join(first, 'wire'), first === parts.folder ? 'listen' : 'call')
    }
  }
}
