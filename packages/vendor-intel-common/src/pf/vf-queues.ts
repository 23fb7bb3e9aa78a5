import type { VfInit } from '@npa/plugin-api/host'
import { RX_BUFFER_BYTES } from '../layout/index.js'
import type { Queues } from './queues.js'
import type { VfControl } from './vf-control.js'
import type { Vf } from './vf.js'

/** The queues of VFs: those of a VF together. */
export class VfQueues {
  readonly #queues: Queues
  readonly #control: VfControl
  readonly #perVf: number

  /** `perVf` is how many queue pairs the chip has for a VF. */
  constructor(queues: Queues, control: VfControl, perVf: number) {
    this.#queues = queues
    this.#control = control
    this.#perVf = perVf
  }

  /** Programs queues and asks for their enable. */
  start(vf: Vf, init: VfInit, stripVlan: boolean): void {
    init.tx.forEach((ring, i) => this.#queues.startTx(this.#control.queue(vf, i), ring))
    init.rx.forEach((ring, i) => {
      this.#queues.startRx(this.#control.queue(vf, i), ring, RX_BUFFER_BYTES, stripVlan)
    })
  }

  /** Whether all its queues say that they are enabled. */
  on(vf: Vf, init: VfInit): boolean {
    return (
      this.#tx(vf, init).every((q) => this.#queues.txOn(q)) && this.#rx(vf, init).every((q) => this.#queues.rxOn(q))
    )
  }

  stopTransmit(vf: Vf, init: VfInit): void {
    for (const q of this.#tx(vf, init)) this.#queues.stopTx(q)
  }

  transmitOff(vf: Vf, init: VfInit): boolean {
    return this.#tx(vf, init).every((q) => !this.#queues.txOn(q))
  }

  stopReceive(vf: Vf, init: VfInit): void {
    for (const q of this.#rx(vf, init)) this.#queues.stopRx(q)
  }

  receiveOff(vf: Vf, init: VfInit): boolean {
    return this.#rx(vf, init).every((q) => !this.#queues.rxOn(q))
  }

  /** First descriptor of transmit queue `index` that is not completed. */
  head(vf: Vf, index: number): number {
    return this.#queues.txHead(this.#control.queue(vf, index))
  }

  tail(vf: Vf, index: number): number {
    return this.#queues.txTail(this.#control.queue(vf, index))
  }

  clear(vf: Vf): void {
    for (let i = 0; i < this.#perVf; i++) this.#queues.clear(this.#control.queue(vf, i))
  }

  #tx(vf: Vf, init: VfInit): number[] {
    return init.tx.map((_, i) => this.#control.queue(vf, i))
  }

  #rx(vf: Vf, init: VfInit): number[] {
    return init.rx.map((_, i) => this.#control.queue(vf, i))
  }
}
