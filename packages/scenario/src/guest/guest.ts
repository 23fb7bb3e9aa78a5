import { randomStream } from '@npa/core'
import type { Clock, CostMeter, Trace } from '@npa/core'
import { GuestStack } from '@npa/guest-stack'
import { licenceAccepted } from '@npa/hypervisor'
import type { Vm } from '@npa/hypervisor'
import { Vmxnet3Shell } from '@npa/vmxnet3-shell'
import type { Oracle } from '../oracle/oracle.js'
import { TappedDevice } from '../oracle/tapped-device.js'
import type { Silence } from '../oracle/silence.js'
import type { FrameWatcher } from '../oracle/tapped-device.js'

/** Multicast groups that every host of an IP network is in: 224.0.0.1 and ff02::1. */
const ALL_HOSTS = [Uint8Array.of(0x01, 0x00, 0x5e, 0, 0, 1), Uint8Array.of(0x33, 0x33, 0, 0, 0, 1)]

export interface GuestParts {
  readonly vm: Vm
  /** Its number with the oracle. */
  readonly index: number
  readonly ip: string
  /** VLANs to receive beside untagged frames; empty: the NIC filters none. */
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
export class Guest {
  readonly name: string
  readonly vm: Vm
  readonly shell: Vmxnet3Shell
  readonly stack: GuestStack
  readonly silence: Silence

  constructor(parts: GuestParts) {
    const { vm, index, ip, vlans, seed, clock, meter, oracle, trace, watch, window } = parts
    this.name = vm.name
    this.vm = vm
    this.shell = new Vmxnet3Shell(vm.platform, { multicast: ALL_HOSTS, vlans, acceptLicense: licenceAccepted, trace })
    const device = new TappedDevice(clock, this.shell, oracle, index, meter, watch)
    this.silence = device.silence
    this.stack = new GuestStack({
      clock,
      device,
      random: randomStream(seed, vm.name),
      name: vm.name,
      ip,
      csumOffload: true,
      // the least retransmission timeout is Linux's: RFC 6298 would have a second
      tcp: { sendBuffer: window, receiveBuffer: window, minRtoNs: 200e6 },
    })
  }
}
