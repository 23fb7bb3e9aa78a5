import type { Task, TaskSource } from '@npa/core'
import type { Arena } from '@npa/memory'
import { Frame, FRAME_WORDS, frameBatch } from '@npa/wire'
import type { FrameBatch, Port } from '@npa/wire'

const FRAMES = 64
const BYTES = 1 << 18

/** Before a device: frames that come in the same turn of the scheduler reach it as one burst, as a switch hands them over. */
export class BurstPort implements Port {
  readonly #arena: Arena
  readonly #device: Port
  readonly #at: number
  readonly #burst = frameBatch(FRAMES)
  readonly #task: Task
  #bytes = 0

  constructor(arena: Arena, tasks: TaskSource, device: Port) {
    this.#arena = arena
    this.#device = device
    this.#at = arena.allocate(BYTES)
    this.#task = tasks.task('burst', () => this.#flush())
  }

  get up(): boolean {
    return this.#device.up
  }

  /** The device's own frames go straight to the peer. */
  connect(peer: Port): void {
    this.#device.connect(peer)
  }

  room(): void {
    this.#device.room()
  }

  send(batch: FrameBatch, from: number, count: number): number {
    for (let n = from; n < from + count; n++) this.#add(batch.words, n * FRAME_WORDS)
    this.#task.kick()
    return count
  }

  #add(words: Int32Array, record: number): void {
    const burst = this.#burst
    const length = words[record + Frame.length]
    if (burst.n === FRAMES || this.#bytes + length > BYTES) this.#flush()
    const at = this.#at + this.#bytes
    const { u8 } = this.#arena
    u8.copyWithin(at, words[record + Frame.address], words[record + Frame.address] + length)
    burst.words.set(words.subarray(record, record + FRAME_WORDS), burst.n * FRAME_WORDS)
    burst.words[burst.n * FRAME_WORDS + Frame.address] = at
    burst.n++
    this.#bytes += length
  }

  #flush(): boolean {
    const burst = this.#burst
    this.#device.send(burst, 0, burst.n)
    burst.n = 0
    this.#bytes = 0
    return false
  }
}
