import type { PciFunction } from '@npa/pci'
import type { DriverView } from './driver-view.js'

const ABSENT = 0xffffffff

/** A free-running register of 32 bits as a count that never goes back; what a reset cleared begins anew. */
class Running {
  total = 0
  #last = 0

  /** Takes what the register reads; while there is no function that is all ones. */
  take(now: number): void {
    if (now === ABSENT) return
    this.total += now >= this.#last ? now - this.#last : now
    this.#last = now
  }

  /** What the register has counted so far was for somebody else. */
  skip(now: number): void {
    this.#last = now === ABSENT ? 0 : now
  }
}

/** Frames of a virtual function, from the registers in which its driver sees them. */
export class VfFrames {
  readonly #fn: PciFunction
  readonly #at: DriverView['frames']
  readonly #rx = new Running()
  readonly #tx = new Running()
  #existed = false

  /** `fn` is the chip's own function. */
  constructor(fn: PciFunction, at: DriverView['frames']) {
    this.#fn = fn
    this.#at = at
  }

  /** Takes what was counted so far: the function may be about to go. */
  settle(): void {
    this.update(this.#existed)
  }

  /** Frames received and sent while the function existed. */
  update(exists: boolean): { readonly rx: number; readonly tx: number } {
    const rx = this.#fn.barRead(0, this.#at.rx, 4)
    const tx = this.#fn.barRead(0, this.#at.tx, 4)
    if (exists && this.#existed) {
      this.#rx.take(rx)
      this.#tx.take(tx)
    } else if (exists) {
      // Without pools the chip counts the physical function's frames there.
      this.#rx.skip(rx)
      this.#tx.skip(tx)
    }
    this.#existed = exists
    return { rx: this.#rx.total, tx: this.#tx.total }
  }
}
