import fs from 'node:fs'
import koffi from 'koffi'
import { Linux } from '../koffi/libc.js'
import { unixAddress } from '../koffi/listener.js'
import { native } from '../koffi/native.js'
import type { Native } from '../koffi/native.js'

const MFD_ALLOW_SEALING = 2
const MFD_CLOEXEC = 1
const F_ADD_SEALS = 1033
const EFD_NONBLOCK = Linux.O_NONBLOCK
const EFD_CLOEXEC = Linux.SOCK_CLOEXEC
const MOST = 64

interface Calls {
  connect(fd: number, address: Uint8Array, bytes: number): number
  sendmsg(fd: number, header: Uint8Array, flags: number): number
  eventfd(value: number, flags: number): number
  memfd_create(name: string, flags: number): number
}

/** What an emulator's process has besides Node: sockets that send descriptors, event descriptors, sealed memory. */
export class DescriptorSender {
  readonly #native: Native = native(koffi)
  readonly #calls: Calls

  constructor() {
    const library = koffi.load(null)
    this.#calls = {
      connect: library.func('int connect(int, const uint8_t *, uint32_t)') as never,
      sendmsg: library.func('intptr_t sendmsg(int, void *, int)') as never,
      eventfd: library.func('int eventfd(unsigned int, int)') as never,
      memfd_create: library.func('int memfd_create(const char *, unsigned int)') as never,
    }
  }

  /** The descriptor of a connection to a socket's path. */
  connect(path: string): number {
    const { libc } = this.#native
    const fd = libc.socket(Linux.AF_UNIX, Linux.SOCK_STREAM | Linux.SOCK_CLOEXEC, 0)
    const address = unixAddress(path)
    if (this.#calls.connect(fd, address, address.length) < 0) {
      fs.closeSync(fd)
      throw new Error(`${path}: cannot connect, errno ${libc.errno()}`)
    }
    return fd
  }

  /** Sends bytes, and descriptors with the first of them. */
  to(socket: number): (bytes: Buffer, fds: readonly number[]) => void {
    return (bytes, fds) => {
      // struct msghdr, struct iovec, struct cmsghdr with the descriptors
      const header = Buffer.allocUnsafeSlow(88 + 4 * MOST).fill(0)
      const at = this.#native.addressOf(header)
      header.writeBigUInt64LE(BigInt(at + 56), 16)
      header.writeUInt32LE(1, 24)
      header.writeBigUInt64LE(BigInt(this.#native.addressOf(bytes)), 56)
      header.writeUInt32LE(bytes.length, 64)
      if (fds.length > 0) {
        header.writeBigUInt64LE(BigInt(at + 72), 32)
        header.writeUInt32LE(16 + 4 * fds.length, 40)
        header.writeUInt32LE(16 + 4 * fds.length, 72)
        header.writeInt32LE(Linux.SOL_SOCKET, 80)
        header.writeInt32LE(Linux.SCM_RIGHTS, 84)
        for (const [i, fd] of fds.entries()) header.writeInt32LE(fd, 88 + 4 * i)
      }
      const { libc } = this.#native
      const sent = this.#calls.sendmsg(socket, header, Linux.MSG_NOSIGNAL | Linux.MSG_DONTWAIT)
      if (sent !== bytes.length) throw new Error(`sendmsg returned ${sent}, errno ${libc.errno()}`)
    }
  }

  eventfd(value = 0): number {
    return this.#calls.eventfd(value, EFD_NONBLOCK | EFD_CLOEXEC)
  }

  /** What an event descriptor counted since it was read last. */
  count(eventfd: number): number {
    const value = Buffer.alloc(8)
    try {
      fs.readSync(eventfd, value)
    } catch {
      return 0
    }
    return Number(value.readBigUInt64LE())
  }

  /** Lets writers to a full one wait, as a client may at any time. */
  waits(eventfd: number): void {
    const { libc } = this.#native
    libc.fcntl(eventfd, Linux.F_SETFL, libc.fcntl(eventfd, Linux.F_GETFL, 0) & ~Linux.O_NONBLOCK)
  }

  /** Memory without a name, with seals. */
  memory(bytes: number, seals: number = Linux.F_SEAL_SHRINK): number {
    const fd = this.#calls.memfd_create('guest', MFD_ALLOW_SEALING | MFD_CLOEXEC)
    fs.ftruncateSync(fd, bytes)
    if (seals !== 0) this.#native.libc.fcntl(fd, F_ADD_SEALS, seals)
    return fd
  }
}
