import { Cmd, RxMode } from '@npa/vmxnet3-spec'
import type { Control } from './control.js'
import type { DmaLedger } from './dma-ledger.js'
import type { SharedArea } from './shared-area.js'

const MAC_BYTES = 6
/** The table's length field has 16 bits; a longer list becomes "all multicast". */
const MOST_ADDRESSES = Math.floor(0xffff / MAC_BYTES)

/** What the device lets through besides the own address (vmxnet3.md §11). */
export class RxFilter {
  #multicast: readonly Uint8Array[]
  readonly #allMulticast: boolean
  readonly #vlans: readonly number[]

  constructor(multicast: readonly Uint8Array[], allMulticast: boolean, vlans: readonly number[]) {
    this.#multicast = multicast
    this.#allMulticast = allMulticast
    this.#vlans = vlans
  }

  set multicast(addresses: readonly Uint8Array[]) {
    this.#multicast = addresses
  }

  /** Programs the device. It copies the table inside the command, so the memory is free again after it. */
  apply(control: Control, shared: SharedArea, ledger: DmaLedger): void {
    const list = this.#multicast
    const all = this.#allMulticast || list.length > MOST_ADDRESSES
    let mode: number = RxMode.unicast | RxMode.broadcast | RxMode.multicast
    if (all) mode |= RxMode.allMulticast
    shared.setRxMode(mode)
    control.issue(Cmd.updateRxMode)
    shared.setVlans(this.#vlans)
    control.issue(Cmd.updateVlanFilters)
    if (all || list.length === 0) {
      shared.setMulticastTable(0, 0, 0)
      control.issue(Cmd.updateMacFilters)
      return
    }
    const table = ledger.alloc(list.length * MAC_BYTES, 8)
    list.forEach((mac, i) => table.u8.set(mac, i * MAC_BYTES))
    table.syncForDevice(0, list.length * MAC_BYTES)
    shared.setMulticastTable(table.lo, table.hi, list.length * MAC_BYTES)
    control.issue(Cmd.updateMacFilters)
    shared.setMulticastTable(0, 0, 0)
    ledger.free(table)
  }
}
