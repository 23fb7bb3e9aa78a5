import { Csum, frameSegments } from '@npa/core'
import type { FrameSegments, NetDevice, NetDeviceUser, Task, TaskSource } from '@npa/core'
import type { PacketPool } from './packet-pool.js'

const SLOTS = 1024

/** One end of a wire that moves buffers of one pool instead of bytes: what is left to measure is the stacks. */
export class DirectDevice implements NetDevice {
  readonly mac: Uint8Array
  readonly mtu = 1500
  readonly buffers: PacketPool
  user: NetDeviceUser | undefined
  peer: DirectDevice | undefined
  frames = 0
  readonly #csum: number
  readonly #queue = new Int32Array(SLOTS * 2)
  readonly #frame = frameSegments()
  readonly #task: Task
  #head = 0
  #tail = 0
  #refused = false

  /** `trusted`: the receiver is told that checksums are right. */
  constructor(tasks: TaskSource, pool: PacketPool, index: number, trusted: boolean) {
    this.mac = Uint8Array.of(2, 0, 0, 0, 0, index + 1)
    this.buffers = pool
    this.#csum = trusted ? Csum.good : Csum.none
    this.#task = tasks.task(`wire${index}`, (budget) => this.#run(budget))
  }

  attach(user: NetDeviceUser): void {
    this.user = user
  }

  transmit(frame: FrameSegments): boolean {
    if (this.#tail - this.#head === SLOTS) {
      this.#refused = true
      return false
    }
    const at = (this.#tail++ % SLOTS) * 2
    this.#queue[at] = frame.buffer[0] * this.buffers.size + frame.offset[0]
    this.#queue[at + 1] = frame.length[0]
    return true
  }

  flush(): void {
    this.#task.kick()
  }

  #run(budget: number): boolean {
    const frame = this.#frame
    const { size } = this.buffers
    for (let n = 0; n < budget && this.#head < this.#tail; n++) {
      const at = (this.#head++ % SLOTS) * 2
      frame.count = 1
      frame.buffer[0] = Math.floor(this.#queue[at] / size)
      frame.offset[0] = this.#queue[at] % size
      frame.length[0] = this.#queue[at + 1]
      frame.csum = this.#csum
      frame.vlan = -1
      this.frames++
      this.peer?.user?.receive(frame)
    }
    if (this.#refused) {
      this.#refused = false
      this.user?.wake()
    }
    return this.#head < this.#tail
  }
}
