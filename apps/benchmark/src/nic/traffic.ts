import { processorSeconds } from '../measure/processor-time.js'
import { Card, macOf } from './card.js'
import { PollDriver } from './poll-driver.js'

/** Batches between two looks at the clock. */
const LOOK = 16
const EXPERIMENTAL = [0x88, 0xb5]

/** Who sends to whom, and what. */
export interface Traffic {
  /** Virtual functions that are enabled, and how many of them send. */
  readonly vfs: number
  readonly active: number
  /** Each active one to the next, or all to the wire. */
  readonly to: 'vf' | 'wire'
  /** Bytes of a frame without FCS. */
  readonly bytes: number
}

/** A card with drivers on its active functions, and the loop that keeps them busy. */
export class TrafficLoop {
  readonly card: Card
  readonly #drivers: PollDriver[] = []
  readonly #toWire: boolean
  readonly #bytes: number
  #sent = 0

  constructor({ vfs, active, to, bytes }: Traffic) {
    this.#toWire = to === 'wire'
    this.#bytes = bytes
    const bufferBytes = bytes <= 2048 ? 2048 : (bytes + 1023) & ~1023
    const memory = (8 << 20) + active * 128 * (bufferBytes + bytes + 64 + 64) + vfs * 8192
    this.card = new Card(vfs, (memory + 0xffff) & ~0xffff)
    for (let vf = 0; vf < active; vf++) {
      const frame = new Uint8Array(bytes)
      frame.set(this.#toWire ? macOf(0xfe) : macOf((vf + 1) % active))
      frame.set(macOf(vf), 6)
      frame.set(EXPERIMENTAL, 12)
      const driver = new PollDriver(this.card.arena, this.card.vfs[vf], { frame, bufferBytes })
      driver.start()
      this.#drivers.push(driver)
    }
    this.card.settle()
  }

  /** One batch of every driver: posted, carried, reaped at both ends. In turns: two batches of long frames overflow the packet buffer. */
  round(): void {
    const drivers = this.#drivers
    for (let i = 0; i < drivers.length; i++) {
      this.#sent += drivers[i].send()
      this.card.settle()
    }
    for (let i = 0; i < drivers.length; i++) {
      drivers[i].receive()
      drivers[i].reap()
    }
  }

  /** Frames that arrived, since the beginning. */
  get arrived(): number {
    return this.#toWire ? this.card.sink.frames : this.#drivers.reduce((sum, { frames }) => sum + frames, 0)
  }

  /** Frames a second of processor time, measured for about so long. Throws an `Error` when a frame was lost: that would be no measurement. */
  run(seconds: number): number {
    const begin = processorSeconds()
    const before = this.arrived
    let now = begin
    while (now - begin < seconds) {
      for (let i = 0; i < LOOK; i++) this.round()
      now = processorSeconds()
    }
    if (this.arrived !== this.#sent) throw new Error(`${this.#sent} frames were sent, ${this.arrived} arrived`)
    const bytes = this.#drivers.reduce((sum, driver) => sum + driver.bytes, 0)
    if (!this.#toWire && bytes !== this.#sent * Math.max(60, this.#bytes)) throw new Error(`${bytes} bytes arrived`)
    return (this.arrived - before) / (now - begin)
  }
}
