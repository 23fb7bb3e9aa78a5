import type { Task, TaskSource } from '@npa/core'
import type { Arena } from '@npa/memory'
import { copyMac, finishCsum, Frame, FRAME_WORDS, frameBatch, FrameFlag, MAC_BYTES } from '@npa/wire'
import type { FrameBatch, Port } from '@npa/wire'

const LONGEST = 65536
const TAG_BYTES = 4
const TPID = 0x8100
/** Frames that wait for a device which takes no more; those beyond are lost, and counted. */
const MOST_WAITING = 1024

/** The cable of a port of ours: whole frames at this end, with everything done that a NIC does before the wire. */
export class PortCable implements Port {
  /** Whether it is plugged in; the device has to be told when that changes. */
  up = true
  receive: (frame: Uint8Array) => void = () => {
    // Nobody is there yet.
  }
  readonly #arena: Arena
  readonly #device: Port
  readonly #at: number
  readonly #batch = frameBatch(1)
  readonly #task: Task
  #arrived: Uint8Array[] = []
  readonly #waiting: Uint8Array[] = []
  /** Frames to the device that found no place to wait in. */
  lost = 0

  constructor(arena: Arena, tasks: TaskSource, device: Port) {
    this.#arena = arena
    this.#device = device
    this.#at = arena.allocate(LONGEST)
    // The far end answers at once, and must not do so from inside the device's engine.
    this.#task = tasks.task('cable', () => this.#deliver())
    device.connect(this)
  }

  connect(): void {
    // It is connected from birth.
  }

  room(): void {
    this.#task.kick()
  }

  /** A frame to the device; it waits when the device is full. */
  send(frame: Uint8Array): number
  /** Frames of the device. */
  send(batch: FrameBatch, from: number, count: number): number
  send(what: Uint8Array | FrameBatch, from = 0, count = 1): number {
    if (what instanceof Uint8Array) return this.#queue(what)
    for (let n = from; n < from + count; n++) this.#arrived.push(this.#finished(what.words, n * FRAME_WORDS))
    this.#task.kick()
    return count
  }

  #queue(frame: Uint8Array): number {
    if (this.#waiting.length === 0 && this.#toDevice(frame)) return 1
    if (this.#waiting.length === MOST_WAITING) this.lost++
    else this.#waiting.push(frame)
    return 1
  }

  #toDevice(frame: Uint8Array): boolean {
    this.#arena.u8.set(frame, this.#at)
    const { words } = this.#batch
    words.fill(0)
    words[Frame.address] = this.#at
    words[Frame.length] = frame.length
    this.#batch.n = 1
    return this.#device.send(this.#batch, 0, 1) === 1
  }

  #deliver(): boolean {
    const frames = this.#arrived
    this.#arrived = []
    for (const frame of frames) this.receive(frame)
    while (this.#waiting.length > 0 && this.#toDevice(this.#waiting[0])) this.#waiting.shift()
    return false
  }

  /** The frame of a record with its checksum and its tag in it. */
  #finished(words: Int32Array, record: number): Uint8Array {
    const at = words[record + Frame.address]
    const length = words[record + Frame.length]
    const flags = words[record + Frame.flags]
    const frame = this.#arena.u8.slice(at, at + length)
    if ((flags & FrameFlag.csumWanted) !== 0)
      finishCsum(frame, 0, length, words[record + Frame.csumStart], words[record + Frame.csumOffset])
    return (flags & FrameFlag.vlan) === 0 ? frame : tagged(frame, words[record + Frame.vlan])
  }
}

function tagged(frame: Uint8Array, tci: number): Uint8Array {
  const longer = new Uint8Array(frame.length + TAG_BYTES)
  copyMac(frame, 0, longer, 0)
  copyMac(frame, MAC_BYTES, longer, MAC_BYTES)
  longer.set([TPID >> 8, TPID & 255, tci >> 8, tci & 255], 2 * MAC_BYTES)
  longer.set(frame.subarray(2 * MAC_BYTES), 2 * MAC_BYTES + TAG_BYTES)
  return longer
}
