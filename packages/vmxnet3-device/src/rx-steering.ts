import { RSS_MAX_KEY_BYTES, RSS_MAX_TABLE, RssConf, RssFunction, RssHash, RssType } from '@npa/vmxnet3-spec'
import { ethernet, IpProtocol, ipv4, ipv6, Layer, Toeplitz } from '@npa/wire'

/** Bytes of source and destination, which follow each other, and of the two ports. */
const IPV4_ADDRESSES = 8
const IPV6_ADDRESSES = 32
const PORTS = 4

/** Receive-side scaling: which queue a frame goes to, by the key and the table that the driver gave (sheet, section 12). */
export class RxSteering {
  /** Of the frame looked at last: its queue, one of `RssType`, and its hash. */
  queue = 0
  type = 0
  hash = 0
  readonly #toeplitz = new Toeplitz()
  readonly #table = new Uint8Array(RSS_MAX_TABLE)
  #types = 0
  /** Entries of the table; 0: nothing is hashed. */
  #entries = 0

  /** Every frame goes to queue 0. */
  off(): void {
    this.#entries = 0
  }

  /**
   * Takes the configuration from the device's copy of it at `at`, a multiple of four, for so many queues. One that makes no sense
   * switches the hashing off: the reason, in words, is returned.
   */
  configure(u8: Uint8Array, i32: Int32Array, at: number, queues: number): string | undefined {
    this.off()
    const u16 = (offset: number): number => u8[at + offset] | (u8[at + offset + 1] << 8)
    const hashFunction = u16(RssConf.hashFunction)
    const keyBytes = u16(RssConf.keyBytes)
    const entries = u16(RssConf.tableEntries)
    if (hashFunction === RssFunction.none) return undefined
    if (hashFunction !== RssFunction.toeplitz) return `hash function ${hashFunction}`
    if (keyBytes < 1 || keyBytes > RSS_MAX_KEY_BYTES) return `key of ${keyBytes} bytes`
    if (entries < 1 || entries > RSS_MAX_TABLE) return `table of ${entries} entries`
    for (let n = 0; n < entries; n++) {
      const queue = u8[at + RssConf.table + n]
      if (queue >= queues) return `entry ${n} names queue ${queue} of ${queues}`
      this.#table[n] = queue
    }
    u8.fill(0, at + RssConf.key + keyBytes, at + RssConf.table)
    for (let word = 0; word < RSS_MAX_KEY_BYTES / 4; word++) {
      this.#toeplitz.key(word, i32[(at + RssConf.key) / 4 + word])
    }
    this.#types = u16(RssConf.hashTypes)
    this.#entries = entries
    return undefined
  }

  /** Sets `queue`, `type` and `hash` for the frame at `at`; of one whose layers make no sense (`parsed`) nothing is hashed. */
  steer(u8: Uint8Array, at: number, layers: Int32Array, parsed: boolean): void {
    const type = parsed && this.#entries > 0 ? this.#typeOf(layers) : RssType.none
    this.type = type
    this.hash = 0
    this.queue = 0
    if (type === RssType.none) return
    const v6 = type >= RssType.ipv6
    const addresses = at + layers[Layer.l3] + (v6 ? ipv6.Field.source : ipv4.Field.source)
    const bytes = v6 ? IPV6_ADDRESSES : IPV4_ADDRESSES
    let hash = this.#toeplitz.hash(u8, addresses, bytes, 0, 0)
    const ports = type === RssType.tcpIpv4 || type === RssType.tcpIpv6
    if (ports) hash = this.#toeplitz.hash(u8, at + layers[Layer.l4], PORTS, bytes, hash)
    this.hash = hash
    this.queue = this.#table[hash % this.#entries]
  }

  #typeOf(layers: Int32Array): number {
    const tcp = layers[Layer.protocol] === IpProtocol.tcp && layers[Layer.l4] >= 0 && layers[Layer.fragment] === 0
    const etherType = layers[Layer.etherType]
    const types = this.#types
    if (etherType === ethernet.EtherType.ipv4) {
      if (tcp && (types & RssHash.tcpIpv4) !== 0) return RssType.tcpIpv4
      return (types & RssHash.ipv4) !== 0 ? RssType.ipv4 : RssType.none
    }
    if (etherType !== ethernet.EtherType.ipv6) return RssType.none
    if (tcp && (types & RssHash.tcpIpv6) !== 0) return RssType.tcpIpv6
    return (types & RssHash.ipv6) !== 0 ? RssType.ipv6 : RssType.none
  }
}
