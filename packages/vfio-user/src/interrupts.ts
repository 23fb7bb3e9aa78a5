import type { MsiTarget } from '@npa/pci'
import type { Descriptors } from './platform.js'
import type { ErrnoValue } from './protocol.js'

/** A SET_IRQS that triggers MSI-X vectors, checked: all of them are there. */
export interface VectorRequest {
  readonly start: number
  /** 0: no vector is used any more. */
  readonly count: number
  /** `SetIrqs.dataNone`, `dataBool` or `dataEventfd`. */
  readonly kind: number
  /** One byte per vector for `dataBool`. */
  readonly data: Uint8Array
}

/** The way of a function's MSI-X vectors to its client. As target of the function's messages it sends them. */
export interface Interrupts extends MsiTarget {
  /** Vectors of the function, 0 without MSI-X. */
  readonly vectors: number
  /** Interrupts that went to the client. */
  readonly sent: number
  /** Returns 0 or why not. */
  set(request: VectorRequest, descriptors: Descriptors): 0 | ErrnoValue
  /** Configuration space was written: the function may be reachable again, or lack what it knew. */
  update(): void
  /** The client is about to reset the function. */
  reset(): void
  /** The client is gone. */
  close(): void
}
