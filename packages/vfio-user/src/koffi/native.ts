import type koffi from 'koffi'
import { libc } from './libc.js'
import type { Libc } from './libc.js'

/** A descriptor that the event loop watches. */
export interface Watch {
  /** Watches for these from now on. */
  want(readable: boolean, writable: boolean): void
  /** Ends it; the descriptor may be closed then. */
  close(): void
}

/** What koffi gives us: the C library, addresses, and descriptors on Node's own event loop. */
export interface Native {
  readonly libc: Libc
  /** Of the first byte of memory that never moves. */
  addressOf(bytes: Uint8Array): number
  /** `ready` is told in a turn of its own that the descriptor is readable, writable, or, `failed`, neither ever again. */
  watch(fd: number, ready: (failed: boolean) => void): Watch
}

export function native(loaded: typeof koffi): Native {
  return {
    libc: libc(loaded),
    addressOf: (bytes) => Number(loaded.address(bytes)),
    watch: (fd, ready) => new PollWatch(loaded, fd, ready),
  }
}

/** As koffi calls it; its declaration lacks the status. */
type PollCallback = (status: number) => void

class PollWatch implements Watch {
  readonly #handle: ReturnType<typeof koffi.node.poll>
  readonly #called: PollCallback
  readonly #ready: (failed: boolean) => void
  #failed = false
  #coming: NodeJS.Immediate | undefined
  #closed = false

  constructor(loaded: typeof koffi, fd: number, ready: (failed: boolean) => void) {
    this.#ready = ready
    // Called outside of Node's own scopes: what runs there would not see its promises and next ticks run.
    this.#called = (status) => {
      this.#failed ||= status < 0
      this.#coming ??= setImmediate(() => this.#tell())
    }
    this.#handle = loaded.node.poll(fd, { readable: true }, this.#called as never)
  }

  want(readable: boolean, writable: boolean): void {
    if (!this.#closed && !this.#failed) this.#handle.start({ readable, writable }, this.#called as never)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearImmediate(this.#coming)
    this.#handle.close()
  }

  #tell(): void {
    this.#coming = undefined
    this.#ready(this.#failed)
  }
}
