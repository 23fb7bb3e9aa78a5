import { Csum, frameSegments, MAX_SEGMENTS, randomStream } from '@npa/core'
import type { Clock, FrameSegments, NetDevice, NetDeviceUser, Random, Timer } from '@npa/core'
import { finishCsum, vlan } from '@npa/wire'
import { PacketPool } from './packet-pool.js'

/** What a wire does to frames: probabilities per frame, 0 to 1. */
interface WireFaults {
  readonly loss?: number
  readonly duplicate?: number
  /** Frames that take up to ten times as long. */
  readonly reorder?: number
  readonly corrupt?: number
}

export interface WireOptions extends WireFaults {
  readonly delayNs?: number
  readonly seed?: number
  readonly mtu?: number
  readonly bufferSize?: number
  readonly buffers?: number
  /** Where packet buffers lie; in memory of their own when missing. */
  readonly allocate?: (bytes: number) => Uint8Array
  /** Frames that a device holds before it stops the stack. */
  readonly ring?: number
  /** Received frames come in pieces of this many bytes. */
  readonly split?: number
  /** The receiving device has checked the checksums. */
  readonly trusted?: boolean
  /** The receiving device takes tags out. */
  readonly strip?: boolean
  /** Bytes per ns of each direction; unlimited when missing. Beyond `queue` waiting frames, frames are lost. */
  readonly rate?: number
  readonly queue?: number
}

/** Decides over one frame, before the faults: true loses it. */
export type Judge = (frame: Uint8Array, from: number) => boolean
/** Sees each frame as it is sent, complete with checksum and tag. */
export type Spy = (frame: Uint8Array, from: number, timeNs: number) => void

interface Flight {
  readonly atNs: number
  readonly bytes: Uint8Array
  readonly csum: number
}

/** One end of a wire. */
export class FakeDevice implements NetDevice {
  readonly mac: Uint8Array
  readonly mtu: number
  readonly buffers: PacketPool
  user: NetDeviceUser | undefined
  flushes = 0
  transmitted = 0
  receivedWithoutBuffer = 0
  /** The device refuses every frame until `resume`. */
  paused = false
  /** Frames not yet completed. */
  held: Int32Array[] = []
  readonly #wire: FakeWire
  readonly #index: number
  readonly #ring: number
  readonly #frame = frameSegments()
  #refused = false

  constructor(wire: FakeWire, index: number, options: WireOptions) {
    this.#wire = wire
    this.#index = index
    this.mac = Uint8Array.of(2, 0, 0, 0, 0, index + 1)
    this.mtu = options.mtu ?? 1500
    this.buffers = new PacketPool(options.buffers ?? 512, options.bufferSize ?? 2048, options.allocate)
    this.#ring = options.ring ?? 128
  }

  attach(user: NetDeviceUser): void {
    this.user = user
  }

  transmit(frame: FrameSegments): boolean {
    if (this.paused || this.held.length >= this.#ring) {
      this.#refused = true
      return false
    }
    this.transmitted++
    const { buffer, offset, length, count } = frame
    let total = 0
    for (let i = 0; i < count; i++) total += length[i]
    const tagged = frame.vlan >= 0
    const bytes = new Uint8Array(Math.max(total, 60) + (tagged ? 4 : 0))
    let end = 0
    for (let i = 0; i < count; i++) {
      const at = buffer[i] * this.buffers.size + offset[i]
      bytes.set(this.buffers.u8.subarray(at, at + length[i]), end)
      end += length[i]
    }
    if (frame.csumStart >= 0 && !finishCsum(bytes, 0, total, frame.csumStart, frame.csumOffset)) {
      throw new Error('checksum outside of the frame')
    }
    if (tagged) vlan.insert(bytes, 0, total, frame.vlan)
    this.held.push(buffer.slice(0, count))
    this.#wire.carry(bytes, this.#index)
    return true
  }

  flush(): void {
    this.flushes++
  }

  /** Takes frames again. */
  resume(): void {
    this.paused = false
    this.#wake()
  }

  /** The oldest frame has left: its buffers are free. */
  complete(): void {
    const done = this.held.shift()
    if (done !== undefined) for (const buffer of done) this.buffers.free(buffer)
    this.#wake()
  }

