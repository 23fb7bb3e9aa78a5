import fs from 'node:fs'
import { getSystemErrorName } from 'node:util'
import type { Connection, Listener } from '../platform.js'
import { SocketConnection } from './connection.js'
import { Linux } from './libc.js'
import type { Native, Watch } from './native.js'
import type { Receiver } from './receiver.js'

const BACKLOG = 128
/** struct sockaddr_un: family u16, then a path that ends with NUL. */
const PATH_BYTES = 108

/** The address of a socket's path. Throws an `Error` for one that is too long. */
export function unixAddress(path: string): Buffer {
  const address = Buffer.concat([Buffer.of(Linux.AF_UNIX, 0), Buffer.from(`${path}\0`)])
  if (address.length > 2 + PATH_BYTES) throw new Error(`${path}: a socket's path has at most ${PATH_BYTES - 1} bytes`)
  return address
}

/** Listens at a path, which is gone again when it is closed. */
export class SocketListener implements Listener {
  readonly #native: Native
  readonly #path: string
  readonly #fd: number
  readonly #watch: Watch
  readonly #connected: (fd: number) => void
  /** Given up to turn clients away when there are no descriptors left: who is not accepted would be told of again at once, forever. */
  #spare: number

  /** Throws an `Error` with the operating system's `code` when the path cannot be listened on, as Node does. */
  constructor(native: Native, receiver: Receiver, path: string, connected: (connection: Connection) => void) {
    const { libc } = native
    const address = unixAddress(path)
    this.#native = native
    this.#path = path
    this.#connected = (fd) => connected(new SocketConnection(native, receiver, fd))
    this.#fd = libc.socket(Linux.AF_UNIX, Linux.SOCK_STREAM | Linux.SOCK_NONBLOCK | Linux.SOCK_CLOEXEC, 0)
    if (libc.bind(this.#fd, address, address.length) < 0 || libc.listen(this.#fd, BACKLOG) < 0) {
      const errno = libc.errno()
      if (this.#fd >= 0) fs.closeSync(this.#fd)
      const code = getSystemErrorName(-errno)
      throw Object.assign(new Error(`${path}: cannot listen: ${code}`), { code })
    }
    this.#spare = fs.openSync('/dev/null', 'r')
    this.#watch = native.watch(this.#fd, () => this.#accept())
  }

  close(): Promise<void> {
    this.#watch.close()
    fs.closeSync(this.#fd)
    fs.closeSync(this.#spare)
    fs.rmSync(this.#path, { force: true })
    return Promise.resolve()
  }

  #accept(): void {
    const { libc } = this.#native
    const next = (): number => libc.accept4(this.#fd, null, null, Linux.SOCK_NONBLOCK | Linux.SOCK_CLOEXEC)
    for (let fd = next(); fd >= 0; fd = next()) this.#connected(fd)
    const errno = libc.errno()
    if (errno !== Linux.EMFILE && errno !== Linux.ENFILE) return
    fs.closeSync(this.#spare)
    const fd = next()
    if (fd >= 0) fs.closeSync(fd)
    this.#spare = fs.openSync('/dev/null', 'r')
  }
}
