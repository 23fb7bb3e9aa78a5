/** Frames and bytes, Ethernet header included, FCS and padding not. */
export interface Traffic {
  readonly frames: number
  readonly bytes: number
}

/** What happened in one phase, over all VMs, whichever the clock. */
export interface PhaseFigures {
  readonly name: string
  /** The path that carries the frames when the phase ends. */
  readonly mode: 'emulated' | 'passthrough'
  /** Handed by the guests to their NICs, and by their NICs to the guests. */
  readonly tx: Traffic
  readonly rx: Traffic
  readonly lost: number
  readonly duplicated: number
  readonly reordered: number
  readonly vmExits: number
  /** Interrupts that guests took. */
  readonly interrupts: number
  readonly cpuCopies: number
  /** Bytes that devices moved by DMA, both ways, descriptors included. */
  readonly dmaBytes: number
  /** Payload bits of streams by the run's clock, both directions together. */
  readonly goodputMbps: number
}

/** A phase in virtual time; modelled figures by the scenario's cost profile. */
export interface PhaseResult extends PhaseFigures {
  readonly guestCyclesPerFrame: number
  readonly hostCyclesPerFrame: number
}

/** Figures of the threads of each role, all together. */
export interface RoleFigures {
  readonly guest: number
  readonly host: number
  readonly nic: number
}

/** A phase in real time, with processor time of the roles' threads, as the operating system has it. */
export interface RealPhaseResult extends PhaseFigures {
  /** Wall-clock time of the phase's work, ms. */
  readonly wallMs: number
  readonly cpuMs: RoleFigures
  /** ms for each Gbit of whole frames that the guests received; 0 in phases without frames. */
  readonly cpuMsPerGbit: RoleFigures
}

export interface SwitchResult {
  readonly vm: string
  readonly from: 'emulated' | 'passthrough'
  readonly to: 'emulated' | 'passthrough'
  readonly forced: boolean
  /** Time in which the VM could not send, or its frames were held; by the run's clock. */
  readonly blackoutNs: number
  readonly framesHeld: number
  readonly framesDropped: number
}

/** What one end of a stream received over the whole run. */
export interface PayloadResult {
  readonly from: string
  readonly to: string
  readonly bytes: number
  /** Of the whole 32-bit little-endian words of it: h = 31 h + word modulo 2^32, from 0. The seed says what the words are. */
  readonly hash: number
}

/** The report of a run, version 0. */
export type RunResult = VirtualResult | RealResult

/** A run in virtual time: nothing of it depends on the machine. */
export interface VirtualResult extends Outcome {
  readonly clock: 'virtual'
  readonly phases: readonly PhaseResult[]
}

/** A run in real time, in threads. */
export interface RealResult extends Outcome {
  readonly clock: 'real'
  readonly phases: readonly RealPhaseResult[]
}

interface Outcome {
  readonly version: 0
  readonly seed: number
  readonly switches: readonly SwitchResult[]
  /** Of every stream both directions. */
  readonly payloads: readonly PayloadResult[]
  /** Frames lost or refused, by component and the name that its statistics give the loss. */
  readonly drops: Readonly<Record<string, number>>
  /** Buffers, DMA blocks, VFs, vectors that were not given back. */
  readonly leaks: number
  readonly verdict: 'pass' | 'fail'
  /** What the verdict is founded on when it is `fail`, one sentence each. */
  readonly findings: readonly string[]
}
