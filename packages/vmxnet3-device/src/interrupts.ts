import type { Msix } from '@npa/pci'
import { MAX_VECTORS } from '@npa/vmxnet3-spec'
import type { SharedArea } from './shared-area.js'

/**
 * The device's own interrupt masks in front of MSI-X. A vector fired while it is masked, or while the driver has disabled
 * all interrupts, stays pending. Nothing tells the device that interrupts are enabled again in memory: it looks at the next
 * register access or interrupt (`retry`).
 */
export class Interrupts {
  readonly #msix: Msix
  readonly #shared: SharedArea
  readonly #masked = new Uint8Array(MAX_VECTORS)
  readonly #pending = new Uint8Array(MAX_VECTORS)
  #autoMask = false
  #held = false
  #cause = 0

  constructor(msix: Msix, shared: SharedArea) {
    this.#msix = msix
    this.#shared = shared
    this.reset()
  }

  /** Activation: nothing is pending any more. With `autoMask` a vector that is sent masks itself. */
  activate(autoMask: boolean): void {
    this.#autoMask = autoMask
    this.#pending.fill(0)
    this.#held = false
    this.#cause = 0
  }

  /** All vectors masked, none pending. */
  reset(): void {
    this.activate(false)
    this.#masked.fill(1)
  }

  /** Whether the vector is masked: a value of its IMR. */
  masked(vector: number): number {
    return this.#masked[vector]
  }

  setMasked(vector: number, masked: number): void {
    this.#masked[vector] = masked & 1
    this.#deliver(vector)
  }

  fire(vector: number): void {
    this.#pending[vector] = 1
    this.#deliver(vector)
    this.retry()
  }

  /** Sends what the driver's interrupt control held back, if it no longer does. */
  retry(): void {
    if (!this.#held || this.#shared.interruptsDisabled) return
    this.#held = false
    for (let vector = 0; vector < MAX_VECTORS; vector++) this.#deliver(vector)
  }

  /** ICR: whether there was an interrupt without MSI-X since the last read. */
  takeCause(): number {
    const cause = this.#cause
    this.#cause = 0
    return cause
  }

  #deliver(vector: number): void {
    if (this.#pending[vector] === 0 || this.#masked[vector] !== 0) return
    if (this.#shared.interruptsDisabled) {
      this.#held = true
      return
    }
    this.#pending[vector] = 0
    if (this.#autoMask) this.#masked[vector] = 1
    if (!this.#msix.enabled) this.#cause = 1
    this.#msix.raise(vector)
  }
}
