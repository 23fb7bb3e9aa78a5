import type { DmaBlock } from '@npa/core'
import { QUEUE_ENTRY_BYTES, QUEUE_TABLE_ALIGN, Shared, SHARED_ALIGN, SHARED_MAGIC, UptFeature } from '@npa/vmxnet3-spec'
import type { DmaLedger } from './dma-ledger.js'
import { QueueTable } from './queue-table.js'
import { RSS_CONF_BYTES, writeRssConf } from './rss-conf.js'

/** Driver version that the device can show: 1.0.0.0. */
const DRIVER_VERSION = 0x01000000
/** 64 bits wide, Linux (§4): what decides how the device uses body buffers. */
const GUEST_INFO = 2 | (1 << 2)
/** Version of `rssConf` and `pluginConf` descriptors. */
const CONF_VERSION = 1

export interface SharedAreaSettings {
  readonly queuePairs: number
  readonly mtu: number
  /** Most buffers of a received frame. */
  readonly maxRxSg: number
}

/** The driver-shared area and the queue table (vmxnet3.md §4, §5): every write goes to the device at once. */
export class SharedArea {
  readonly block: DmaBlock
  readonly queues: QueueTable
  readonly #table: DmaBlock
  readonly #rss: DmaBlock | undefined
  readonly #ledger: DmaLedger

  constructor(ledger: DmaLedger, settings: SharedAreaSettings) {
    const { queuePairs } = settings
    this.#ledger = ledger
    this.block = ledger.alloc(Shared.bytes, SHARED_ALIGN)
    this.#table = ledger.alloc(2 * queuePairs * QUEUE_ENTRY_BYTES, QUEUE_TABLE_ALIGN)
    this.queues = new QueueTable(this.#table, queuePairs)
    this.#rss = queuePairs > 1 ? ledger.alloc(RSS_CONF_BYTES, 64) : undefined
    this.#fill(settings)
  }

  dispose(): void {
    this.#ledger.free(this.block)
    this.#ledger.free(this.#table)
    if (this.#rss !== undefined) this.#ledger.free(this.#rss)
  }

  /** Clears or sets the gate of all interrupts. */
  enableInterrupts(on: boolean): void {
    this.#word(Shared.interruptControl, on ? 0 : 1)
  }

  setRxMode(mode: number): void {
    this.#word(Shared.rxMode, mode)
  }

  setMulticastTable(lo: number, hi: number, bytes: number): void {
    this.block.i32[Shared.multicastLength >> 2] = bytes & 0xffff
    this.#address(Shared.multicastAddress, lo, hi)
    this.block.syncForDevice(Shared.multicastLength, 12)
  }

  /** VLAN ids to let through; an empty list filters nothing. Untagged frames pass with any list. */
  setVlans(ids: readonly number[]): void {
    const table = this.block.i32
    // devices differ in what a table of zeros means to them, so none is written
    table.fill(ids.length > 0 ? 0 : -1, Shared.vlanTable >> 2, Shared.rssConf >> 2)
    if (ids.length > 0) table[Shared.vlanTable >> 2] = 1
    for (const id of ids) table[(Shared.vlanTable >> 2) + (id >> 5)] |= 1 << (id & 31)
    this.block.syncForDevice(Shared.vlanTable, Shared.rssConf - Shared.vlanTable)
  }

  /** Points `pluginConfDesc` at a plugin configuration of `bytes` bytes, or (0 bytes) at none. */
  setPluginConf(lo: number, hi: number, bytes: number): void {
    this.block.i32[Shared.pluginConf >> 2] = bytes === 0 ? 0 : CONF_VERSION
    this.block.i32[(Shared.pluginConf >> 2) + 1] = bytes
    this.#address(Shared.pluginConf + 8, lo, hi)
    this.block.syncForDevice(Shared.pluginConf, 16)
  }

  /** Pending `Event` bits. */
  events(): number {
    this.block.syncForCpu(Shared.ecr, 4)
    return this.block.i32[Shared.ecr >> 2]
  }

  #fill({ queuePairs, mtu, maxRxSg }: SharedAreaSettings): void {
    const { i32, u8 } = this.block
    i32[Shared.magic >> 2] = SHARED_MAGIC | 0
    i32[Shared.driverVersion >> 2] = DRIVER_VERSION
    i32[Shared.guestInfo >> 2] = GUEST_INFO
    i32[Shared.revision >> 2] = 1
    i32[Shared.uptVersion >> 2] = 1
    i32[Shared.uptFeatures >> 2] =
      UptFeature.rxChecksum | UptFeature.rxVlan | (this.#rss === undefined ? 0 : UptFeature.rss)
    this.#address(Shared.queueTableAddress, this.#table.lo, this.#table.hi)
    i32[Shared.queueTableLength >> 2] = this.#table.bytes
    i32[Shared.mtu >> 2] = mtu
    u8[Shared.maxRxSg] = maxRxSg
    u8[Shared.txQueues] = queuePairs
    u8[Shared.rxQueues] = queuePairs
    u8[Shared.interrupts] = queuePairs + 1
    u8[Shared.eventInterrupt] = queuePairs
    i32[Shared.interruptControl >> 2] = 1
    if (this.#rss !== undefined) {
      writeRssConf(this.#rss, queuePairs)
      i32[Shared.rssConf >> 2] = CONF_VERSION
      i32[(Shared.rssConf >> 2) + 1] = RSS_CONF_BYTES
      this.#address(Shared.rssConf + 8, this.#rss.lo, this.#rss.hi)
    }
    this.block.syncForDevice(0, Shared.bytes)
  }

  #address(at: number, lo: number, hi: number): void {
    this.block.i32[at >> 2] = lo
    this.block.i32[(at >> 2) + 1] = hi
  }

  #word(at: number, value: number): void {
    this.block.i32[at >> 2] = value
    this.block.syncForDevice(at, 4)
  }
}
