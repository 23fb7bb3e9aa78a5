import type { DriverPlatform, Mmio } from '@npa/core'
import { Extended, findExtended, SriovCap } from '@npa/pci'
import type { MacFilters } from './mac-filters.js'
import type { MulticastFilters } from './multicast-filters.js'
import type { PoolPlan } from './pool-plan.js'
import type { Queues } from './queues.js'
import type { Statistics } from './statistics.js'
import type { UplinkReceive } from './uplink-receive.js'
import type { UplinkTransmit } from './uplink-transmit.js'
import type { VlanFilters } from './vlan-filters.js'
import type { Waiter } from './waiter.js'

/** What the steps of an initialisation work on. */
export interface BringUp<Pools extends PoolPlan = PoolPlan> {
  readonly platform: DriverPlatform
  readonly mmio: Mmio
  readonly pools: Pools
  readonly mtu: number
  readonly interruptUs: number
  readonly queues: Queues
  readonly macs: MacFilters
  readonly vlans: VlanFilters
  readonly multicast: MulticastFilters
  readonly transmit: UplinkTransmit
  readonly receive: UplinkReceive
  readonly statistics: Statistics
}

/** One step of an initialisation: what is written, then what must become true before the next one. */
export interface Step<Pools extends PoolPlan = PoolPlan> {
  /** Datasheet section, and the section's name. */
  readonly name: string
  readonly run: (chip: BringUp<Pools>) => void
  /** Time that the chip needs whatever its registers say. */
  readonly settleNs?: number
  readonly ready?: (chip: BringUp<Pools>) => boolean
  /** The initialisation goes on when it does not become true. */
  readonly optional?: true
}

export const MS = 1_000_000
const POLL_NS = MS
const POLLS = 100

/** Vectors of the PF: its receive queue, its transmit queue, everything else. */
export const Vector = { receive: 0, transmit: 1, other: 2, count: 3 } as const

/** Runs the steps; `done` gets what went wrong, or nothing. */
export function bringUp<Pools extends PoolPlan>(
  steps: readonly Step<Pools>[],
  chip: BringUp<Pools>,
  waiter: Waiter,
  done: (problem?: string) => void,
): void {
  const next = (index: number): void => {
    if (index === steps.length) {
      done()
      return
    }
    const step = steps[index]
    try {
      step.run(chip)
    } catch (error) {
      done(`${step.name}: ${String(error)}`)
      return
    }
    const look = (): void => {
      waiter.until(
        () => step.ready?.(chip) ?? true,
        POLL_NS,
        POLLS,
        (ok) => {
          if (ok || step.optional === true) next(index + 1)
          else done(`${step.name}: not done after ${(POLL_NS * POLLS) / MS} ms`)
        },
      )
    }
    if (step.settleNs === undefined) look()
    else waiter.wait(step.settleNs, look)
  }
  next(0)
}

/** Of a step that only waits. */
export function nothing(): void {
  // its `ready` says for what
}

/** Sets bits of a register. */
export function set(mmio: Mmio, register: number, bits: number): void {
  mmio.write32(register, (mmio.read32(register) | bits) >>> 0)
}

export function clear(mmio: Mmio, register: number, bits: number): void {
  mmio.write32(register, (mmio.read32(register) & ~bits) >>> 0)
}

/** The key that Microsoft publishes for verifying RSS, as RSSRK has it: first byte lowest. */
export const RSS_KEY: readonly number[] = [
  0xda565a6d, 0xc20e5b25, 0x3d256741, 0xb08fa343, 0xcb2bcad0, 0xb4307bae, 0xa32dcb77, 0x0cf23080, 0x3bb7426a,
  0xfa01acbe,
]

/** Starts the PF's queues. */
export function startQueues({ transmit, receive }: BringUp): void {
  transmit.start()
  receive.start()
}

/** Whether they run; then the buffers are posted, as the tail counts only once a queue is enabled (82599 datasheet 4.6.7.1). */
export function queuesEnabled({ queues, pools, receive }: BringUp): boolean {
  if (!queues.txOn(pools.pfQueue) || !queues.rxOn(pools.pfQueue)) return false
  receive.postAll()
  return true
}

/** Has the function's vectors switched on; throws an `Error` when there are too few. */
export function enableVectors({ platform }: BringUp): void {
  const vectors = platform.enableVectors(Vector.count)
  if (vectors < Vector.count) throw new Error(`the function has ${vectors} MSI-X vectors, ${Vector.count} needed`)
}

/** The last step of every initialisation: the VFs appear, and have the time that they need. */
export const ENABLE_VFS: Step = {
  name: 'SR-IOV 1.1, 3.3.3.1: VF enable',
  run: enableVfs,
  settleNs: 100 * MS,
}

function enableVfs({ platform, pools }: BringUp): void {
  const at = findExtended(platform, Extended.sriov)
  if (at === 0) throw new Error('the function has no SR-IOV capability')
  const total = platform.configRead(at + SriovCap.totalVfs, 2)
  if (total < pools.vfs) throw new Error(`the function has ${total} VFs, ${pools.vfs} asked for`)
  platform.configWrite(at + SriovCap.numVfs, 2, pools.vfs)
  const control = platform.configRead(at + SriovCap.control, 2)
  platform.configWrite(at + SriovCap.control, 2, control | SriovCap.vfEnable | SriovCap.vfMemory)
}
