import type { CostMeter, FrameSegments, NetDevice, NetDeviceUser, PacketBuffers } from '@npa/core'
import type { Oracle } from './oracle.js'

/** Is told of every frame that crosses the border between a stack and its NIC, as it would stand on a wire. */
export type FrameWatcher = (outbound: boolean, u8: Uint8Array, at: number, length: number) => void

/**
 * A network device with the oracle's ear at it: to the stack it is the device, to the device the stack. What stack and driver do for a
 * frame is charged here, so that neither knows of costs.
 */
export class TappedDevice implements NetDevice, NetDeviceUser {
  readonly #device: NetDevice
  readonly #oracle: Oracle
  readonly #vm: number
  readonly #meter: CostMeter
  readonly #watch: FrameWatcher
  #user: NetDeviceUser | undefined

  constructor(device: NetDevice, oracle: Oracle, vm: number, meter: CostMeter, watch: FrameWatcher) {
    this.#device = device
    this.#oracle = oracle
    this.#vm = vm
    this.#meter = meter
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
    this.#meter.charge('guestStackFrame', 1)
    this.#meter.charge('guestTxDescriptor', frame.count)
    this.#oracle.wireForm(this.#device.buffers, frame, true)
    this.#oracle.sent(this.#vm)
    this.#show(true)
    return true
  }

  flush(): void {
    this.#device.flush()
  }

  receive(frame: FrameSegments): void {
    this.#meter.charge('guestStackFrame', 1)
    this.#meter.charge('guestRxDescriptor', frame.count)
    this.#oracle.wireForm(this.#device.buffers, frame, false)
    this.#oracle.delivered(this.#vm)
    this.#show(false)
    this.#user?.receive(frame)
  }

  #show(outbound: boolean): void {
    const { arena, frameAt, wireLength } = this.#oracle
    this.#watch(outbound, arena.u8, frameAt, wireLength)
  }

  wake(): void {
    this.#user?.wake()
  }

  link(up: boolean): void {
    this.#user?.link(up)
  }
}
