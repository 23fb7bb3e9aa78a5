import type { Clock, NetDevice, Random } from '@npa/core'
import type { Ipv4Address } from './ipv4-layer.js'
import { defaultArp, defaultTcp } from './settings.js'
import type { ArpSettings, TcpSettings } from './settings.js'
import { ipv4 } from '@npa/wire'

/** What a guest's stack is made of. */
export interface GuestStackOptions {
  readonly clock: Clock
  readonly device: NetDevice
  /** Initial sequence numbers, ports. */
  readonly random: Random
  /** Names the stack's timers; 'stack' by default. */
  readonly name?: string
  /** `a.b.c.d`. */
  readonly ip: string
  /** 255.255.255.0 by default. */
  readonly netmask?: string
  readonly gateway?: string
  /** VLAN id of the interface, 1 to 4094; none by default. */
  readonly vlan?: number
  /** The tag is given to the device beside the frame (default), or put into its bytes. */
  readonly vlanOffload?: boolean
  /** TCP and UDP checksums are completed by the device; false by default. */
  readonly csumOffload?: boolean
  /** Frames that may wait in the stack for a stopped device; 64 by default. */
  readonly transmitQueue?: number
  readonly arp?: Partial<ArpSettings>
  readonly tcp?: Partial<TcpSettings>
}

/** The same with every default filled in. */
export interface CompleteOptions {
  readonly clock: Clock
  readonly device: NetDevice
  readonly random: Random
  readonly name: string
  readonly address: Ipv4Address
  readonly vlan: number
  readonly vlanOffload: boolean
  readonly csumOffload: boolean
  readonly transmitQueue: number
  readonly arp: ArpSettings
  readonly tcp: TcpSettings
}

/** Throws a `RangeError` that names what is out of range. */
export function stackOptions(given: GuestStackOptions): CompleteOptions {
  const tcp = { ...defaultTcp, ...given.tcp }
  const arp = { ...defaultArp, ...given.arp }
  const transmitQueue = given.transmitQueue ?? 64
  inRange('transmitQueue', transmitQueue, 1, 65536)
  inRange('tcp.sendBuffer', tcp.sendBuffer, 1, 2 ** 28)
  inRange('tcp.receiveBuffer', tcp.receiveBuffer, 1, 2 ** 28)
  inRange('tcp.reassemblyRanges', tcp.reassemblyRanges, 1, 65536)
  inRange('tcp.delayedAckNs', tcp.delayedAckNs, 0, 500e6)
  inRange('tcp.initialSequence', tcp.initialSequence, -1, 0xffffffff)
  inRange('arp.capacity', arp.capacity, 1, 65536)
  inRange('device.mtu', given.device.mtu, 68, 65535)
  return {
    clock: given.clock,
    device: given.device,
    random: given.random,
    name: given.name ?? 'stack',
    address: {
      ip: ipv4.parseAddress(given.ip),
      netmask: ipv4.parseAddress(given.netmask ?? '255.255.255.0'),
      gateway: given.gateway === undefined ? 0 : ipv4.parseAddress(given.gateway),
    },
    vlan: given.vlan ?? -1,
    vlanOffload: given.vlanOffload ?? true,
    csumOffload: given.csumOffload ?? false,
    transmitQueue,
    arp,
    tcp,
  }
}

function inRange(name: string, value: number, least: number, most: number): void {
  if (!(Number.isInteger(value) && value >= least && value <= most)) {
    throw new RangeError(`${name} is ${value}: an integer from ${least} to ${most} is expected`)
  }
}
