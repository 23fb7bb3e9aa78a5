import type { PtOp, PtResult, PtStatus } from './operations.js'

/** The passthrough half of a vendor's PF driver, as the hypervisor uses it. */
export interface PfDriver {
  /** Bytes that a VF ring of `descriptors` needs; the layout inside is the vendor's. 0 when the hardware cannot have such a ring. */
  ringBytes(kind: 'tx' | 'rx', descriptors: number): number
  /**
   * Starts an operation. `done` is called exactly once: inside the call when only registers had to be written, otherwise
   * later. `setMac` of an address that the PF holds, and `pfAddMacFilter` of one that a VF holds, move it by one register write.
   */
  start(op: PtOp, done: (status: PtStatus, result: PtResult) => void): void
  /**
   * Calls `done` at an instant at which no frame is on its way through the PF, in either direction, as far as the hardware can
   * tell (`quiet`), or after a bounded time of trying (`quiet` false). Nothing may be sent through the PF meanwhile.
   */
  drain(done: (quiet: boolean) => void): void
}
