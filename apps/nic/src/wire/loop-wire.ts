import { PortCable } from '@npa/link-partner'
import type { Wire, WireParts } from './wire.js'

/** A loopback plug: whatever leaves the card comes back. */
export function loopWire({ arena, scheduler, device, carrier }: WireParts): Wire {
  const cable = new PortCable(arena, scheduler, device)
  let frames = 0
  cable.receive = (frame) => {
    frames++
    cable.send(frame)
  }
  carrier(true)
  return {
    counters: () => ({ frames, lost: cable.lost }),
    send: (frame) => void cable.send(frame),
    close: () => {
      cable.receive = () => undefined
    },
  }
}
