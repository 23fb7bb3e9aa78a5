/** What a driver programs into a vector's entry. */
export interface MsiMessage {
  readonly addressLo: number
  readonly addressHi: number
  readonly data: number
}

/** Where an operating system gets interrupt vectors for a device: its interrupt controller, or a remapping table before it. */
export interface VectorSource {
  /** A vector whose interrupts run `handler` from the scheduler. Throws a `RangeError` when none is left. */
  allocate(name: string, handler: () => void): number
  release(vector: number): void
  /** What the device must send to raise the vector. */
  messageOf(vector: number): MsiMessage
}
