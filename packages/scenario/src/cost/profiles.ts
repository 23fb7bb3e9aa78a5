import type { CostKind, CostRole } from '@npa/core'

/** What one event costs, and whose time it is. `copyByte` is per byte. */
export interface Cost {
  readonly cycles: number
  readonly role: CostRole
}

export type CostProfile = Readonly<Record<CostKind, Cost>>

/**
 * Nehalem, 2.667 GHz, one processor of the machine that NPA was measured on in 2010. Round figures: an exit and its decoding by
 * published VM exit latencies of that generation, a copy at 4 bytes a cycle and 60 cycles to start it, the rest by counting what
 * such code does. They are good for comparing paths, not for predicting a machine.
 */
const nehalem: CostProfile = {
  vmExit: { cycles: 2000, role: 'vmm' },
  interruptInjected: { cycles: 2500, role: 'vmm' },
  interruptPosted: { cycles: 0, role: 'vmm' },
  guestInterrupt: { cycles: 1200, role: 'guest' },
  guestPoll: { cycles: 300, role: 'guest' },
  guestStackFrame: { cycles: 1800, role: 'guest' },
  guestTxDescriptor: { cycles: 120, role: 'guest' },
  guestRxDescriptor: { cycles: 150, role: 'guest' },
  guestDoorbell: { cycles: 100, role: 'guest' },
  emulatedDescriptor: { cycles: 180, role: 'vmkernel' },
  copyCall: { cycles: 60, role: 'vmkernel' },
  copyByte: { cycles: 0.25, role: 'vmkernel' },
  switchFrame: { cycles: 250, role: 'vmkernel' },
  pfFrame: { cycles: 350, role: 'vmkernel' },
  hostInterrupt: { cycles: 1200, role: 'vmkernel' },
}

/** The profiles by name. */
export const COST_PROFILES = { nehalem } as const satisfies Record<string, CostProfile>
