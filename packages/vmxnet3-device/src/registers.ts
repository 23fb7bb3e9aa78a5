import type { Mmio } from '@npa/core'
import { MAX_TX_QUEUES, MAX_VECTORS, Pt, Vd } from '@npa/vmxnet3-spec'
import { MAC_BYTES } from '@npa/wire'
import { macHigh, macLow } from './control.js'
import type { Control } from './control.js'
import type { DataPath } from './data-path.js'
import type { Interrupts } from './interrupts.js'
import type { RxFilter } from './rx-filter.js'
import type { SharedArea } from './shared-area.js'

/** Revisions 1 and 2 of the device, and 1 of UPT, as bitmaps. */
const REVISIONS = 0b11
const UPT_VERSIONS = 0b1

/** BAR0: interrupt masks and producer indices. What is not here reads 0 and takes no writes. */
export class DataRegisters implements Mmio {
  readonly #interrupts: Interrupts
  readonly #path: DataPath

  constructor(interrupts: Interrupts, path: DataPath) {
    this.#interrupts = interrupts
    this.#path = path
  }

  read32(offset: number): number {
    const vector = slot(offset, Pt.imr, MAX_VECTORS)
    this.#interrupts.retry()
    return vector < 0 ? 0 : this.#interrupts.masked(vector)
  }

  write32(offset: number, value: number): void {
    const queue = slot(offset, Pt.txProd, MAX_TX_QUEUES)
    if (queue >= 0) this.#path.doorbell(queue, value)
    else {
      const vector = slot(offset, Pt.imr, MAX_VECTORS)
      if (vector >= 0) this.#interrupts.setMasked(vector, value)
    }
    this.#interrupts.retry()
  }
}

/** Which of `count` registers, 8 bytes apart from `base` on, an offset is, or -1. */
function slot(offset: number, base: number, count: number): number {
  const distance = offset - base
  return distance >= 0 && distance < count * Pt.stride && distance % Pt.stride === 0 ? distance / Pt.stride : -1
}

/** What the control registers act on. */
export interface ControlRegistersParts {
  readonly control: Control
  readonly interrupts: Interrupts
  readonly shared: SharedArea
  readonly filter: RxFilter
  readonly permanentMac: Uint8Array
  /** The driver has set the address: six bytes, borrowed. */
  readonly macChanged: (mac: Uint8Array) => void
}

/** BAR1: revision choice, shared area, commands, address, events. What is not here reads 0 and takes no writes. */
export class ControlRegisters implements Mmio {
  readonly #parts: ControlRegistersParts
  #dsal = 0
  #dsah = 0
  #macl = 0
  #result = 0

  constructor(parts: ControlRegistersParts) {
    this.#parts = parts
    this.reset()
  }

  /** As after power-on; the address is the permanent one again. */
  reset(): void {
    this.#parts.control.revision = 1
    this.#dsal = 0
    this.#dsah = 0
    this.#result = 0
    this.#macl = macLow(this.#parts.permanentMac)
    this.#parts.filter.setMac(this.#parts.permanentMac)
  }

  read32(offset: number): number {
    const { interrupts, filter } = this.#parts
    interrupts.retry()
    switch (offset) {
      case Vd.vrrs:
        return REVISIONS
      case Vd.uvrs:
        return UPT_VERSIONS
      case Vd.cmd:
        return this.#result
      case Vd.macl:
        return macLow(filter.mac)
      case Vd.mach:
        return macHigh(filter.mac)
      case Vd.icr:
        return interrupts.takeCause()
      default:
        return 0
    }
  }

  write32(offset: number, value: number): void {
    const { control, shared, interrupts } = this.#parts
    switch (offset) {
      case Vd.vrrs:
        // One bit chooses; UVRS has no choice to offer.
        if (value === 0b01 || value === 0b10) control.revision = value
        break
      case Vd.dsal:
        this.#dsal = value
        if (value === 0) control.giveUp()
        break
      case Vd.dsah:
        this.#dsah = value
        break
      case Vd.cmd:
        this.#result = control.execute(value, this.#dsal, this.#dsah) >>> 0
        break
      case Vd.macl:
        this.#macl = value
        break
      case Vd.mach:
        this.#latchMac(value)
        break
      case Vd.ecr:
        shared.acknowledge(value)
        break
    }
    interrupts.retry()
  }

  #latchMac(high: number): void {
    const mac = new Uint8Array(MAC_BYTES)
    for (let i = 0; i < 4; i++) mac[i] = this.#macl >>> (8 * i)
    mac[4] = high
    mac[5] = high >>> 8
    this.#parts.filter.setMac(mac)
    this.#parts.macChanged(mac)
  }
}
