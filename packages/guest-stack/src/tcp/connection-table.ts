import type { TcpConnection } from './connection.js'

const BUCKETS = 1024

/** Connections by remote address and both ports. */
export class ConnectionTable {
  readonly #buckets: (TcpConnection | undefined)[] = new Array<TcpConnection | undefined>(BUCKETS).fill(undefined)
  readonly #all = new Set<TcpConnection>()

  get size(): number {
    return this.#all.size
  }

  /** In order of creation. */
  all(): IterableIterator<TcpConnection> {
    return this.#all.values()
  }

  find(remoteIp: number, remotePort: number, localPort: number): TcpConnection | undefined {
    let c = this.#buckets[bucket(remoteIp, remotePort, localPort)]
    while (c !== undefined && !matches(c, remoteIp, remotePort, localPort)) c = c.next
    return c
  }

  add(c: TcpConnection): void {
    const at = bucket(c.remoteIp, c.remotePort, c.localPort)
    c.next = this.#buckets[at]
    this.#buckets[at] = c
    this.#all.add(c)
  }

  remove(c: TcpConnection): void {
    if (!this.#all.delete(c)) return
    const at = bucket(c.remoteIp, c.remotePort, c.localPort)
    let link = this.#buckets[at]
    if (link === c) this.#buckets[at] = c.next
    else {
      while (link !== undefined && link.next !== c) link = link.next
      if (link !== undefined) link.next = c.next
    }
    c.next = undefined
  }
}

function bucket(remoteIp: number, remotePort: number, localPort: number): number {
  const mixed = Math.imul(remoteIp ^ (remotePort << 16) ^ localPort, 0x9e3779b1)
  return mixed >>> 22
}

function matches(c: TcpConnection, remoteIp: number, remotePort: number, localPort: number): boolean {
  const t = c.tcb
  return t.remotePort === remotePort && t.localPort === localPort && t.remoteIp === remoteIp
}
