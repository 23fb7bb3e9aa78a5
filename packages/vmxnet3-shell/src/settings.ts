import { noTrace } from '@npa/core'
import type { Trace } from '@npa/core'
import { MAX_TX_QUEUES } from '@npa/vmxnet3-spec'
import { loadJavaScript } from './javascript-loader.js'
import { acceptGplCompatible } from './license.js'
import type { PluginLoader } from './plugin-offer.js'
import { softwareRingBytes } from './software-rings.js'

/** What whoever composes a driver can choose. */
export interface ShellOptions {
  /** Transmit and receive queues, 1 to 8; fewer when the function has too few vectors. Default 1. */
  readonly queuePairs?: number
  /** Descriptors: 32 to 4096 in steps of 32. Default 512 each. */
  readonly txRingSize?: number
  readonly rxRingSize?: number
  /** Packet buffers of 2048 bytes. Default: twice the receive rings and once the transmit rings, and 256. */
  readonly buffers?: number
  /** Packet buffers of 4096 bytes, for plugins that want them. Default 64. */
  readonly largeBuffers?: number
  /** 60 to 9000. Default 1500. */
  readonly mtu?: number
  /** Multicast addresses to receive, six bytes each. */
  readonly multicast?: readonly Uint8Array[]
  readonly allMulticast?: boolean
  /** VLAN ids to receive; an empty list filters nothing. */
  readonly vlans?: readonly number[]
  /** Whether a plugin under this SPDX expression may run in the driver. Default `acceptGplCompatible`. */
  readonly acceptLicense?: (expression: string) => boolean
  /** Default `loadJavaScript`. */
  readonly loader?: PluginLoader
  readonly trace?: Trace
  /** Told when the driver stops taking frames from the stack (false), as during a mode switch, and when it takes them again. */
  readonly flow?: (open: boolean) => void
}

/** Options with every default filled in; throws a `RangeError` for a value that vmxnet3 cannot have. */
export function shellSettings(options: ShellOptions): Required<ShellOptions> {
  const queuePairs = within('queuePairs', options.queuePairs ?? 1, 1, MAX_TX_QUEUES)
  const txRingSize = options.txRingSize ?? 512
  const rxRingSize = options.rxRingSize ?? 512
  softwareRingBytes('tx', txRingSize)
  softwareRingBytes('rx', rxRingSize)
  return {
    queuePairs,
    txRingSize,
    rxRingSize,
    buffers: within('buffers', options.buffers ?? queuePairs * (2 * rxRingSize + txRingSize) + 256, 1, 0x10000),
    largeBuffers: within('largeBuffers', options.largeBuffers ?? 64, 0, 0x10000),
    mtu: within('mtu', options.mtu ?? 1500, 60, 9000),
    multicast: options.multicast ?? [],
    allMulticast: options.allMulticast ?? false,
    vlans: (options.vlans ?? []).map((id) => within('VLAN id', id, 0, 4095)),
    acceptLicense: options.acceptLicense ?? acceptGplCompatible,
    loader: options.loader ?? loadJavaScript,
    trace: options.trace ?? noTrace,
    flow: options.flow ?? unheard,
  }
}

function within(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new RangeError(`${name} ${value}: ${least} to ${most}`)
}

function unheard(): void {
  /* nobody asked to be told */
}
