/**
 * What costs cycles in the model. A charge never changes the course of virtual time, so the cycles of a run are its event
 * counts times the profile, exactly.
 */
export const COST_KINDS = [
  /** A trapped register access: exit, decode, resume. */
  'vmExit',
  /** An interrupt that the hypervisor injects into the guest. */
  'interruptInjected',
  /** An interrupt that hardware posts to the guest without the hypervisor. */
  'interruptPosted',
  /** The guest's own interrupt entry, handler and exit. */
  'guestInterrupt',
  /** One run of a bottom half of the guest. */
  'guestPoll',
  /** The guest's stack, per frame sent or received. */
  'guestStackFrame',
  /** A plugin's work per transmit descriptor and per received frame. */
  'guestTxDescriptor',
  'guestRxDescriptor',
  /** A register write of the guest that reaches hardware unassisted. */
  'guestDoorbell',
  /** The device emulation's work per descriptor read or completion written. */
  'emulatedDescriptor',
  /** A copy by a host processor: per call, and per byte. */
  'copyCall',
  'copyByte',
  /** The virtual switch, per frame and destination. */
  'switchFrame',
  /** The PF driver, per frame sent or received. */
  'pfFrame',
  /** A host interrupt of the PF. */
  'hostInterrupt',
] as const

export type CostKind = (typeof COST_KINDS)[number]

/** Whose processor time a charge is. */
export type CostRole = 'guest' | 'vmm' | 'vmkernel'

/** Takes charges: `count` events of a kind. */
export interface CostMeter {
  charge(kind: CostKind, count: number): void
}

/** A meter that forgets, for devices that run outside a model of costs. */
export const freeOfCharge: CostMeter = {
  charge: () => {
    /* nobody reads this meter */
  },
}
