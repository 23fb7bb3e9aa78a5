/** A function on a socket, as QEMU is told of it. */
export interface PluggedFunction {
  readonly socket: string
  /** Device number << 3 | function number, on bus 0. */
  readonly rid: number
}

/**
 * What QEMU's command line says of the functions: each a `vfio-user-pci` on its socket. The machine around them is a q35 whose memory is a
 * shared file, see the README.
 */
export function qemuArguments(functions: readonly PluggedFunction[]): string[] {
  return functions.flatMap(({ socket, rid }) => ['-device', JSON.stringify(device(socket, rid))])
}

function device(socket: string, rid: number): object {
  return {
    driver: 'vfio-user-pci',
    socket: { path: socket, type: 'unix' },
    // With posted writes a guest's next instruction may come before what its last one has ordered.
    'x-no-posted-writes': true,
    addr: `${(rid >> 3).toString(16)}.${rid & 7}`,
    multifunction: true,
  }
}
