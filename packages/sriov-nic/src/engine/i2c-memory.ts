import type { StateIo } from '@npa/core'

/** What the memory does with the bits on the bus; `addressed` is the acknowledgement before it reads out. */
const State = { idle: 0, device: 1, place: 2, written: 3, addressed: 4, reading: 5 } as const

const READ = 1

/**
 * A memory of 256 bytes on a bit-banged I2C bus, such as the identification of an optical module: it answers to one device address, takes the
 * place to read from in the first byte written, and counts on from byte to byte. Writes beyond that are acknowledged and do nothing.
 */
export class I2cMemory {
  readonly #bytes: Uint8Array
  readonly #address: number
  #state: number = State.idle
  #clock = true
  #data = true
  /** Clock pulses of the byte under way; the ninth acknowledges. */
  #pulses = 0
  #shift = 0
  #place = 0
  /** The memory lets the data line go. */
  #released = true

  /** `address` is the device address as it stands in the first byte, its lowest bit 0. */
  constructor(bytes: Uint8Array, address: number) {
    this.#bytes = bytes
    this.#address = address
  }

  /** The data line: low when master or memory pull it down. */
  get data(): boolean {
    return this.#data && this.#released
  }

  /** What the master does with the lines now; true lets one go. */
  lines(clock: boolean, data: boolean): void {
    if (clock && this.#clock) this.#condition(data)
    else if (clock && !this.#clock) this.#rise(data)
    else if (!clock && this.#clock) this.#fall()
    this.#clock = clock
    this.#data = data
  }

  /** The bus, and how far the transfer on it is. */
  walkState(io: StateIo): void {
    this.#state = io.integer('state', this.#state, State.idle, State.reading)
    this.#clock = io.boolean('clock', this.#clock)
    this.#data = io.boolean('data', this.#data)
    this.#pulses = io.integer('pulses', this.#pulses, 0, Number.MAX_SAFE_INTEGER)
    this.#shift = io.integer('shift', this.#shift, 0, 0xff)
    this.#place = io.integer('place', this.#place, 0, 0xff)
    this.#released = io.boolean('released', this.#released)
  }

  /** Data changes while the clock is high: a start or a stop. */
  #condition(data: boolean): void {
    if (data === this.#data) return
    this.#state = data ? State.idle : State.device
    this.#pulses = 0
    this.#released = true
  }

  #rise(data: boolean): void {
    this.#pulses++
    if (this.#pulses <= 8) this.#shift = ((this.#shift << 1) | (data ? 1 : 0)) & 0xff
    // The master does not acknowledge the last byte that it wants.
    else if (this.#state === State.reading && data) this.#state = State.idle
  }

  #fall(): void {
    if (this.#state === State.idle) return
    if (this.#pulses === 9) {
      this.#pulses = 0
      this.#released = true
      if (this.#state === State.addressed) this.#state = State.reading
    }
    if (this.#state === State.reading) {
      if (this.#pulses === 0) {
        this.#shift = this.#bytes[this.#place]
        this.#place = (this.#place + 1) & 0xff
      }
      this.#released = this.#pulses === 8 || ((this.#shift >>> 7) & 1) === 1
      return
    }
    if (this.#pulses === 8) this.#byte()
  }

  /** A byte is complete: acknowledged, or not for us. */
  #byte(): void {
    if (this.#state === State.device) {
      const ours = (this.#shift & ~READ) === this.#address
      this.#state = !ours ? State.idle : (this.#shift & READ) !== 0 ? State.addressed : State.place
      this.#released = !ours
      return
    }
    if (this.#state === State.place) this.#place = this.#shift
    this.#state = State.written
    this.#released = false
  }
}
