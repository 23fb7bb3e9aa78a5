import crypto from 'node:crypto'
import type { GuestStack, TcpConnection } from '@npa/guest-stack'

/** What went over one TCP connection in one direction. */
export interface Transferred {
  readonly bytes: number
  /** SHA-256, hexadecimal. */
  readonly hash: string
  /** From the first to the last byte. */
  readonly seconds: number
}

/** A listener for one connection. */
export interface Transfer {
  readonly port: number
  /** Settles when the stream is over; never fails by itself. */
  readonly done: Promise<Transferred>
  /** Bytes so far. */
  readonly progress: () => number
}

const CHUNK = 65536
const pool = crypto.randomBytes(1 << 20)

/** Reads one connection to its end or to `bytes`, whichever is first, then closes. */
export function receiveOn(stack: GuestStack, port: number, bytes: number): Transfer {
  const hash = crypto.createHash('sha256')
  const buffer = new Uint8Array(CHUNK)
  let received = 0
  const done = new Promise<Transferred>((resolve) => {
    stack.listen(port, (connection) => {
      const begin = performance.now()
      stack.unlisten(port)
      connection.onReadable = () => {
        for (let n = connection.read(buffer, 0, CHUNK); n > 0; n = connection.read(buffer, 0, CHUNK)) {
          hash.update(buffer.subarray(0, n))
          received += n
        }
        if (received < bytes && !connection.ended) return
        connection.onReadable = undefined
        connection.close()
        resolve({ bytes: received, hash: hash.digest('hex'), seconds: (performance.now() - begin) / 1000 })
      }
    })
  })
  return { port, done, progress: () => received }
}

/** Sends `bytes` random bytes to whoever connects, then closes. */
export function sendOn(stack: GuestStack, port: number, bytes: number): Transfer {
  let sent = 0
  const done = new Promise<Transferred>((resolve) => {
    stack.listen(port, (connection) => {
      const begin = performance.now()
      stack.unlisten(port)
      const hash = crypto.createHash('sha256')
      const pump = (): void => {
        sent = write(connection, hash, sent, bytes)
        if (sent < bytes) return
        connection.onWritable = undefined
        connection.onAcked = () => {
          if (connection.unacknowledged > 0) return
          connection.onAcked = undefined
          resolve({ bytes, hash: hash.digest('hex'), seconds: (performance.now() - begin) / 1000 })
        }
        connection.close()
      }
      connection.onWritable = pump
      pump()
    })
  })
  return { port, done, progress: () => sent }
}

function write(connection: TcpConnection, hash: crypto.Hash, from: number, end: number): number {
  let sent = from
  while (sent < end) {
    const at = sent % pool.length
    const taken = connection.write(pool, at, Math.min(CHUNK, end - sent, pool.length - at))
    if (taken === 0) break
    hash.update(pool.subarray(at, at + taken))
    sent += taken
  }
  return sent
}
