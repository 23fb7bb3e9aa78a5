import type { DriverPlatform, Mmio, Poller } from '@npa/core'
import type { FrameBatch, Port } from '@npa/wire'
import { Vector } from './bring-up.js'
import type { UplinkReceive } from './uplink-receive.js'
import type { UplinkTransmit } from './uplink-transmit.js'

/**
 * The PF's queue pair as a port: what the virtual switch sends goes out, what arrives is delivered. The transmit interrupt is on
 * only while a sender waits for room; nobody else needs to know when a copied frame has left.
 */
export class Uplink implements Port {
  readonly #mmio: Mmio
  readonly #vectorEnable: number
  readonly #transmit: UplinkTransmit
  readonly #receive: UplinkReceive
  readonly #receivePoller: Poller
  readonly #roomPoller: Poller
  /** Frames are refused until the device runs, and after it stopped. */
  #open = false
  #link = false
  #roomWanted = false
  #peerFull = false

  /** `vectorEnable` is the register that unmasks a vector by its bit. */
  constructor(
    platform: DriverPlatform,
    mmio: Mmio,
    vectorEnable: number,
    transmit: UplinkTransmit,
    receive: UplinkReceive,
  ) {
    this.#mmio = mmio
    this.#vectorEnable = vectorEnable
    this.#transmit = transmit
    this.#receive = receive
    this.#receivePoller = platform.poller('rx', (budget) => this.#pollReceive(budget))
    this.#roomPoller = platform.poller('tx', () => this.#pollRoom())
    platform.irq(Vector.receive, () => this.#receivePoller.schedule())
    platform.irq(Vector.transmit, () => this.#roomPoller.schedule())
  }

  get up(): boolean {
    return this.#link
  }

  connect(peer: Port): void {
    this.#receive.peer = peer
    if (this.#open) this.#receivePoller.schedule()
  }

  /** Frames from the virtual switch. */
  send(batch: FrameBatch, from: number, count: number): number {
    const taken = this.#open ? this.#transmit.send(batch, from, count) : 0
    if (taken < count && !this.#roomWanted) {
      this.#roomWanted = true
      if (this.#open) this.#enable(Vector.transmit)
    }
    return taken
  }

  /** The virtual switch takes frames again. */
  room(): void {
    this.#peerFull = false
    this.#receivePoller.schedule()
  }

  /** The device runs. */
  open(): void {
    this.#open = true
    this.#roomPoller.schedule()
    this.#receivePoller.schedule()
  }

  close(): void {
    this.#open = false
  }

  setLink(up: boolean): void {
    this.#link = up
  }

  /** Delivers what waits; true when nothing is left that the peer would not take. */
  deliverAll(): boolean {
    this.#peerFull = this.#receive.deliver(Infinity) < 0
    return !this.#peerFull
  }

  #pollReceive(budget: number): number {
    if (!this.#open || this.#peerFull) return 0
    const delivered = this.#receive.deliver(budget)
    // The interrupt stays masked while the peer is full: its `room` goes on.
    if (delivered < 0) this.#peerFull = true
    else if (delivered < budget) this.#enable(Vector.receive)
    return Math.max(delivered, 0)
  }

  #pollRoom(): number {
    if (!this.#open || !this.#roomWanted) return 0
    this.#transmit.reclaim()
    if (this.#transmit.hasRoom) {
      this.#roomWanted = false
      this.#receive.peer?.room()
    } else this.#enable(Vector.transmit)
    return 0
  }

  #enable(vector: number): void {
    this.#mmio.write32(this.#vectorEnable, 1 << vector)
  }
}
