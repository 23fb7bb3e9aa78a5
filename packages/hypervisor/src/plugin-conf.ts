import { PAGE } from '@npa/memory'
import { PLUGIN_CONF_MAGIC, PLUGIN_CONF_QUEUES, PLUGIN_CONF_VERSION, PluginConf } from '@npa/vmxnet3-spec'

/** What a guest's driver asks for with LOAD_PLUGIN, checked as far as that goes without its memory. */
export interface PluginRequest {
  readonly imageLo: number
  readonly imageHi: number
  readonly imageCapacity: number
  readonly windowLo: number
  readonly windowHi: number
  readonly windowCapacity: number
  readonly txQueues: number
  readonly rxQueues: number
  readonly interrupts: number
  readonly txRingSize: number
  readonly rxRingSize: number
}

/** Reads a plugin configuration; undefined when it makes no sense. `conf` is the guest's memory and read once. */
export function readPluginConf(conf: Int32Array): PluginRequest | undefined {
  const word = (offset: number): number => conf[offset >> 2] >>> 0
  if (word(PluginConf.magic) !== PLUGIN_CONF_MAGIC || word(PluginConf.version) !== PLUGIN_CONF_VERSION) return undefined
  const request = {
    imageLo: word(PluginConf.imageAddress),
    imageHi: word(PluginConf.imageAddress + 4),
    imageCapacity: word(PluginConf.imageCapacity),
    windowLo: word(PluginConf.windowAddress),
    windowHi: word(PluginConf.windowAddress + 4),
    windowCapacity: word(PluginConf.windowCapacity),
    txQueues: word(PluginConf.txQueues),
    rxQueues: word(PluginConf.rxQueues),
    interrupts: word(PluginConf.interrupts),
    txRingSize: word(PluginConf.txRingSize),
    rxRingSize: word(PluginConf.rxRingSize),
  }
  const queues = [request.txQueues, request.rxQueues]
  if (queues.some((count) => count < 1 || count > PLUGIN_CONF_QUEUES) || request.interrupts < 1) return undefined
  return request.windowLo % PAGE === 0 ? request : undefined
}

/** Fills in what the device says: status, sizes needed, and the image's digest. */
export function answerPluginConf(
  conf: Int32Array,
  status: number,
  imageLength: number,
  windowLength: number,
  digest: Uint8Array,
): void {
  conf[PluginConf.imageLength >> 2] = imageLength
  conf[PluginConf.windowLength >> 2] = windowLength
  for (let i = 0; i < 32; i += 4) {
    const word = digest[i] | (digest[i + 1] << 8) | (digest[i + 2] << 16) | (digest[i + 3] << 24)
    conf[(PluginConf.imageDigest + i) >> 2] = word
  }
  conf[PluginConf.status >> 2] = status
}
