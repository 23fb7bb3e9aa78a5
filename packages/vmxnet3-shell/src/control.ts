import type { DriverPlatform, Mmio } from '@npa/core'
import { Bar, Cmd, Pt, Vd } from '@npa/vmxnet3-spec'

/** What a read gives where no device answers. */
const ALL_ONES = 0xffffffff

/** Why the driver cannot work with the device in front of it. */
export class DeviceError extends Error {
  override readonly name = 'DeviceError'
}

/** The control registers (BAR1) and the driver's own interrupt mask (vmxnet3.md §2, §3). */
export class Control {
  readonly #vd: Mmio
  readonly #pt: Mmio

  constructor(platform: DriverPlatform) {
    this.#vd = platform.bar(Bar.control)
    this.#pt = platform.bar(Bar.data)
  }

  /** Chooses revision 1 of device and UPT (§14, probe); throws a `DeviceError` when the device has neither or does not answer. */
  negotiate(): void {
    for (const [name, register] of [
      ['device', Vd.vrrs],
      ['UPT', Vd.uvrs],
    ] as const) {
      const versions = this.#vd.read32(register) >>> 0
      if (versions === ALL_ONES) throw new DeviceError('no vmxnet3 answers')
      if ((versions & 1) === 0) throw new DeviceError(`${name} revision 1 is not on offer (${versions.toString(16)})`)
      this.#vd.write32(register, 1)
    }
  }

  readMac(): Uint8Array {
    const low = this.#vd.read32(Vd.macl)
    const high = this.#vd.read32(Vd.mach)
    return Uint8Array.of(low, low >>> 8, low >>> 16, low >>> 24, high, high >>> 8)
  }

  writeMac(mac: Uint8Array): void {
    this.#vd.write32(Vd.macl, (mac[0] | (mac[1] << 8) | (mac[2] << 16) | (mac[3] << 24)) >>> 0)
    this.#vd.write32(Vd.mach, mac[4] | (mac[5] << 8))
  }

  /** Tells where the driver-shared area is; 0 and 0 take it back. */
  setSharedArea(lo: number, hi: number): void {
    this.#vd.write32(Vd.dsal, lo >>> 0)
    this.#vd.write32(Vd.dsah, hi >>> 0)
  }

  /** A command without a result. */
  issue(command: number): void {
    this.#vd.write32(Vd.cmd, command)
  }

  /** A command and its result, a u32. */
  ask(command: number): number {
    this.#vd.write32(Vd.cmd, command)
    return this.#vd.read32(Vd.cmd) >>> 0
  }

  linkUp(): boolean {
    const link = this.ask(Cmd.getLink)
    return link !== ALL_ONES && (link & 1) !== 0
  }

  acknowledge(events: number): void {
    this.#vd.write32(Vd.ecr, events >>> 0)
  }

  /** Masks or unmasks a vector of the device. */
  mask(vector: number, masked: boolean): void {
    this.#pt.write32(Pt.imr + vector * Pt.stride, masked ? 1 : 0)
  }
}
