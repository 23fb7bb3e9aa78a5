import type { DmaBlock, Mmio } from '@npa/core'
import { apiCompatible } from '@npa/plugin-api/guest'
import type { PluginMain } from '@npa/plugin-api/guest'
import { digest, MAX_IMAGE_BYTES, readImage, sameDigest } from '@npa/plugin-api/image'
import type { PluginImage } from '@npa/plugin-api/image'
import { Cmd, PLUGIN_CONF_MAGIC, PLUGIN_CONF_VERSION, PluginConf, PluginStatus, VF_BAR_BYTES } from '@npa/vmxnet3-spec'
import type { Control } from './control.js'
import type { DmaLedger } from './dma-ledger.js'
import { LoadError } from './load-error.js'
import { PluginHost } from './plugin-host.js'
import type { PluginHostParts } from './plugin-host.js'
import { checkWindow } from './plugin-window.js'
import type { SharedArea } from './shared-area.js'

const PAGE = 4096
/** More than any window of 8 queue pairs needs. */
const MAX_WINDOW_BYTES = 0x1000000

/** Makes a plugin's entry out of its image; throws what goes wrong. */
export type PluginLoader = (image: PluginImage) => PluginMain

export interface PluginOfferParts {
  readonly ledger: DmaLedger
  readonly control: Control
  readonly shared: SharedArea
  /** BAR4; asked for only when there is something to load. */
  readonly registers: () => Mmio
  readonly host: PluginHostParts
  readonly queuePairs: number
  readonly txRingSize: number
  readonly rxRingSize: number
  /** Whether this driver may run code under the SPDX expression. */
  readonly acceptLicense: (expression: string) => boolean
  readonly loader: PluginLoader
}

/** A VF on offer: gets its plugin and window from the hypervisor (see `PluginConf`), trusts neither, and starts the plugin. */
export class PluginOffer {
  readonly #parts: PluginOfferParts
  #window: DmaBlock | undefined
  #image: DmaBlock | undefined
  #host: PluginHost | undefined
  #name = ''

  constructor(parts: PluginOfferParts) {
    this.#parts = parts
  }

  /** Name and version of the plugin that runs, or of the last one. */
  get name(): string {
    return this.#name
  }

  /** The plugin, once loaded. */
  get host(): PluginHost | undefined {
    return this.#host
  }

  /** Throws a `LoadError`. The window stays allocated even then: the hypervisor may have put its own pages behind it. */
  load(): void {
    const image = this.#fetch()
    const { manifest } = image
    if (!apiCompatible(manifest.api.major, manifest.api.minor)) {
      throw new LoadError('apiVersion', `${manifest.name} is for API ${manifest.api.major}.${manifest.api.minor}`)
    }
    if (!this.#parts.acceptLicense(manifest.license)) throw new LoadError('license', manifest.license)
    const main = attempt('loader', () => this.#parts.loader(image))
    const { ledger, host, queuePairs } = this.#parts
    const block = this.#window
    if (block === undefined) throw new LoadError('badWindow', 'no window')
    // the hypervisor's pages are behind the window now
    const window = attempt('badWindow', () => checkWindow(ledger.remap(block), queuePairs))
    if (typeof window === 'string') throw new LoadError('badWindow', window)
    this.#host = attempt('pluginRefused', () => {
      return new PluginHost(main, window, this.#parts.registers(), VF_BAR_BYTES, host)
    })
    this.#name = `${manifest.name} ${manifest.version}`
  }

  /** Ends the plugin, its window untouched. */
  retire(): void {
    this.#host?.retire()
    this.#host = undefined
  }

  /** Frees the window's pages, which are guest memory again. */
  release(): void {
    if (this.#window !== undefined) this.#parts.ledger.free(this.#window)
    this.#window = undefined
  }

  /** The two calls of LOAD_PLUGIN: the first tells the sizes, the second brings the image. */
  #fetch(): PluginImage {
    const { ledger, shared } = this.#parts
    const conf = attempt('noMemory', () => ledger.alloc(PluginConf.bytes, 64))
    try {
      shared.setPluginConf(conf.lo, conf.hi, PluginConf.bytes)
      this.#describe(conf)
      this.#issue(conf, PluginStatus.needMemory)
      const imageBytes = conf.i32[PluginConf.imageLength >> 2] >>> 0
      const windowBytes = conf.i32[PluginConf.windowLength >> 2] >>> 0
      if (imageBytes === 0 || imageBytes > MAX_IMAGE_BYTES)
        throw new LoadError('badSizes', `image of ${imageBytes} bytes`)
      if (windowBytes === 0 || windowBytes > MAX_WINDOW_BYTES || windowBytes % PAGE !== 0) {
        throw new LoadError('badSizes', `window of ${windowBytes} bytes`)
      }
      this.#image = attempt('noMemory', () => ledger.alloc(imageBytes, 64))
      this.#window = attempt('noMemory', () => ledger.alloc(windowBytes, PAGE))
      place(conf, PluginConf.imageAddress, this.#image, imageBytes)
      place(conf, PluginConf.windowAddress, this.#window, windowBytes)
      this.#issue(conf, PluginStatus.loaded)
      return this.#read(conf, this.#image, imageBytes)
    } finally {
      shared.setPluginConf(0, 0, 0)
      ledger.free(conf)
      if (this.#image !== undefined) ledger.free(this.#image)
      this.#image = undefined
    }
  }

  #describe(conf: DmaBlock): void {
    const { queuePairs, txRingSize, rxRingSize } = this.#parts
    const { i32 } = conf
    i32[PluginConf.magic >> 2] = PLUGIN_CONF_MAGIC
    i32[PluginConf.version >> 2] = PLUGIN_CONF_VERSION
    i32[PluginConf.txQueues >> 2] = queuePairs
    i32[PluginConf.rxQueues >> 2] = queuePairs
    i32[PluginConf.interrupts >> 2] = queuePairs
    i32[PluginConf.txRingSize >> 2] = txRingSize
    i32[PluginConf.rxRingSize >> 2] = rxRingSize
  }

  #issue(conf: DmaBlock, expected: number): void {
    conf.syncForDevice(0, PluginConf.bytes)
    const status = this.#parts.control.ask(Cmd.loadPlugin)
    if (status === expected) conf.syncForCpu(0, PluginConf.bytes)
    else if (status === PluginStatus.notOffered) throw new LoadError('notOffered', 'the offer is gone')
    else throw new LoadError('refused', `LOAD_PLUGIN gave ${status}, not ${expected}`)
  }

  /** Checks a copy, which nobody can change any more. */
  #read(conf: DmaBlock, image: DmaBlock, bytes: number): PluginImage {
    if (conf.i32[PluginConf.imageLength >> 2] !== bytes) throw new LoadError('badSizes', 'the image changed its size')
    image.syncForCpu(0, bytes)
    const copy = image.u8.slice(0, bytes)
    const expected = conf.u8.slice(PluginConf.imageDigest, PluginConf.imageDigest + 32)
    if (!sameDigest(digest(copy), expected)) throw new LoadError('badDigest', 'the image is not what was announced')
    return attempt('badImage', () => readImage(copy))
  }
}

function place(conf: DmaBlock, address: number, block: DmaBlock, bytes: number): void {
  conf.i32[address >> 2] = block.lo
  conf.i32[(address >> 2) + 1] = block.hi
  conf.i32[(address >> 2) + 2] = bytes
}

function attempt<T>(reason: LoadError['reason'], action: () => T): T {
  try {
    return action()
  } catch (error) {
    throw new LoadError(reason, error instanceof Error ? error.message : String(error))
  }
}
