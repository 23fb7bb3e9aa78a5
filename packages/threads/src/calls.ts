import type { ModeSwitch } from '@npa/hypervisor'
import type { LaneLog, StreamEndOptions } from '@npa/scenario'

/** An answer that comes later: it is called with the function that takes it. */
export type Later<Value> = (done: (value: Value) => void) => void

/** Frames lost or refused, by component and name. */
export type Drops = Readonly<Record<string, number>>

/** What every thread answers. */
export interface CommonCalls {
  /** Processor time of the thread so far, ns, and the time of the run; `undefined` where the system does not tell. */
  cpuNs(): number | undefined
}

/** What was counted on a NIC's thread since the start. */
interface NicFigures {
  readonly drops: Drops
  readonly dmaBytes: number
  /** Requests of guests that no driver makes. */
  readonly badRequests: number
  /** Frames of this end of each cable, by the cable's name. */
  readonly cables: Readonly<Record<string, { readonly sent: number; readonly delivered: number }>>
}

export interface NicCalls extends CommonCalls {
  figures(): NicFigures
  /** A guest's links were made anew. */
  replug(slot: number): void
}

/** What was counted on a host's thread since the start. */
interface HostFigures {
  readonly drops: Drops
  readonly vmExits: number
  readonly copies: number
}

/** What a host has given out: equal before and after a VM was there. */
interface HostBooks {
  readonly arenaBytes: number
  readonly remappingEntries: number
  readonly vms: number
  readonly badRequests: number
}

export interface HostCalls extends CommonCalls {
  figures(): HostFigures
  books(): HostBooks
  /** Asks a VM to change its mode. */
  ask(slot: number, to: 'emulated' | 'passthrough', force: boolean): void
  /** Where a VM is, and why. */
  where(slot: number): { readonly mode: string; readonly reason: string }
  switches(slot: number): readonly ModeSwitch[]
  /** The guest is gone. Answers, when everything of its VM is given back, with what was not. */
  removeVm(slot: number): Later<Record<string, number>>
  /** A VM with new links. */
  addVm(slot: number): void
  /** Switches everything off; what was not given back. */
  close(): Record<string, number>
}

/** What a guest has counted since the start. */
interface GuestFigures {
  readonly drops: Drops
  readonly interrupts: number
  readonly sent: number
  readonly sentBytes: number
  readonly deliveredBytes: number
  readonly foreign: number
  /** Payload bytes of its streams. */
  readonly received: number
}

/** How a replay went for one guest. */
export interface ReplayOutcome {
  readonly got: number
  readonly expected: number
  readonly wrong: number
}

export interface GuestCalls extends CommonCalls {
  /** Opens the driver; the guest's IP address as a word. */
  open(): number
  figures(): GuestFigures
  /** What was noted of each lane since the last time. */
  logs(): readonly LaneLog[]
  listen(options: StreamEndOptions): void
  connect(ip: number, options: StreamEndOptions): void
  resume(): void
  pause(): void
  /** What its ends of streams received, by the streams' numbers. */
  payloads(): Readonly<Record<number, { readonly bytes: number; readonly hash: number }>>
  /** What is wrong with its streams. */
  findings(): readonly string[]
  closeStreams(): void
  /** Is ready to get the frames of a capture; then, with all others ready, sends its own. */
  prepareReplay(bytes: Uint8Array): void
  startReplay(): void
  endReplay(): ReplayOutcome
  /** How long the stop around each instant was, ns. */
  stops(instantsNs: readonly number[]): readonly number[]
  /** Closes the driver; what was not given back. */
  close(): Record<string, number>
}
