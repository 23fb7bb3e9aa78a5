import type { VfInit } from '@npa/plugin-api/host'
import type { Vf } from './vf.js'

/** What a chip does to a VF beside its queues, through the PF's own registers. */
export interface VfControl {
  /** The chip's number of a VF's queue. */
  queue(vf: Vf, index: number): number
  /** Interrupts, RSS, drop rules of a VF whose queues are about to be started; the pool stays closed. */
  program(vf: Vf, init: VfInit): void
  /** Opens or closes the pool, in both directions. */
  gate(vf: Vf, open: boolean): void
  /** The L2 control of its pool as its state asks for. */
  filter(vf: Vf): void
  /** Takes nothing more, whatever its addresses. */
  closeFilter(vf: Vf): void
  /** Anti-spoof of addresses and VLANs. */
  antispoof(vf: Vf, enable: boolean): void
  maskInterrupts(vf: Vf): void
  /** Resets the VF as its own control register would: queues off, nothing waited for. */
  reset(vf: Vf): void
  /** Every register that `program` and the filters wrote, as it was; the queues are off. */
  clear(vf: Vf): void
}
