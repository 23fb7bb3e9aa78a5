import type { DmaBlock } from '@npa/core'
import type { Qtest } from './qtest-protocol.js'

/** Gives out addresses and takes them back, such as a `RangeAllocator` of @npa/memory over one of a machine's `ram` ranges. */
export interface AddressPool {
  /** The start of `bytes` bytes; `align` is a power of two. Throws a `RangeError` when there is no room. */
  allocate(bytes: number, align: number): number
  free(start: number): void
}

/** Memory of the driver's and a range of guest RAM behind it: the sync calls carry bytes from one to the other, exactly those asked for. */
export class RemoteBlock implements DmaBlock {
  readonly lo: number
  readonly hi: number
  readonly bytes: number
  readonly i32: Int32Array
  readonly u8: Uint8Array
  readonly #qtest: Qtest
  readonly #address: number

  /** `local` is the driver's memory, whole words at a word boundary; new memory unless given. */
  constructor(
    qtest: Qtest,
    address: number,
    bytes: number,
    local: Uint8Array = new Uint8Array(Math.ceil(bytes / 4) * 4),
  ) {
    this.lo = address >>> 0
    this.hi = Math.floor(address / 4294967296)
    this.bytes = bytes
    this.u8 = local
    this.i32 = new Int32Array(local.buffer, local.byteOffset, local.byteLength >> 2)
    this.#qtest = qtest
    this.#address = address
  }

  syncForDevice(offset: number, length: number): void {
    this.#check(offset, length)
    this.#qtest.write(this.#address + offset, this.u8, offset, length)
  }

  syncForCpu(offset: number, length: number): void {
    this.#check(offset, length)
    this.#qtest.read(this.#address + offset, this.u8, offset, length)
  }

  #check(offset: number, length: number): void {
    if (offset >= 0 && length >= 0 && offset + length <= this.bytes) return
    throw new RangeError(`sync of ${length} bytes at ${offset} in a DMA block of ${this.bytes}`)
  }
}
