import type { PacketBuffer } from './packet-buffer.js'
import type { UplinkReceive } from './uplink-receive.js'
import type { UplinkTransmit } from './uplink-transmit.js'
import type { Uplink } from './uplink.js'
import type { Waiter } from './waiter.js'

/** A full transmit ring of long frames takes 4 ms at 10 Gb/s, of usual ones 6 ms at 1 Gb/s. */
const SENT = { everyNs: 1_000, tries: 10_000 } as const
const QUIET = { everyNs: 1_000, tries: 50 } as const

/**
 * Looks for an instant at which nothing is under way through the PF. First what was sent leaves its ring. Then, again and again: all
 * frames in the receive ring are delivered, and the instant is found when after that none is in the chip's packet buffer either.
 * Bounded; `done` is called from the scheduler.
 */
export function drain(
  buffer: PacketBuffer,
  uplink: Uplink,
  transmit: UplinkTransmit,
  receive: UplinkReceive,
  waiter: Waiter,
  done: (quiet: boolean) => void,
): void {
  const sent = (): boolean => {
    transmit.reclaim()
    return transmit.idle
  }
  const quiet = (): boolean => uplink.deliverAll() && buffer.empty && !receive.waiting
  waiter.wait(0, () => {
    waiter.until(sent, SENT.everyNs, SENT.tries, (ok) => {
      if (ok) waiter.until(quiet, QUIET.everyNs, QUIET.tries, done)
      else done(false)
    })
  })
}
