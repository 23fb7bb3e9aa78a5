import { MAX_DESCRIPTORS } from '../protocol.js'
import type { ReceivedDescriptors } from './descriptors.js'
import { Linux } from './libc.js'
import type { Native } from './native.js'

/** struct msghdr and struct iovec of 64-bit Linux. */
const HEADER_BYTES = 56
const MessageHeader = { iov: 16, iovCount: 24, control: 32, controlBytes: 40, flags: 48 } as const
const IOV_BYTES = 16
/** struct cmsghdr: length u64, level, type; then data, the next one at a multiple of 8. */
const ControlHeader = { level: 8, type: 12, bytes: 16 } as const
const CONTROL_BYTES = ControlHeader.bytes + 4 * MAX_DESCRIPTORS
/** Most bytes of one read. */
const BUFFER_BYTES = 65536

/** Reads sockets, descriptors included, into a buffer that all connections share: what is in it is used before the next read. */
export class Receiver {
  readonly bytes: Buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  readonly #native: Native
  readonly #header: Buffer = Buffer.allocUnsafeSlow(HEADER_BYTES + IOV_BYTES + CONTROL_BYTES).fill(0)

  constructor(native: Native) {
    this.#native = native
    const header = this.#header
    const at = native.addressOf(header)
    header.writeBigUInt64LE(BigInt(at + HEADER_BYTES), MessageHeader.iov)
    header.writeUInt32LE(1, MessageHeader.iovCount)
    header.writeBigUInt64LE(BigInt(at + HEADER_BYTES + IOV_BYTES), MessageHeader.control)
    header.writeBigUInt64LE(BigInt(native.addressOf(this.bytes)), HEADER_BYTES)
  }

  /** At most `most` bytes to the front of the buffer, without waiting; descriptors are closed by the kernel. Returns as recv(2). */
  receive(fd: number, most: number): number {
    return this.#native.libc.recv(fd, this.bytes, Math.min(most, BUFFER_BYTES), Linux.MSG_DONTWAIT)
  }

  /** The same, and the descriptors that came. */
  receiveWithDescriptors(fd: number, most: number, to: ReceivedDescriptors): number {
    const header = this.#header
    header.writeUInt32LE(most, HEADER_BYTES + 8)
    header.writeUInt32LE(CONTROL_BYTES, MessageHeader.controlBytes)
    const got = this.#native.libc.recvmsg(fd, header, Linux.MSG_DONTWAIT | Linux.MSG_CMSG_CLOEXEC)
    if (got < 0) return got
    if ((header.readInt32LE(MessageHeader.flags) & Linux.MSG_CTRUNC) !== 0) to.lost = true
    const end = header.readUInt32LE(MessageHeader.controlBytes)
    if (end > 0) this.#take(end, to)
    return got
  }

  #take(end: number, to: ReceivedDescriptors): void {
    const control = this.#header.subarray(HEADER_BYTES + IOV_BYTES)
    for (let at = 0; at + ControlHeader.bytes <= end;) {
      const bytes = control.readUInt32LE(at)
      const level = control.readInt32LE(at + ControlHeader.level)
      const type = control.readInt32LE(at + ControlHeader.type)
      if (level === Linux.SOL_SOCKET && type === Linux.SCM_RIGHTS)
        for (let fd = at + ControlHeader.bytes; fd + 4 <= at + bytes; fd += 4) to.add(control.readInt32LE(fd))
      at += (bytes + 7) & ~7
    }
  }
}
