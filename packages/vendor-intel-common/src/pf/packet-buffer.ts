import type { Mmio } from '@npa/core'

/** The register: a count of runs through the receive packet buffer, and that it is empty. */
const WRAPS = 0x7
const EMPTY = 0x8

/** What a driver knows of a chip's receive packet buffer. */
export interface PacketBufferChip {
  /** RXMEMWRAP of the 82599, PBRWAC of the 82576. */
  readonly register: number
  /** Frames have left it after 10 ms though the register does not say so, since no queue can hold them up. */
  readonly emptiesItself: boolean
}

/** The receive packet buffer, as far as a driver can see it. */
export class PacketBuffer {
  readonly emptiesItself: boolean
  readonly #mmio: Mmio
  readonly #register: number

  constructor(mmio: Mmio, { register, emptiesItself }: PacketBufferChip) {
    this.emptiesItself = emptiesItself
    this.#mmio = mmio
    this.#register = register
  }

  get empty(): boolean {
    return (this.#mmio.read32(this.#register) & EMPTY) !== 0
  }

  /**
   * A question to ask again and again. What is in the packet buffer now has left it when the buffer is found empty, or has been run
   * through twice: once does not do, as the next run may begin right behind a frame that is still there.
   */
  flushed(): () => boolean {
    let last = this.#mmio.read32(this.#register) & WRAPS
    let runs = 0
    return () => {
      const now = this.#mmio.read32(this.#register)
      runs += ((now & WRAPS) - last) & WRAPS
      last = now & WRAPS
      return (now & EMPTY) !== 0 || runs >= 2
    }
  }
}
