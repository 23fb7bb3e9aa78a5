import type { Dma } from '@npa/memory'

/** What the two halves of the data path ask of, and tell, the rest of the chip. */
export interface ChipEvents {
  /** Bus memory of the function that a queue belongs to. */
  dma(queue: number): Dma | undefined
  /** CTRL.PCIe_Master_Disable. */
  masterDisabled(): boolean
  rxDone(queue: number): void
  txDone(queue: number): void
  /** When the moderation of the queue's interrupt has run out, ns: the earliest time that it may be sent. */
  interruptDue(queue: number, tx: number): number
  rxFault(queue: number, cause: number): void
  txFault(queue: number, cause: number): void
}
