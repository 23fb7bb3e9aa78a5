import type { CostMeter, Counters, TaskSource } from '@npa/core'
import { DESC_BYTES, MAX_RX_QUEUES, MAX_TX_QUEUES, RxQueue as RxEntry, TxQueue as TxEntry } from '@npa/vmxnet3-spec'
import type { Activation } from './activation.js'
import type { Bus } from './bus.js'
import { HEADER_BYTES, RX_BURST, TX_BURST } from './chip-memory.js'
import type { ChipMemory } from './chip-memory.js'
import type { Interrupts } from './interrupts.js'
import { RxEngine } from './rx-engine.js'
import type { RxFilter } from './rx-filter.js'
import { RxQueue } from './rx-queue.js'
import { TxEngine } from './tx-engine.js'
import { TxQueue } from './tx-queue.js'

/** What the data path works with. */
export interface DataPathParts {
  readonly name: string
  readonly bus: Bus
  readonly chip: ChipMemory
  readonly tasks: TaskSource
  readonly cost: CostMeter
  readonly counters: Counters
  readonly interrupts: Interrupts
  readonly filter: RxFilter
  readonly raiseEvent: (events: number) => void
}

/** All queues of a device and the two engines over them. */
export class DataPath {
  readonly tx: TxEngine
  readonly rx: RxEngine
  readonly #bus: Bus
  readonly #txQueues: readonly TxQueue[]
  readonly #rxQueues: readonly RxQueue[]
  readonly #badDoorbells: number
  readonly #counters: Counters
  #txActive = 0
  #rxActive = 0
  #running = false

  constructor(parts: DataPathParts) {
    const { bus, chip, counters } = parts
    this.#bus = bus
    this.#counters = counters
    this.#badDoorbells = counters.slot('txBadDoorbell')
    this.#txQueues = Array.from(
      { length: MAX_TX_QUEUES },
      (_, q) =>
        new TxQueue(
          bus,
          chip.txWindow + q * TX_BURST * DESC_BYTES,
          chip.headers + q * HEADER_BYTES,
          chip.completion,
          counters,
        ),
    )
    this.#rxQueues = Array.from(
      { length: MAX_RX_QUEUES },
      (_, q) => new RxQueue(bus, chip.rxWindow + q * 2 * RX_BURST * DESC_BYTES, chip.completion, counters),
    )
    this.tx = new TxEngine({ ...parts, queues: this.#txQueues, staging: chip.staging })
    this.rx = new RxEngine({ ...parts, queues: this.#rxQueues })
  }

  get running(): boolean {
    return this.#running
  }

  /** Starts on fresh rings. Statistics go on from where they were. */
  start(activation: Activation): void {
    this.clear()
    activation.tx.forEach((setup, q) => {
      const queue = this.#txQueues[q]
      queue.ring.setup(setup.ring.base, setup.ring.size)
      queue.segmenter.clear()
      queue.completions.setup(setup.completions.base, setup.completions.size)
      queue.interrupt = setup.interrupt
      queue.status.start(setup.entry)
      // The driver rings the doorbell for every frame.
      this.#bus.putWord(setup.entry + TxEntry.threshold, 1)
    })
    activation.rx.forEach((setup, q) => {
      const queue = this.#rxQueues[q]
      queue.ring1.setup(setup.ring1.base, setup.ring1.size)
      queue.ring2.setup(setup.ring2.base, setup.ring2.size)
      queue.completions.setup(setup.completions.base, setup.completions.size)
      queue.identify(q, activation.rx.length)
      queue.interrupt = setup.interrupt
      queue.status.start(setup.entry)
      // Posted descriptors are found by their generation: the driver may leave the producer registers alone.
      this.#bus.putByte(setup.entry + RxEntry.updateProd, 0)
    })
    this.#txActive = activation.tx.length
    this.#rxActive = activation.rx.length
    this.#running = true
    this.tx.start(this.#txActive)
    this.rx.start(this.#rxActive)
  }

  /** No transfer to or from guest memory follows. */
  stop(): void {
    this.#running = false
    this.tx.stop()
    this.rx.stop()
  }

  /** Goes on where `stop` stopped. */
  resume(): void {
    this.#running = true
    this.tx.resume()
    this.rx.resume()
  }

  /** Stops for good; gathered frames are dropped, counted. The queues' entries still take statistics. */
  end(): void {
    this.stop()
    this.tx.end()
  }

  /** Ends and forgets the queues. */
  clear(): void {
    this.end()
    this.#txActive = 0
    this.#rxActive = 0
  }

  /** The statistics start from 0. */
  forget(): void {
    for (const queue of this.#txQueues) queue.stats.values.fill(0)
    for (const queue of this.#rxQueues) queue.stats.values.fill(0)
  }

  /** TXPROD: noted while stopped, too. */
  doorbell(q: number, producer: number): void {
    if (q >= this.#txActive) return
    if (this.#txQueues[q].ring.doorbell(producer)) this.tx.kick()
    else this.#counters.add(this.#badDoorbells, 1)
  }

  /** GET_QUEUE_STATUS. */
  publishStatus(): void {
    for (let q = 0; q < this.#txActive; q++) this.#txQueues[q].status.publish()
    for (let q = 0; q < this.#rxActive; q++) this.#rxQueues[q].status.publish()
  }

  /** GET_STATS. */
  publishStats(): void {
    for (let q = 0; q < this.#txActive; q++) {
      const { stats, status } = this.#txQueues[q]
      stats.publish(this.#bus, status.entry + TxEntry.stats)
    }
    for (let q = 0; q < this.#rxActive; q++) {
      const { stats, status } = this.#rxQueues[q]
      stats.publish(this.#bus, status.entry + RxEntry.stats)
    }
  }
}
