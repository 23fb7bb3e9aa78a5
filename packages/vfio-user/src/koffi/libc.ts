import type koffi from 'koffi'

/** Numbers of Linux, the same on x86-64 and arm64. */
export const Linux = {
  AF_UNIX: 1,
  SOCK_STREAM: 1,
  SOCK_NONBLOCK: 0x800,
  SOCK_CLOEXEC: 0x80000,
  SOL_SOCKET: 1,
  SCM_RIGHTS: 1,
  MSG_CTRUNC: 0x8,
  MSG_DONTWAIT: 0x40,
  MSG_NOSIGNAL: 0x4000,
  MSG_CMSG_CLOEXEC: 0x40000000,
  POLLOUT: 4,
  PROT_READ: 1,
  PROT_WRITE: 2,
  MAP_SHARED: 1,
  F_GETFL: 3,
  F_SETFL: 4,
  F_GET_SEALS: 1034,
  F_SEAL_SHRINK: 2,
  O_ACCMODE: 3,
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_APPEND: 0x400,
  O_NONBLOCK: 0x800,
  EINTR: 4,
  EAGAIN: 11,
  ENFILE: 23,
  EMFILE: 24,
  TMPFS_MAGIC: 0x01021994,
} as const

/**
 * The calls of the C library that Node lacks. Addresses are numbers: those of a user's process are below 2^53. Nothing here waits, but
 * for what the kernel does before it returns.
 */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number
  bind(fd: number, address: Uint8Array, bytes: number): number
  listen(fd: number, backlog: number): number
  accept4(fd: number, address: null, bytes: null, flags: number): number
  recvmsg(fd: number, header: Uint8Array, flags: number): number
  recv(fd: number, to: Uint8Array, bytes: number, flags: number): number
  send(fd: number, from: Uint8Array, bytes: number, flags: number): number
  poll(fds: Uint8Array, count: number, ms: number): number
  write(fd: number, from: Uint8Array, bytes: number): number
  fcntl(fd: number, command: number, argument: number): number
  /** -1 when it failed. */
  mmap(address: number, bytes: number, protection: number, flags: number, fd: number, offset: number): number
  munmap(address: number, bytes: number): number
  memcpy(to: number, from: number, bytes: number): void
  /** Of the last call. */
  errno(): number
}

/** Finds them in the process: Node is linked with the C library. */
export function libc(native: typeof koffi): Libc {
  const library = native.load(null)
  const find = (prototype: string): never => library.func(prototype) as never
  return {
    socket: find('int socket(int, int, int)'),
    bind: find('int bind(int, const uint8_t *, uint32_t)'),
    listen: find('int listen(int, int)'),
    accept4: find('int accept4(int, void *, void *, int)'),
    recvmsg: find('intptr_t recvmsg(int, void *, int)'),
    recv: find('intptr_t recv(int, void *, size_t, int)'),
    send: find('intptr_t send(int, const void *, size_t, int)'),
    poll: find('int poll(void *, unsigned long, int)'),
    write: find('intptr_t write(int, const void *, size_t)'),
    fcntl: find('int fcntl(int, int, int)'),
    mmap: find('intptr_t mmap(uintptr_t, size_t, int, int, int, int64_t)'),
    munmap: find('int munmap(uintptr_t, size_t)'),
    memcpy: find('void memcpy(uintptr_t, uintptr_t, size_t)'),
    errno: () => native.errno(),
  }
}
