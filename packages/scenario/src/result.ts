/** Frames and bytes, Ethernet header included, FCS and padding not. */
export interface Traffic {
  readonly frames: number
  readonly bytes: number
}

/** What happened in one phase, over all VMs; modelled figures by the scenario's cost profile. */
export interface PhaseResult {
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
  readonly guestCyclesPerFrame: number
  readonly hostCyclesPerFrame: number
  /** Payload bits of streams by virtual time, both directions together. */
  readonly goodputMbps: number
}

export interface SwitchResult {
  readonly vm: string
  readonly from: 'emulated' | 'passthrough'
  readonly to: 'emulated' | 'passthrough'
  readonly forced: boolean
  /** Virtual time in which the VM could not send, or its frames were held. */
  readonly blackoutNs: number
  readonly framesHeld: number
  readonly framesDropped: number
}

/** The report of a run, version 0. */
export interface RunResult {
  readonly version: 0
  readonly seed: number
  readonly clock: 'virtual'
  readonly phases: readonly PhaseResult[]
  readonly switches: readonly SwitchResult[]
  /** Frames lost or refused, by component and the name that its statistics give the loss. */
  readonly drops: Readonly<Record<string, number>>
  /** Buffers, DMA blocks, VFs, vectors that were not given back. */
  readonly leaks: number
  readonly verdict: 'pass' | 'fail'
  /** What the verdict is founded on when it is `fail`, one sentence each. */
  readonly findings: readonly string[]
}
