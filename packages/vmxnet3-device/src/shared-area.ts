import { Shared } from '@npa/vmxnet3-spec'
import type { Bus } from './bus.js'

/**
 * The device's copy of the driver-shared area. The guest may write the original at any time, so fields are read from the copy,
 * which only commands refresh. Two words live in the guest's memory: the interrupt control, and the events, which are the device's.
 */
export class SharedArea {
  readonly #bus: Bus
  readonly #at: number
  #address = -1
  #events = 0

  /** `at` is the copy's place in the device's memory. */
  constructor(bus: Bus, at: number) {
    this.#bus = bus
    this.#at = at
  }

  get open(): boolean {
    return this.#address >= 0
  }

  /** Copies the whole area from guest memory; false when it is not there. */
  load(address: number): boolean {
    if (!this.#bus.read(address, Shared.bytes, this.#at)) return false
    this.#address = address
    this.#events = 0
    return true
  }

  close(): void {
    this.#address = -1
    this.#events = 0
  }

  /** Copies some bytes anew; false when there is no area, or it is no longer mapped: then the copy stays as it was. */
  refresh(offset: number, bytes: number): boolean {
    return this.open && this.#bus.read(this.#address + offset, bytes, this.#at + offset)
  }

  u8(offset: number): number {
    return this.#bus.u8[this.#at + offset]
  }

  u16(offset: number): number {
    return this.u8(offset) | (this.u8(offset + 1) << 8)
  }

  u32(offset: number): number {
    return this.#bus.i32[(this.#at + offset) >> 2] >>> 0
  }

  /** Whether the driver has disabled all interrupts; read from guest memory each time. */
  get interruptsDisabled(): boolean {
    return this.open && (this.#bus.word(this.#address + Shared.interruptControl) & 1) !== 0
  }

  /** Adds pending events; false without an area. */
  raise(events: number): boolean {
    return this.open && this.#publish(this.#events | events)
  }

  acknowledge(events: number): void {
    if (this.open) this.#publish(this.#events & ~events)
  }

  #publish(events: number): boolean {
    this.#events = events
    return this.#bus.putWord(this.#address + Shared.ecr, events)
  }
}
