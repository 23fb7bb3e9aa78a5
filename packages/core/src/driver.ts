import type { Clock } from './clock.js'
import type { Mmio } from './device.js'

/**
 * Memory shared between a driver and its device: contiguous in the device's address space, mapped for the CPU.
 * The two sync calls are the ordering points: release before the device may look, acquire before the CPU does. Where the
 * memory is not really shared (a device in another emulator) they are the transfer.
 */
export interface DmaBlock {
  /** Bus address, low and high word. */
  readonly lo: number
  readonly hi: number
  readonly bytes: number
  readonly i32: Int32Array
  readonly u8: Uint8Array
  syncForDevice(offset: number, length: number): void
  syncForCpu(offset: number, length: number): void
}

/** A bottom half: polls while it finds a full budget of work, then waits to be scheduled again. */
export interface Poller {
  schedule(): void
}

/**
 * All that a driver of one PCI function may touch: configuration space, registers, DMA memory, interrupts, time.
 * The same driver runs against our models, a model in another thread, or another emulator's device.
 */
export interface DriverPlatform {
  readonly clock: Clock
  configRead(offset: number, size: 1 | 2 | 4): number
  configWrite(offset: number, size: 1 | 2 | 4, value: number): void
  bar(index: number): Mmio
  /** `align` is a power of two. Throws a `RangeError` when the memory is exhausted. */
  allocDma(bytes: number, align: number): DmaBlock
  freeDma(block: DmaBlock): void
  /** A fresh CPU mapping of bus memory that may be backed by other pages than before (the plugin window). */
  mapDma(lo: number, hi: number, bytes: number): DmaBlock
  /** Sets up `count` message-signalled vectors; returns how many there are (0: the function has none). */
  enableVectors(count: number): number
  /** Handler of a vector. It runs from the scheduler and may only mask, note and schedule a poller. */
  irq(vector: number, handler: () => void): void
  /** `poll` returns the work done; a full budget means that there may be more. */
  poller(name: string, poll: (budget: number) => number): Poller
}
