import type { Dma } from '@npa/memory'
import { through } from '@npa/pci'
import type { MsiTarget, PciFunction } from '@npa/pci'

/** What a function's driver and the function did to each other since the start. */
export interface FunctionCounts {
  /** Accesses of the driver to registers in BARs. */
  reads: number
  writes: number
  /** Interrupt messages that left. */
  interrupts: number
  /** Bytes that the function read from the guest's memory, and wrote there. */
  dmaRead: number
  dmaWritten: number
  /** Transfers that the guest's memory map refused. */
  dmaRefused: number
  /** Resets that the guest asked for, the end of its client among them. */
  resets: number
}

/** Counts what passes between a function and its guest; changes nothing. */
export class FunctionMeter {
  readonly counts: FunctionCounts = {
    reads: 0,
    writes: 0,
    interrupts: 0,
    dmaRead: 0,
    dmaWritten: 0,
    dmaRefused: 0,
    resets: 0,
  }
  /** The function, as the guest is to have it. */
  readonly fn: PciFunction

  constructor(fn: PciFunction) {
    const { counts } = this
    this.fn = {
      ...through(fn),
      barRead: (bar, offset, size) => {
        counts.reads++
        return fn.barRead(bar, offset, size)
      },
      barWrite: (bar, offset, size, value) => {
        counts.writes++
        fn.barWrite(bar, offset, size, value)
      },
      attach: (dma, msi, vfsChanged) => fn.attach(this.#dma(dma), this.#msi(msi), vfsChanged),
      reset: (kind) => {
        counts.resets++
        fn.reset(kind)
      },
    }
  }

  #dma(dma: Dma): Dma {
    const { counts } = this
    return {
      read: (lo, hi, bytes, at) => {
        const done = dma.read(lo, hi, bytes, at)
        if (done) counts.dmaRead += bytes
        else counts.dmaRefused++
        return done
      },
      write: (at, bytes, lo, hi) => {
        const done = dma.write(at, bytes, lo, hi)
        if (done) counts.dmaWritten += bytes
        else counts.dmaRefused++
        return done
      },
      // What moves through a view is not counted: there is none over vfio-user.
      view: (lo, hi, bytes, writable) => dma.view(lo, hi, bytes, writable),
      get epoch() {
        return dma.epoch
      },
    }
  }

  #msi(msi: MsiTarget): MsiTarget {
    const { counts } = this
    return {
      message: (lo, hi, data) => {
        counts.interrupts++
        msi.message(lo, hi, data)
      },
    }
  }
}
