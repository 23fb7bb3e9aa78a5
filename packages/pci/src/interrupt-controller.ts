import type { Clock, Task, TaskSource, Timer } from '@npa/core'
import type { MsiMessage, VectorSource } from './msi-message.js'
import type { MsiTarget } from './pci-function.js'

/** Vectors below 32 are the processor's exceptions. */
const FIRST = 32
/** Vectors of one destination processor, and destinations. */
const PER_CPU = 256
const CPUS = 256

class Vector {
  readonly handler: () => void
  readonly arrive: () => void
  pending = false
  live = true
  count = 0
  constructor(name: string, handler: () => void, clock: Clock, tasks: TaskSource, latencyNs: number) {
    this.handler = handler
    if (latencyNs > 0) {
      const timer: Timer = clock.timer(name, () => this.#run())
      this.arrive = () => timer.arm(clock.nowNs() + latencyNs)
    } else {
      const task: Task = tasks.task(name, () => {
        this.#run()
        return false
      })
      this.arrive = () => task.kick()
    }
  }
  #run(): void {
    this.pending = false
    if (!this.live) return
    this.count++
    this.handler()
  }
}

/**
 * The local interrupt controllers of a guest or a host: a message's address names the processor, its data the vector (Intel
 * SDM 3A, 10.11). Interrupts are edges: a vector that is pending already is not queued twice. Handlers run from the
 * scheduler, `latencyNs` after the message.
 */
export class InterruptController implements MsiTarget, VectorSource {
  readonly name: string
  readonly #clock: Clock
  readonly #tasks: TaskSource
  readonly #latencyNs: number
  readonly #vectors: (Vector | undefined)[] = []
  /** Messages for vectors that nobody has. */
  spurious = 0
  /** Messages for vectors that were pending. */
  coalesced = 0

  constructor(name: string, clock: Clock, tasks: TaskSource, latencyNs: number) {
    this.name = name
    this.#clock = clock
    this.#tasks = tasks
    this.#latencyNs = latencyNs
  }

  allocate(name: string, handler: () => void): number {
    for (let vector = FIRST; vector < PER_CPU * CPUS; vector++) {
      if (vector % PER_CPU < FIRST || this.#vectors[vector] !== undefined) continue
      this.#vectors[vector] = new Vector(`${this.name}.${name}`, handler, this.#clock, this.#tasks, this.#latencyNs)
      return vector
    }
    throw new RangeError(`${this.name}: no vector left for ${name}`)
  }

  /** An interrupt that is on its way is dropped. Throws an `Error` when the vector is not allocated. */
  release(vector: number): void {
    this.#vector(vector).live = false
    this.#vectors[vector] = undefined
  }

  messageOf(vector: number): MsiMessage {
    return { addressLo: (0xfee00000 | ((vector >>> 8) << 12)) >>> 0, addressHi: 0, data: vector & 0xff }
  }

  /** Interrupts handled on a vector since it was allocated. */
  count(vector: number): number {
    return this.#vector(vector).count
  }

  message(addressLo: number, addressHi: number, data: number): void {
    const ours = addressHi === 0 && addressLo >>> 20 === 0xfee
    const vector = ours ? this.#vectors[(((addressLo >>> 12) & 0xff) << 8) | (data & 0xff)] : undefined
    if (vector === undefined) this.spurious++
    else if (vector.pending) this.coalesced++
    else {
      vector.pending = true
      vector.arrive()
    }
  }

  #vector(vector: number): Vector {
    const known = this.#vectors[vector]
    if (known === undefined) throw new Error(`${this.name}: vector ${vector} is not allocated`)
    return known
  }
}
