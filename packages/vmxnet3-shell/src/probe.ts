import type { DriverPlatform } from '@npa/core'
import { VMXNET3_DEVICE, VMXNET3_VENDOR } from '@npa/vmxnet3-spec'
import { Control, DeviceError } from './control.js'

const VENDOR_ID = 0x00
const DEVICE_ID = 0x02
const COMMAND = 0x04
/** Memory space and bus mastering. */
const COMMAND_ENABLE = 0x6

/** A device found and ready for its rings. */
export interface ProbedDevice {
  readonly control: Control
  readonly mac: Uint8Array
  /** At most what was asked for: every queue pair has a vector, and the events have one. */
  readonly queuePairs: number
}

/** Looks for a vmxnet3 behind the platform and readies it (vmxnet3.md §14, probe). Throws a `DeviceError` that says what is missing. */
export function probe(platform: DriverPlatform, queuePairs: number): ProbedDevice {
  const vendor = platform.configRead(VENDOR_ID, 2)
  const device = platform.configRead(DEVICE_ID, 2)
  if (vendor !== VMXNET3_VENDOR || device !== VMXNET3_DEVICE) {
    throw new DeviceError(`PCI function ${vendor.toString(16)}:${device.toString(16)} is no vmxnet3`)
  }
  platform.configWrite(COMMAND, 2, platform.configRead(COMMAND, 2) | COMMAND_ENABLE)
  const control = new Control(platform)
  control.negotiate()
  const vectors = platform.enableVectors(queuePairs + 1)
  if (vectors < 2) throw new DeviceError(`${vectors} interrupt vectors: at least 2 needed`)
  return { control, mac: control.readMac(), queuePairs: Math.min(queuePairs, vectors - 1) }
}
