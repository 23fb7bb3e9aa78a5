import type { TcpConnection } from '@npa/guest-stack'

const CHUNK = 65536

/** Reads a connection and throws away what it says (RFC 863); closes when the peer does. It owns the connection's `onReadable`. */
export function discard(connection: TcpConnection): void {
  const bytes = new Uint8Array(CHUNK)
  connection.onReadable = () => {
    while (connection.read(bytes, 0, CHUNK) > 0);
    if (connection.ended) connection.close()
  }
  connection.onReadable()
}
