import type { CheckGroup } from './checks/check.js'
import { igbChecks } from './checks/igb.js'
import { ixgbeChecks } from './checks/ixgbe.js'
import { sriovChecks } from './checks/sriov.js'
import { igbAdmin, ixgbeAdmin } from './checks/vf-admin.js'
import { vfChecks } from './checks/vf-driver.js'
import { mailboxApi } from './checks/virtual-functions.js'
import { vmxnet3Checks } from './checks/vmxnet3.js'
import type { JudgedDevice } from './devices/device.js'
import { npa82576 } from './devices/npa-82576.js'
import { npa82599 } from './devices/npa-82599.js'
import { npaVmxnet3 } from './devices/npa-vmxnet3.js'
import { qemuIgb, qemuVmxnet3 } from './devices/qemu-nic.js'
import { kernelNames } from './debian/sets.js'
import type { KernelName } from './debian/sets.js'

/** What a driver says above info though all is well. */
interface Remark {
  readonly text: RegExp
  readonly why: string
}

/** A driver, the devices that it is let loose on, and the questions. */
export interface DriverCase {
  readonly driver: string
  readonly kernels: readonly KernelName[]
  /** Modules of the guest, dependencies come with them. */
  readonly modules: readonly string[]
  /** The reference first: what its kernel log says is no fault of the others. */
  readonly devices: readonly JudgedDevice[]
  readonly groups: readonly CheckGroup[]
  /** For a driver without a reference: all that its kernel may say above info, each with its reason. */
  readonly mayLog?: readonly Remark[]
  /** For a driver with one: what its kernel may say on our device and need not on the reference. */
  readonly mayAlsoLog?: readonly Remark[]
}

/** Of the streams whose losses are counted, unless asked for otherwise. */
export const STREAM_SECONDS = 60

/** Says more of the machine than of the driver. */
const SLOW: Remark = {
  text: /^hrtimer: interrupt took/,
  why: 'the emulated processor stands still for tens of milliseconds on a busy machine',
}

/** With `legacy-rx` on it has to stay away, which a check asks. */
const SUSPECT: Remark = {
  text: /^TCP: eth0: Driver has suspect GRO implementation/,
  why: 'ixgbe reckons the segments of a coalesced packet from its length without headers, for which it takes all that is in the first buffer, unless legacy-rx is on: with one buffer the length is 0',
}

/** Linux 7 says what it was asked for through sysfs. */
const RESET: Remark = { text: /^ixgbevf [\da-f:.]+: (resetting|reset done)$/, why: 'a check resets the function' }

/** Frames with another's address that a check sends to have them caught. */
const SPOOFED: Remark = { text: /\d+ Spoofed packets detected$/, why: 'ixgbe tells of what the spoof check caught' }

/** The same of igb: the reference lets such frames through. */
const SPOOF_EVENTS: Remark = {
  text: /: Spoof event\(s\) detected on VF 0$/,
  why: 'igb tells of what the spoof check caught',
}

/** A check resets the PF under load; Linux 6.1 breaks the line. */
const WITHOUT_PF: Remark = {
  text: /^igbvf [\da-f:.]+: Vlan id 0( is not added)?$|^ ?is not added$/,
  why: 'igbvf that has lost its link with frames to send starts anew at once, and while the PF is down nobody answers its mailbox',
}

/** Everything that can stand before the court. The streams whose losses are counted last `streamSeconds`. */
export const driverCases = (streamSeconds: number): readonly DriverCase[] => [
  {
    driver: 'vmxnet3',
    kernels: kernelNames,
    modules: ['vmxnet3', '8021q'],
    devices: [qemuVmxnet3, npaVmxnet3],
    groups: vmxnet3Checks,
  },
  {
    driver: 'ixgbe',
    kernels: kernelNames,
    modules: ['ixgbe', 'ixgbevf', '8021q'],
    devices: [npa82599],
    groups: [...ixgbeChecks, ...sriovChecks('ixgbevf', 48)],
    mayLog: [SLOW, SUSPECT],
  },
  {
    driver: 'ixgbevf',
    kernels: kernelNames,
    modules: ['ixgbe', 'ixgbevf', '8021q', 'pktgen'],
    devices: [npa82599],
    groups: vfChecks('ixgbe', [mailboxApi], ixgbeAdmin, streamSeconds),
    mayLog: [SLOW, SPOOFED, RESET],
  },
  {
    driver: 'igb',
    kernels: kernelNames,
    modules: ['igb', 'igbvf', '8021q'],
    devices: [qemuIgb, npa82576],
    groups: [...igbChecks, ...sriovChecks('igbvf', 7)],
  },
  {
    driver: 'igbvf',
    kernels: kernelNames,
    modules: ['igb', 'igbvf', '8021q', 'pktgen'],
    devices: [qemuIgb, npa82576],
    groups: vfChecks('igb', [], igbAdmin, streamSeconds),
    mayAlsoLog: [SPOOF_EVENTS, WITHOUT_PF],
  },
]
