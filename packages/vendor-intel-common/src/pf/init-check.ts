import type { VfInit, VfProperties } from '@npa/plugin-api/host'
import { ringBytes } from '../layout/index.js'
import { MTU_MIN } from './limits.js'

/** Whether an initialisation is one that the VF was acquired for, and its rings are ones the chip can have, inside the window. */
export function fits(init: VfInit, properties: VfProperties): boolean {
  const windowBytes = init.window.length * 4
  return (
    init.tx.length >= 1 &&
    init.tx.length <= properties.txQueues &&
    init.rx.length >= 1 &&
    init.rx.length <= properties.rxQueues &&
    init.interrupts >= 1 &&
    init.interrupts <= properties.interrupts &&
    init.mtu >= MTU_MIN &&
    init.mtu <= properties.mtu &&
    [...init.tx, ...init.rx].every((ring) => {
      const bytes = ringBytes(ring.size)
      return (
        bytes > 0 &&
        ring.bytes >= bytes &&
        (ring.lo & 0x7f) === 0 &&
        ring.offset >= 0 &&
        (ring.offset & 3) === 0 &&
        ring.offset + bytes <= windowBytes &&
        ring.interrupt >= 0 &&
        ring.interrupt < init.interrupts
      )
    })
  )
}
