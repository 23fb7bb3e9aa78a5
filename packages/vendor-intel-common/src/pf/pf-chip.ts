import type { Mmio } from '@npa/core'
import type { ChecksumErrors } from '../layout/index.js'
import type { Step } from './bring-up.js'
import type { ChipEvents } from './events.js'
import type { AddressTable } from './mac-filters.js'
import type { VfDescription } from './operations.js'
import type { PacketBufferChip } from './packet-buffer.js'
import type { PoolPlan } from './pool-plan.js'
import type { QueueChip } from './queues.js'
import type { StatisticsRegisters } from './statistics.js'
import type { VfControl } from './vf-control.js'
import type { VlanTable } from './vlan-filters.js'

/** Everything about a chip that its PF driver does not share with the others of the family. */
export interface PfChip<Pools extends PoolPlan = PoolPlan> {
  readonly description: VfDescription
  /** What a user calls it, with its article. */
  readonly title: string
  /** Device ids of physical functions that the driver knows. */
  readonly devices: readonly number[]
  readonly pools: Pools
  readonly errors: ChecksumErrors
  readonly queues: QueueChip
  readonly packetBuffer: PacketBufferChip
  readonly statistics: StatisticsRegisters
  /** The initialisation sequence, in datasheet order, but for the VFs' enable, which is last. */
  readonly steps: readonly Step<Pools>[]
  /** Value of EITR and VTEITR for a least time between two interrupts. */
  readonly throttle: (us: number) => number
  readonly addresses: (mmio: Mmio) => AddressTable
  readonly vlans: (mmio: Mmio) => VlanTable
  readonly control: (mmio: Mmio) => VfControl
  readonly events: (mmio: Mmio) => ChipEvents
  /** Where a vector of the PF's queues is unmasked, by its bit. */
  readonly vectorEnable: number
  /** Masks all interrupts. */
  readonly mask: (mmio: Mmio) => void
  /** Resets the whole port. */
  readonly reset: (mmio: Mmio) => void
}
