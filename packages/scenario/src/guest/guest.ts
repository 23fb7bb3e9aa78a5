import { randomStream } from '@npa/core'
import type { Clock, CostMeter, DriverPlatform, Trace } from '@npa/core'
import { GuestStack } from '@npa/guest-stack'
import { licenceAccepted } from '@npa/hypervisor'
import type { Vm } from '@npa/hypervisor'
import { Vmxnet3Shell } from '@npa/vmxnet3-shell'
import type { Oracle } from '../oracle/oracle.js'
import { TappedDevice } from '../oracle/tapped-device.js'
import { StopWatch } from './stop-watch.js'
import type { FrameWatcher } from '../oracle/tapped-device.js'

/** Multicast groups that every host of an IP network is in: 224.0.0.1 and ff02::1. */
const ALL_HOSTS = [Uint8Array.of(0x01, 0x00, 0x5e, 0, 0, 1), Uint8Array.of(0x33, 0x33, 0, 0, 0, 1)]

export interface GuestSystemParts {
  readonly name: string
  readonly platform: DriverPlatform
  /** Its number with the oracle. */
  readonly index: number
  readonly ip: string
  /** VLANs to receive beside untagged frames. */
  readonly vlans: readonly number[]
  readonly seed: number
  readonly clock: Clock
  readonly meter: CostMeter
  readonly oracle: Oracle
  readonly trace: Trace
  readonly watch: FrameWatcher
  /** Bytes of a socket's buffers. */
  readonly window: number
}

/** What runs inside a VM: the vmxnet3 driver and, over the oracle's ear, a network stack. */
export class GuestSystem {
  readonly name: string
  readonly shell: Vmxnet3Shell
  readonly stack: GuestStack
  readonly vlans: readonly number[]
  /** Times in which the driver took no frames from the stack. */
  readonly stops: StopWatch

  constructor(parts: GuestSystemParts) {
    const { name, platform, index, ip, vlans, seed, clock, meter, oracle, trace, watch, window } = parts
    this.name = name
    this.vlans = vlans
    this.stops = new StopWatch(clock)
    this.shell = new Vmxnet3Shell(platform, {
      flow: (open) => {
        this.stops.flow(open)
      },
      multicast: ALL_HOSTS,
      // as Linux does: VLAN 0 stands for untagged frames
      vlans: vlans.length > 0 ? vlans : [0],
      acceptLicense: licenceAccepted,
      trace: { event: (component, what) => trace.event(`${name}.${component}`, what) },
    })
    const device = new TappedDevice(this.shell, oracle, index, meter, watch)
    this.stack = new GuestStack({
      clock,
      device,
      random: randomStream(seed, name),
      name,
      ip,
      csumOffload: true,
      // the least retransmission timeout is Linux's: RFC 6298 would have a second
      tcp: { sendBuffer: window, receiveBuffer: window, minRtoNs: 200e6 },
    })
  }
}

/** A VM of this thread with what runs inside it. */
export class Guest extends GuestSystem {
  readonly vm: Vm

  constructor(parts: Omit<GuestSystemParts, 'name' | 'platform'> & { readonly vm: Vm }) {
    super({ ...parts, name: parts.vm.name, platform: parts.vm.platform })
    this.vm = parts.vm
  }
}
