import type { FrameBatch, Port } from '@npa/wire'
import { HoldQueue } from './hold-queue.js'
import type { VirtualSwitchParts } from './virtual-switch.js'

/**
 * Where a VM's frames go: `connected` to its emulated device; `held` until the guest takes frames again; `away`, because a VF has its
 * address. `late` is away, but frames for the address that were already on their way through the PF are still delivered.
 */
export type PortState = 'connected' | 'held' | 'away' | 'late'

type Forward = (batch: FrameBatch, from: number, count: number, source: SwitchPort) => number

/** One VM's port of the virtual switch. The emulated device's port is its peer. */
export class SwitchPort implements Port {
  readonly name: string
  macLow = 0
  macHigh = 0
  readonly up = true
  /** Frames taken into the hold, and lost because it was full, since the port exists. */
  framesHeld = 0
  framesOverflowed = 0
  readonly #parts: VirtualSwitchParts
  readonly #forward: Forward
  readonly #hold: HoldQueue
  readonly #overflow: number
  readonly #ambiguous: number
  readonly #notTaken: number
  #state: PortState = 'connected'
  /** Flooded frames may have reached the guest on the other path already. */
  #floodAmbiguous = false
  #peer: Port | undefined

  constructor(parts: VirtualSwitchParts, name: string, mac: Uint8Array, holdFrames: number, forward: Forward) {
    this.#parts = parts
    this.name = name
    this.#forward = forward
    this.#hold = new HoldQueue(parts.arena, holdFrames)
    this.#overflow = parts.counters.slot('switchHoldOverflow')
    this.#ambiguous = parts.counters.slot('switchFloodAmbiguous')
    this.#notTaken = parts.counters.slot('switchPortNotReady')
    this.setMac(mac)
  }

  get state(): PortState {
    return this.#state
  }

  /** Whether frames for the port's address are delivered here. */
  get present(): boolean {
    return this.#state !== 'away'
  }

  get peer(): Port {
    if (this.#peer === undefined) throw new Error(`switch port ${this.name} has no device`)
    return this.#peer
  }

  connect(peer: Port): void {
    this.#peer = peer
  }

  setMac(mac: Uint8Array): void {
    this.macLow = mac[0] | (mac[1] << 8) | (mac[2] << 16) | (mac[3] << 24)
    this.macHigh = mac[4] | (mac[5] << 8)
  }

  /** Frames from the VM's emulated device. */
  send(batch: FrameBatch, from: number, count: number): number {
    return this.#forward(batch, from, count, this)
  }

  room(): void {
    // the emulated device takes or drops: nothing ever waits for it
  }

  /**
   * Changes where frames go. `floodAmbiguous`: the other path had broadcasts too while this one was not empty, so until the next change
   * they are dropped and counted rather than delivered twice.
   */
  setState(state: PortState, floodAmbiguous = false): void {
    this.#state = state
    this.#floodAmbiguous = floodAmbiguous
    if (state !== 'connected' || this.#hold.length === 0) return
    const { n } = this.#hold.frames
    const taken = this.peer.send(this.#hold.frames, 0, n)
    this.#parts.counters.add(this.#notTaken, n - taken)
    this.#hold.clear()
  }

  deliverFlooded(batch: FrameBatch, from: number, count: number): void {
    if (this.#floodAmbiguous) this.#parts.counters.add(this.#ambiguous, count)
    else this.deliver(batch, from, count)
  }

  deliver(batch: FrameBatch, from: number, count: number): void {
    if (this.#state !== 'held') {
      const taken = this.peer.send(batch, from, count)
      this.#parts.counters.add(this.#notTaken, count - taken)
      return
    }
    for (let i = from; i < from + count; i++) {
      if (this.#hold.push(batch, i)) this.framesHeld++
      else {
        this.framesOverflowed++
        this.#parts.counters.add(this.#overflow, 1)
      }
    }
  }

  close(): void {
    this.#hold.free()
  }
}
