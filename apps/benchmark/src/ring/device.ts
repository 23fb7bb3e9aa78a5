import { CopyKernels, HeadTailRing } from '@npa/ring-datapath'
import type { HeadTailDevice, HeadTailDriver } from '@npa/ring-datapath'

const DESCRIPTORS = 1024
const BATCH = 32
/** Batches of a round. */
const BATCHES = 8
/** The guest's memory, and the buffer that frames go to. */
const WINDOW = 64 << 20
const BUFFER = 128 << 10
const RING = WINDOW + BUFFER
const STATE = RING + DESCRIPTORS * 16
const TAIL = STATE + 128
/** Word after the last descriptor. */
const RING_END = RING / 4 + DESCRIPTORS * 4
const EOP = 0x01000000
const RS = 0x08000000

/** Frames of a round. */
export const DEVICE_ROUND: number = BATCH * BATCHES

/**
 * A device's loop over frames of one length: reads a descriptor, checks it, copies the frame, writes back, counts. The driver's part is no more than
 * the doorbell: the same descriptors come again and again.
 */
export class DeviceLoop {
  /** Frames and bytes that were copied, and descriptors that were refused. */
  frames = 0
  bytes = 0
  refused = 0
  readonly #i32: Int32Array
  readonly #kernels: CopyKernels
  readonly #driver: HeadTailDriver
  readonly #device: HeadTailDevice
  #at = 0

  constructor(length: number) {
    const pages = (RING >> 16) + 1
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
    this.#i32 = new Int32Array(memory.buffer)
    this.#kernels = new CopyKernels(memory)
    new Uint8Array(memory.buffer, 0, BUFFER).fill(7)
    const stride = (length + 63) & ~63
    const slots = Math.floor(BUFFER / stride)
    for (let i = 0; i < DESCRIPTORS; i++)
      this.#i32.set([(i % slots) * stride, 0, length | EOP | RS, 0], RING / 4 + i * 4)
    const place = { first: RING / 4, count: DESCRIPTORS, descriptorWords: 4, doneWord: 3, doneBit: 1, tail: TAIL / 4 }
    const ring = new HeadTailRing({ ...place, words: this.#i32 })
    this.#driver = ring.driver()
    this.#device = ring.device()
  }

  /** In JavaScript, a call into WebAssembly for each copy. */
  readonly javascript = (): void => {
    for (let i = 0; i < BATCHES; i++) {
      this.#driver.post(BATCH)
      this.#batch(this.#device.fetch(BATCH))
      this.#driver.reap(BATCH)
    }
  }

  #batch(count: number): void {
    const { copy } = this.#kernels
    const i32 = this.#i32
    const device = this.#device
    let at = this.#at
    let frames = 0
    let bytes = 0
    let refused = 0
    let next = device.slot(0)
    for (let k = 0; k < count; k++) {
      const d = next
      next = (d + 4) | 0
      if (next === RING_END) next = RING_END - DESCRIPTORS * 4
      const command = i32[d + 2]
      const length = command & 0xffff
      const offset = i32[d]
      if (i32[d + 1] !== 0 || offset < 0 || ((offset + length) | 0) > WINDOW || (command & EOP) === 0) {
        refused++
        continue
      }
      if (((at + length) | 0) > BUFFER) at = 0
      copy((WINDOW + at) | 0, offset, length)
      at = (at + length + 63) & ~63
      frames++
      bytes = (bytes + length) | 0
      if (k > 0 && (command & RS) !== 0) i32[d + 3] = 1
    }
    device.writeBack(0, 1)
    device.advance(count)
    this.#at = at
    this.frames += frames
    this.bytes += bytes
    this.refused += refused
  }

  /** In WebAssembly, a call for a batch. */
  readonly webAssembly = (): void => {
    for (let i = 0; i < BATCHES; i++) {
      this.#driver.post(BATCH)
      const count = this.#device.fetch(BATCH)
      this.#kernels.drain(RING, DESCRIPTORS - 1, this.#device.head, count, 0, WINDOW, WINDOW, BUFFER, STATE)
      this.#device.advance(count)
      this.#driver.reap(BATCH)
    }
    this.frames = this.#i32[STATE / 4 + 1]
    this.bytes = this.#i32[STATE / 4 + 2]
    this.refused = this.#i32[STATE / 4 + 3]
  }
}
