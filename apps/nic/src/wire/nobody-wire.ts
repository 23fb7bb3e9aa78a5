import { PortCable } from '@npa/link-partner'
import type { Wire, WireParts } from './wire.js'

/** A far end that hears everything and says nothing. */
export function nobodyWire({ arena, scheduler, device, carrier }: WireParts): Wire {
  const cable = new PortCable(arena, scheduler, device)
  let frames = 0
  cable.receive = () => {
    frames++
  }
  carrier(true)
  return {
    counters: () => ({ frames }),
    send: (frame) => void cable.send(frame),
    close: () => {
      cable.receive = () => undefined
    },
  }
}
