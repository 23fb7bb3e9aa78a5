import type { PhaseResult } from '../result.js'
import type { OracleCounts } from '../oracle/oracle.js'
import type { PhaseSpec } from '../schema/scenario-schema.js'
import type { Simulation } from '../simulation.js'
import type { StreamResult } from './stream-phase.js'

interface Reading {
  readonly oracle: OracleCounts
  readonly vmExits: number
  readonly interrupts: number
  readonly copies: number
  readonly dmaBytes: number
  readonly guestCycles: number
  readonly hostCycles: number
}

function read({ oracle, ledger, dmaBytes }: Simulation): Reading {
  return {
    oracle: oracle.counts(),
    vmExits: ledger.count('vmExit'),
    interrupts: ledger.count('guestInterrupt'),
    copies: ledger.count('copyCall'),
    dmaBytes,
    guestCycles: ledger.cycles('guest'),
    hostCycles: ledger.cycles('vmm') + ledger.cycles('vmkernel'),
  }
}

/** The figures of a phase: counters now, less what they were when it began. */
export class PhaseMeter {
  readonly #simulation: Simulation
  readonly #before: Reading

  constructor(simulation: Simulation) {
    this.#simulation = simulation
    this.#before = read(simulation)
  }

  /** Frames that the guests have handed to their NICs. */
  get sent(): number {
    return this.#simulation.oracle.sentFrames - this.#before.oracle.sent
  }

  result(spec: PhaseSpec, stream: StreamResult | undefined, lost: number): PhaseResult {
    const before = this.#before
    const now = read(this.#simulation)
    const frames = now.oracle.sent - before.oracle.sent
    const perFrame = (cycles: number): number => (frames === 0 ? 0 : Math.round((10 * cycles) / frames) / 10)
    return {
      name: spec.name,
      mode: spec.mode,
      tx: { frames, bytes: now.oracle.sentBytes - before.oracle.sentBytes },
      rx: {
        frames: now.oracle.delivered - before.oracle.delivered,
        bytes: now.oracle.deliveredBytes - before.oracle.deliveredBytes,
      },
      lost,
      duplicated: now.oracle.duplicated - before.oracle.duplicated,
      reordered: now.oracle.reordered - before.oracle.reordered,
      vmExits: now.vmExits - before.vmExits,
      interrupts: now.interrupts - before.interrupts,
      cpuCopies: now.copies - before.copies,
      dmaBytes: now.dmaBytes - before.dmaBytes,
      guestCyclesPerFrame: perFrame(now.guestCycles - before.guestCycles),
      hostCyclesPerFrame: perFrame(now.hostCycles - before.hostCycles),
      goodputMbps: stream === undefined || stream.ns === 0 ? 0 : Math.round((stream.bytes * 8000) / stream.ns),
    }
  }
}
