import type { RingRequest } from '../layout/index.js'

/** Outcome of a passthrough operation (vmkapi's network passthrough statuses). */
export type PtStatus = 'ok' | 'failure' | 'badParam' | 'noResources' | 'noMemory' | 'busy' | 'notSupported'

/** What a VF is acquired for; `features` must be had or the acquire fails. */
export interface VfProperties {
  readonly mtu: number
  readonly txQueues: number
  readonly rxQueues: number
  readonly interrupts: number
  readonly features: { readonly rxChecksum: boolean; readonly rxVlanStrip: boolean }
}

/** What the hypervisor needs to know of an acquired VF. */
export interface VfInfo {
  /** Routing id: bus << 8 | device << 3 | function. */
  readonly routingId: number
  /** Pages of the VF's register BAR that the guest may have. */
  readonly registers: { readonly bar: number; readonly offset: number; readonly bytes: number }
  /** Name of the plugin that drives this VF. */
  readonly pluginName: string
  /** Plugin data, at most `DEVICE_INFO_WORDS` u32 words. */
  readonly pluginData: readonly number[]
  readonly sharedBytes: number
  readonly privateBytes: number
}

/** A ring in the plugin window, as the PF driver programs it. */
export interface VfRing extends RingRequest {
  readonly lo: number
  readonly hi: number
  /** Byte offset of the ring in the window. */
  readonly offset: number
}

export interface VfInit {
  readonly tx: readonly VfRing[]
  readonly rx: readonly VfRing[]
  readonly interrupts: number
  readonly mtu: number
  /** The plugin window as the host sees it. The guest can change it at any time: untrusted. */
  readonly window: Int32Array
  readonly sharedOffset: number
}

export interface RxMode {
  readonly unicast: boolean
  readonly multicast: boolean
  readonly broadcast: boolean
  readonly allMulticast: boolean
  readonly promiscuous: boolean
}

/**
 * A passthrough operation of the hypervisor to the PF driver (the vmkapi operation of that name). A VF is named by its number on
 * the PF; MAC addresses are six bytes.
 */
export type PtOp =
  | { readonly op: 'acquire'; readonly properties: VfProperties }
  | { readonly op: 'getInfo'; readonly vf: number }
  | { readonly op: 'init'; readonly vf: number; readonly init: VfInit }
  | { readonly op: 'activate'; readonly vf: number }
  | { readonly op: 'quiesce'; readonly vf: number }
  | { readonly op: 'release'; readonly vf: number }
  | { readonly op: 'setMac'; readonly vf: number; readonly mac: Uint8Array }
  | { readonly op: 'setMulticast'; readonly vf: number; readonly addresses: readonly Uint8Array[] }
  | { readonly op: 'setRxMode'; readonly vf: number; readonly mode: RxMode }
  | { readonly op: 'addVlanRange'; readonly vf: number; readonly first: number; readonly last: number }
  | { readonly op: 'delVlanRange'; readonly vf: number; readonly first: number; readonly last: number }
  | { readonly op: 'setAntispoof'; readonly vf: number; readonly enable: boolean }
  | { readonly op: 'pfAddMacFilter'; readonly mac: Uint8Array }
  | { readonly op: 'pfDelMacFilter'; readonly mac: Uint8Array }

/** What an operation can bring back beside its status. */
export interface PtResult {
  /** acquire: the VF's number. */
  readonly vf?: number
  /** getInfo. */
  readonly info?: VfInfo
  /** quiesce: frames in the VF's rings that the hardware did not fetch, and that the guest did not take. */
  readonly unfetchedTxFrames?: number
  readonly untakenRxFrames?: number
}
