import type { DmaBlock, Mmio } from '@npa/core'
import { layOutWindow, windowBytes } from '@npa/plugin-api/guest'
import type { WindowRequest } from '@npa/plugin-api/guest'
import { Cmd } from '@npa/vmxnet3-spec'
import type { Control } from './control.js'
import type { DmaLedger } from './dma-ledger.js'
import { PluginHost } from './plugin-host.js'
import type { PluginHostParts } from './plugin-host.js'
import { checkWindow } from './plugin-window.js'
import type { RxFilter } from './rx-filter.js'
import type { SharedArea } from './shared-area.js'
import { SoftwarePlugin } from './software-plugin.js'
import { softwareRingBytes } from './software-rings.js'

const PAGE = 4096
/** Bytes of BAR0. */
const REGISTER_BYTES = 0x1000

export interface EmulationParts {
  readonly ledger: DmaLedger
  readonly control: Control
  readonly shared: SharedArea
  readonly filter: RxFilter
  readonly registers: Mmio
  readonly host: PluginHostParts
  readonly queuePairs: number
  readonly txRingSize: number
  readonly rxRingSize: number
  readonly maxFrame: number
}

/** The emulated data path: fresh rings, a fresh software plugin on them, and the device activated with both. */
export class Emulation {
  readonly #parts: EmulationParts
  readonly #request: WindowRequest
  #window: DmaBlock | undefined

  constructor(parts: EmulationParts) {
    this.#parts = parts
    const rings = (kind: 'tx' | 'rx', size: number): WindowRequest['tx'] =>
      Array.from({ length: parts.queuePairs }, (_, interrupt) => ({
        size,
        bytes: softwareRingBytes(kind, size),
        interrupt,
      }))
    this.#request = {
      tx: rings('tx', parts.txRingSize),
      rx: rings('rx', parts.rxRingSize),
      interrupts: parts.queuePairs,
      sharedBytes: 0,
      privateBytes: 0,
      maxFrame: parts.maxFrame,
    }
  }

  /**
   * Activates the device on fresh, empty rings (vmxnet3.md §14). Gives the plugin, or undefined when the device refuses
   * or no DMA memory is left.
   */
  activate(mac: Uint8Array): PluginHost | undefined {
    const { control, shared, registers, host, queuePairs } = this.#parts
    this.release()
    const block = this.#allocate()
    if (block === undefined) return undefined
    layOutWindow(block.i32, block.lo, block.hi, this.#request)
    const window = checkWindow(block, queuePairs)
    if (typeof window === 'string') throw new Error(`software plugin: ${window}`)
    const plugin = new PluginHost(SoftwarePlugin, window, registers, REGISTER_BYTES, host)
    plugin.reinit()
    shared.queues.enter(block.i32)
    shared.enableInterrupts(false)
    control.writeMac(mac)
    control.setSharedArea(shared.block.lo, shared.block.hi)
    if (control.ask(Cmd.activateDev) === 0) return plugin
    control.setSharedArea(0, 0)
    plugin.retire()
    this.release()
    return undefined
  }

  #allocate(): DmaBlock | undefined {
    try {
      this.#window = this.#parts.ledger.alloc(windowBytes(this.#request), PAGE)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
    }
    return this.#window
  }

  /** Posts buffers, opens the filters of an activated device and unmasks the interrupts (vmxnet3.md §14, steps 6 to 8). */
  start(plugin: PluginHost): void {
    const { ledger, control, shared, filter, queuePairs } = this.#parts
    // the buffers first: when the filters open, the hypervisor delivers what it held for this guest
    for (let queue = 0; queue < queuePairs; queue++) plugin.addBuffers(queue)
    filter.apply(control, shared, ledger)
    shared.enableInterrupts(true)
    for (let index = 0; index < queuePairs; index++) plugin.enableInterrupt(index)
    control.mask(queuePairs, false)
  }

  /** Frees the rings; the device does not know them any more. */
  release(): void {
    if (this.#window === undefined) return
    this.#parts.ledger.free(this.#window)
    this.#window = undefined
  }
}
