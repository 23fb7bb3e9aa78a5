import fs from 'node:fs'
import type { Descriptors } from '../platform.js'
import { MAX_DESCRIPTORS } from '../protocol.js'

/** The descriptors that came with one message. Each is closed exactly once: by who took it, or here. */
export class ReceivedDescriptors implements Descriptors {
  #fds: number[] = []
  lost = false

  get count(): number {
    return this.#fds.length
  }

  add(fd: number): void {
    if (this.#fds.length < MAX_DESCRIPTORS) this.#fds.push(fd)
    else {
      fs.closeSync(fd)
      this.lost = true
    }
  }

  take(): number {
    return this.#fds.shift() ?? -1
  }

  discard(): void {
    for (const fd of this.#fds) fs.closeSync(fd)
    this.#fds.length = 0
    this.lost = false
  }
}
