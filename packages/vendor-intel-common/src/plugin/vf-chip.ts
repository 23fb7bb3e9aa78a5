import type { ChecksumErrors } from '../layout/index.js'

/** What a plugin must know of its chip: where a VF has its data-path registers, byte offsets in its BAR0. */
export interface VfChip {
  /** Interrupt cause set, mask set, mask clear: VTEICS, VTEIMS, VTEIMC. A bit for each vector. */
  readonly causeSet: number
  readonly causeEnable: number
  readonly causeDisable: number
  /** VTEITR of vector 0: least time between two interrupts. Those of other vectors follow, a word each. */
  readonly throttle: number
  /** VTIVAR, which leads queues to vectors, where the PF driver has no way to set it. */
  readonly vectors?: number
  /** Receive and transmit descriptor tails of queue 0, and bytes to those of the next queue. */
  readonly rxTail: number
  readonly txTail: number
  readonly queueStride: number
  readonly errors: ChecksumErrors
}
