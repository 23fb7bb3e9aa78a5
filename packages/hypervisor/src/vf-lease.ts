import { disableBusMaster, enableFunction } from '@npa/pci'
import type { RootComplex } from '@npa/pci'
import type { PfDriver, VfInfo, VfInit, VfRing } from '@npa/plugin-api/host'
import {
  API_MAJOR,
  API_MINOR,
  DEVICE_INFO_WORDS,
  layOutWindow,
  Queue,
  State,
  windowBytes,
} from '@npa/plugin-api/layout'
import type { RingRequest, WindowRequest } from '@npa/plugin-api/layout'
import { PluginStatus } from '@npa/vmxnet3-spec'
import type { PassthroughVm } from './passthrough-vm.js'
import { answerPluginConf, readPluginConf } from './plugin-conf.js'
import type { PluginRequest } from './plugin-conf.js'
import type { StoredPlugin } from './plugin-store.js'
import { VfVectors } from './vf-vectors.js'

/** Bytes of host memory behind a VM's plugin window. */
export const WINDOW_BYTES = 0x80000

/** Queue pairs, and vectors with them, that a VM gets on a VF: the first vmxnet3 driver has one of each. */
export const QUEUE_PAIRS = 1

/** What a lease needs of the host. */
export interface LeaseParts {
  readonly root: RootComplex
  readonly driver: PfDriver
}

/** A VF in a VM's hands, from acquire to release: its plugin, the window in guest memory, its registers and vectors. Nothing here talks to the PF driver. */
export class VfLease {
  readonly vf: number
  readonly #info: VfInfo
  readonly #plugin: StoredPlugin
  readonly #windowAt: number
  readonly #vm: PassthroughVm
  readonly #parts: LeaseParts
  /** What the guest asked for with the LOAD_PLUGIN that is being served. */
  #request: { request: PluginRequest; window: WindowRequest } | undefined
  #windowStart = 0
  #windowLength = 0
  #vectors: VfVectors | undefined

  /** `windowAt`: where in the arena the window's `WINDOW_BYTES` lie. */
  constructor(vf: number, info: VfInfo, plugin: StoredPlugin, windowAt: number, vm: PassthroughVm, parts: LeaseParts) {
    this.vf = vf
    this.#info = info
    this.#plugin = plugin
    this.#windowAt = windowAt
    this.#vm = vm
    this.#parts = parts
  }

  /** LOAD_PLUGIN: writes sizes and digest into the configuration, and the image into guest memory when that is large enough. A `PluginStatus`. */
  load(conf: Int32Array): number {
    const request = readPluginConf(conf)
    const window = request === undefined ? undefined : this.#windowRequest(request)
    if (request === undefined || window === undefined) return PluginStatus.invalid
    const length = windowBytes(window)
    const { image, digest } = this.#plugin
    if (length > WINDOW_BYTES) return PluginStatus.invalid
    const enough = request.imageCapacity >= image.length && request.windowCapacity >= length
    answerPluginConf(conf, PluginStatus.needMemory, image.length, length, digest)
    if (!enough) return PluginStatus.needMemory
    if (this.#vm.space.span(request.windowLo, request.windowHi, length, true) < 0) return PluginStatus.invalid
    if (!this.#vm.memory.store(request.imageLo, request.imageHi, image)) return PluginStatus.invalid
    this.#windowStart = request.windowHi * 4294967296 + request.windowLo
    this.#windowLength = length
    this.#request = { request, window }
    return PluginStatus.loaded
  }

  #windowRequest(request: PluginRequest): WindowRequest | undefined {
    const { txQueues, rxQueues, txRingSize, rxRingSize } = request
    if (txQueues > QUEUE_PAIRS || rxQueues > QUEUE_PAIRS) return undefined
    const { driver } = this.#parts
    const rings = (kind: 'tx' | 'rx', count: number, size: number): RingRequest[] =>
      Array.from({ length: count }, (_, i) => ({ size, bytes: driver.ringBytes(kind, size), interrupt: i }))
    const tx = rings('tx', txQueues, txRingSize)
    const rx = rings('rx', rxQueues, rxRingSize)
    if ([...tx, ...rx].some(({ bytes }) => bytes <= 0)) return undefined
    const { sharedBytes, privateBytes } = this.#info
    return { tx, rx, interrupts: QUEUE_PAIRS, sharedBytes, privateBytes, maxFrame: this.#vm.mtu + 18 }
  }

  /** Lays the window over the guest's pages, for CPU and VF alike. What the PF driver needs to initialise the VF; undefined when no plugin was loaded. */
  layOut(): VfInit | undefined {
    if (this.#request === undefined) return undefined
    const { arena, space, mtu } = this.#vm
    const { request, window: layout } = this.#request
    this.#request = undefined
    const window = arena.i32.subarray(this.#windowAt >> 2, (this.#windowAt + this.#windowLength) >> 2)
    layOutWindow(window, request.windowLo, request.windowHi, layout)
    window[State.apiVersion] = (API_MAJOR << 16) | API_MINOR
    window.set(this.#info.pluginData.slice(0, DEVICE_INFO_WORDS), State.deviceInfo)
    space.map(this.#windowStart, this.#windowLength, this.#windowAt)
    const { root } = this.#parts
    root.port(this.#info.routingId).assign(space)
    enableFunction(root.config(this.#info.routingId))
    return {
      tx: layout.tx.map((_, i) => ringAt(window, State.txQueue + i * Queue.words)),
      rx: layout.rx.map((_, i) => ringAt(window, State.rxQueue + i * Queue.words)),
      interrupts: layout.interrupts,
      mtu,
      window,
      sharedOffset: window[State.sharedOffset],
    }
  }

  /** Routes the VF's vectors to the guest and shows its registers in BAR4. */
  open(): void {
    const { root } = this.#parts
    const { routingId, registers } = this.#info
    this.#vectors = new VfVectors(root, routingId, QUEUE_PAIRS, this.#vm.interrupts)
    for (let i = 0; i < this.#vectors.count; i++) this.route(i)
    const { bar } = registers
    this.#vm.mapVf({ registers: root.mmio(routingId, bar), routingId, bar })
  }

  /** Follows what the guest programmed for a vector of its vmxnet3. */
  route(vector: number): void {
    this.#vectors?.route(vector, this.#vm.nic.vector(vector))
  }

  /** Takes registers, vectors and window from the guest: no access of guest or VF reaches the other after it. */
  takeBack(): void {
    const { root } = this.#parts
    this.#vm.mapVf(undefined)
    this.#vectors?.close()
    disableBusMaster(root.config(this.#info.routingId))
    root.port(this.#info.routingId).assign(undefined)
    if (this.#windowLength === 0) return
    this.#vm.backWithRam(this.#windowStart, this.#windowLength)
    // a mapping that the guest has not given up must not show what was there
    this.#vm.arena.u8.fill(0, this.#windowAt, this.#windowAt + this.#windowLength)
  }
}

/** A ring as the window's queue record has it. */
function ringAt(window: Int32Array, record: number): VfRing {
  return {
    lo: window[record + Queue.ringLo] >>> 0,
    hi: window[record + Queue.ringHi] >>> 0,
    offset: window[record + Queue.ringOffset],
    size: window[record + Queue.ringSize],
    bytes: window[record + Queue.ringBytes],
    interrupt: window[record + Queue.interrupt],
  }
}