  /** A frame arrives. */
  deliver(bytes: Uint8Array, csum: number, options: WireOptions): void {
    const frame = this.#frame
    let data = bytes
    frame.vlan = -1
    if (options.strip === true) {
      data = bytes.slice()
      frame.vlan = vlan.strip(data, 0, data.length)
      if (frame.vlan >= 0) data = data.subarray(0, -4)
    }
    const piece = Math.max(options.split ?? this.buffers.size, Math.ceil(data.length / MAX_SEGMENTS))
    frame.count = 0
    frame.csum = csum
    for (let at = 0; at < data.length; at += piece) {
      const buffer = this.buffers.alloc()
      if (buffer < 0) {
        while (frame.count > 0) this.buffers.free(frame.buffer[--frame.count])
        this.receivedWithoutBuffer++
        return
      }
      const n = Math.min(piece, data.length - at)
      // An offset of its own, so that no alignment is taken for granted.
      const offset = Math.min(this.buffers.size - n, frame.count === 0 ? 0 : 1)
      this.buffers.u8.set(data.subarray(at, at + n), buffer * this.buffers.size + offset)
      frame.buffer[frame.count] = buffer
      frame.offset[frame.count] = offset
      frame.length[frame.count++] = n
    }
    this.user?.receive(frame)
  }

  #wake(): void {
    if (!this.#refused || this.paused || this.held.length >= this.#ring) return
    this.#refused = false
    this.user?.wake()
  }
}

/** Two devices, joined. */
export class FakeWire {
  readonly ends: readonly [FakeDevice, FakeDevice]
  judge: Judge | undefined
  spy: Spy | undefined
  lost = 0
  readonly #options: WireOptions
  readonly #clock: Clock
  readonly #random: Random
  readonly #timer: Timer
  /** By arrival, towards either end. */
  readonly #flights: [Flight[], Flight[]] = [[], []]
  readonly #freeAtNs = [0, 0]
  readonly #departures: { atNs: number; from: number }[] = []

  constructor(clock: Clock, options: WireOptions = {}) {
    this.#clock = clock
    this.#options = options
    this.#random = randomStream(options.seed ?? 1, 'wire')
    this.ends = [new FakeDevice(this, 0, options), new FakeDevice(this, 1, options)]
    this.#timer = clock.timer('wire', () => this.#arrive())
  }

  /** Frames under way. */
  get flying(): number {
    return this.#flights[0].length + this.#flights[1].length + this.#departures.length
  }

  /** Puts a frame on the wire as if `from` had sent it. */
  carry(bytes: Uint8Array, from: number): void {
    const { delayNs = 5000, rate, queue = Infinity, trusted } = this.#options
    const now = this.#clock.nowNs()
    this.spy?.(bytes, from, now)
    const leaves = rate === undefined ? now : Math.max(this.#freeAtNs[from], now) + Math.round(bytes.length / rate)
    this.#departures.push({ atNs: leaves, from })
    const full = rate !== undefined && (leaves - now) * rate > queue * bytes.length
    if (full || this.judge?.(bytes, from) === true || this.#chance(this.#options.loss)) {
      this.lost++
    } else {
      this.#freeAtNs[from] = leaves
      const late = this.#chance(this.#options.reorder) ? this.#random.below(9 * delayNs) : 0
      let carried = bytes
      let csum: number = trusted === true ? Csum.good : Csum.none
      if (this.#chance(this.#options.corrupt)) {
        carried = bytes.slice()
        carried[this.#random.below(carried.length)] ^= 1 << this.#random.below(8)
        csum = Csum.none
      }
      this.#fly({ atNs: leaves + delayNs + late, bytes: carried, csum }, 1 - from)
      if (this.#chance(this.#options.duplicate)) {
        this.#fly({ atNs: leaves + delayNs + this.#random.below(delayNs + 1), bytes: carried, csum }, 1 - from)
      }
    }
    this.#arm()
  }

  #chance(probability = 0): boolean {
    return probability > 0 && this.#random.u32() / 2 ** 32 < probability
  }

  #fly(flight: Flight, to: number): void {
    const flights = this.#flights[to]
    let at = flights.length
    while (at > 0 && flights[at - 1].atNs > flight.atNs) at--
    if (at === flights.length) flights.push(flight)
    else flights.splice(at, 0, flight)
  }

  #arm(): void {
    const next = Math.min(
      this.#flights[0].length > 0 ? this.#flights[0][0].atNs : Infinity,
      this.#flights[1].length > 0 ? this.#flights[1][0].atNs : Infinity,
      this.#departures.length > 0 ? this.#departures[0].atNs : Infinity,
    )
    if (next < this.#timer.deadlineNs) this.#timer.arm(next)
  }

  #arrive(): void {
    const now = this.#clock.nowNs()
    while (this.#departures.length > 0 && this.#departures[0].atNs <= now) {
      const departed = this.#departures.shift()
      if (departed !== undefined) this.ends[departed.from].complete()
    }
    for (const to of [0, 1]) {
      const flights = this.#flights[to]
      while (flights.length > 0 && flights[0].atNs <= now) {
        const flight = flights.shift()
        if (flight !== undefined) this.ends[to].deliver(flight.bytes, flight.csum, this.#options)
      }
    }
    this.#arm()
  }
}
