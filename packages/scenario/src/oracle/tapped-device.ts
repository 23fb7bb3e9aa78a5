import type { FrameSegments, NetDevice, NetDeviceUser, PacketBuffers } from '@npa/core'
import type { Oracle } from './oracle.js'

/** Is told of every frame that crosses the border between a stack and its NIC, as it would stand on a wire. */
export type FrameWatcher = (outbound: boolean, frame: Uint8Array, length: number) => void

/** A network device with the oracle's ear at it: to the stack it is the device, to the device the stack. */
export class TappedDevice implements NetDevice, NetDeviceUser {
  readonly #device: NetDevice
  readonly #oracle: Oracle
  readonly #vm: number
  readonly #watch: FrameWatcher
  #user: NetDeviceUser | undefined

  constructor(device: NetDevice, oracle: Oracle, vm: number, watch: FrameWatcher) {
    this.#device = device
    this.#oracle = oracle
    this.#vm = vm
    this.#watch = watch
    device.attach(this)
  }

  get mac(): Uint8Array {
    return this.#device.mac
  }
  get mtu(): number {
    return this.#device.mtu
  }
  get buffers(): PacketBuffers {
    return this.#device.buffers
  }

  attach(user: NetDeviceUser): void {
    this.#user = user
  }

  /** The device works from the scheduler, so a frame cannot arrive before it is noted here as sent. */
  transmit(frame: FrameSegments): boolean {
    if (!this.#device.transmit(frame)) return false
    const wire = this.#oracle.wireForm(this.#device.buffers, frame)
    this.#oracle.sent(this.#vm)
    this.#watch(true, wire, this.#oracle.wireLength)
    return true
  }

  flush(): void {
    this.#device.flush()
  }

  receive(frame: FrameSegments): void {
    const wire = this.#oracle.wireForm(this.#device.buffers, frame)
    this.#oracle.delivered(this.#vm)
    this.#watch(false, wire, this.#oracle.wireLength)
    this.#user?.receive(frame)
  }

  wake(): void {
    this.#user?.wake()
  }

  link(up: boolean): void {
    this.#user?.link(up)
  }
}
