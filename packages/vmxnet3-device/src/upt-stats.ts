import type { Counters } from '@npa/core'
import { RxStat, TxStat } from '@npa/vmxnet3-spec'
import type { Bus } from './bus.js'

/** Names of `UPT1_TxStats`, in its order: see `TxStat`. */
export const TX_STAT_NAMES = [
  'TSOPktsTxOK',
  'TSOBytesTxOK',
  'ucastPktsTxOK',
  'ucastBytesTxOK',
  'mcastPktsTxOK',
  'mcastBytesTxOK',
  'bcastPktsTxOK',
  'bcastBytesTxOK',
  'pktsTxError',
  'pktsTxDiscard',
] as const

/** Names of `UPT1_RxStats`, in its order: see `RxStat`. */
export const RX_STAT_NAMES = [
  'LROPktsRxOK',
  'LROBytesRxOK',
  'ucastPktsRxOK',
  'ucastBytesRxOK',
  'mcastPktsRxOK',
  'mcastBytesRxOK',
  'bcastPktsRxOK',
  'bcastBytesRxOK',
  'pktsRxOutOfBuf',
  'pktsRxError',
] as const

/** The statistics of one queue; each count is also in the device's counters, summed over the queues. */
export class UptStats {
  readonly values: Float64Array = new Float64Array(10)
  readonly #counters: Counters
  readonly #slots: Int32Array

  constructor(counters: Counters, names: readonly string[]) {
    this.#counters = counters
    this.#slots = Int32Array.from(names, (name) => counters.slot(name))
  }

  add(stat: number, n: number): void {
    this.values[stat] += n
    this.#counters.add(this.#slots[stat], n)
  }

  /** Frames, as on the wire, of a class: 0 unicast, 1 multicast, 2 broadcast. */
  frames(kind: number, count: number, bytes: number): void {
    this.add(2 + 2 * kind, count)
    this.add(3 + 2 * kind, bytes)
  }

  /** A receive of several segments; they count by their class, too. */
  coalesced(bytes: number): void {
    this.add(RxStat.lroPackets, 1)
    this.add(RxStat.lroBytes, bytes)
  }

  /** A transmitted segment of a longer frame; it counts by its class, too. */
  segment(bytes: number): void {
    this.add(TxStat.tsoPackets, 1)
    this.add(TxStat.tsoBytes, bytes)
  }

  /** Writes the ten counters to guest memory. */
  publish(bus: Bus, address: number): void {
    for (let i = 0; i < this.values.length; i++) bus.putCount(address + 8 * i, this.values[i])
  }
}
