import { frameSegments, MAX_SEGMENTS } from '@npa/core'
import type { Clock, Counters, FrameSegments, NetDevice, PacketBuffers, Timer } from '@npa/core'
import { copyBytes, foldSum, sumWords, wordsOf } from './bytes.js'
import type { Words } from './bytes.js'
import { Wait, WaitList } from './wait-list.js'

/** Words of a parked frame: segment count, checksum start and offset, VLAN, then buffer, offset and length per segment. */
const ROW = 4 + 3 * MAX_SEGMENTS

/** Where a frame starts in its first buffer: the IP header, and a payload behind 20 bytes of TCP header, lie on words. */
const HEADROOM = 2

/** How long to wait for the device to give a transmit buffer back when it does not say so. */
const BUFFER_RETRY_NS = 50_000

/**
 * Builds frames in the device's buffers and hands them over in order. A frame that the device refuses is parked, as are those
 * built after it; while any is parked, or no buffer is left, senders wait in line and are resumed.
 *
 * All work happens between `enter` and `leave`: one event, one `flush`.
 */
export class TransmitQueue {
  /** The frame under construction. */
  readonly frame: FrameSegments = frameSegments()
  /** The device's buffers. */
  readonly bytes: Words
  readonly u8: Uint8Array
  /** Where in `u8` the frame under construction starts. Headers (up to 128 bytes) never cross its first buffer. */
  head = 0
  readonly waiters: WaitList = new WaitList(Wait.transmit)

  readonly #device: NetDevice
  readonly #buffers: PacketBuffers
  readonly #clock: Clock
  readonly #retry: Timer
  readonly #counters: Counters
  readonly #frames: number
  readonly #bytes: number
  readonly #parkedCount: number
  readonly #full: number
  readonly #noBuffer: number

  readonly #rows: Int32Array
  readonly #capacity: number
  #first = 0
  #parked = 0
  #starved = false
  #unflushed = false
  #depth = 0

  #length = 0
  #segment = 0
  #cursor = 0
  #room = 0

  /** `capacity`: most frames that may be parked. Throws a `RangeError` when the device's buffers are not fit for frames. */
  constructor(clock: Clock, device: NetDevice, counters: Counters, name: string, capacity: number) {
    const { size } = device.buffers
    if (size < 128 || size % 2 !== 0)
      throw new RangeError(`packet buffers of ${size} bytes: must be even, at least 128`)
    if (device.mtu + 18 + HEADROOM > size * MAX_SEGMENTS)
      throw new RangeError(`MTU ${device.mtu}: ${MAX_SEGMENTS} buffers of ${size} bytes do not hold it`)
    this.#device = device
    this.#buffers = device.buffers
    this.u8 = device.buffers.u8
    this.bytes = wordsOf(this.u8)
    this.#clock = clock
    this.#counters = counters
    this.#frames = counters.slot('tx.frames')
    this.#bytes = counters.slot('tx.bytes')
    this.#parkedCount = counters.slot('tx.parked')
    this.#full = counters.slot('tx.dropped.queueFull')
    this.#noBuffer = counters.slot('tx.noBuffer')
    this.#capacity = capacity
    this.#rows = new Int32Array(capacity * ROW)
    this.#retry = clock.timer(`${name}.tx.retry`, () => {
      this.enter()
      this.#resume()
      this.leave()
    })
  }

  /** Frames parked because the device refused them. */
  get parked(): number {
    return this.#parked
  }

  /** Nothing is parked, so that a new frame goes to the device at once. */
  get ready(): boolean {
    return this.#parked === 0
  }

  /** Longest frame that fits the device's buffers, bytes. */
  get longest(): number {
    return this.#buffers.size * MAX_SEGMENTS - HEADROOM
  }

  enter(): void {
    this.#depth++
  }

  leave(): void {
    if (this.#depth > 1) {
      this.#depth--
      return
    }
    if (this.#starved && this.#buffers.inUse < this.#buffers.count) this.#resume()
    this.#depth--
    if (!this.#unflushed) return
    this.#unflushed = false
    this.#device.flush()
  }

  /** The device takes frames again: first the parked ones, then those who wait. */
  wake(): void {
    this.enter()
    let more = this.#parked > 0
    while (more) more = this.#unpark() && this.#parked > 0
    this.#resume()
    this.leave()
  }

  /**
   * Allocates the buffers of a frame of `length` bytes, of which the first `header` are written by the caller at `head` and the
   * rest by `put`. False when buffers are lacking.
   */
  begin(length: number, header: number): boolean {
    const { size } = this.#buffers
    const frame = this.frame
    let count = 0
    let offset = HEADROOM
    let left = length
    while (left > 0) {
      const buffer = this.#buffers.alloc()
      if (buffer < 0) {
        while (count > 0) this.#buffers.free(frame.buffer[--count])
        this.#starve()
        return false
      }
      frame.buffer[count] = buffer
      frame.offset[count] = offset
      const n = left < size - offset ? left : size - offset
      frame.length[count++] = n
      left -= n
      offset = 0
    }
    frame.count = count
    frame.csumStart = -1
    frame.csumOffset = 0
    frame.vlan = -1
    this.head = frame.buffer[0] * size + HEADROOM
    this.#length = length
    this.#segment = 0
    this.#cursor = this.head + header
    this.#room = size - HEADROOM - header
    return true
  }

  /** Appends bytes to the frame under construction. */
  put(from: Words, at: number, length: number): void {
    let next = at
    let left = length
    while (left > 0) {
      if (this.#room === 0) {
        this.#cursor = this.frame.buffer[++this.#segment] * this.#buffers.size
        this.#room = this.#buffers.size
      }
      const n = left < this.#room ? left : this.#room
      copyBytes(from, next, this.bytes, this.#cursor, n)
      next += n
      left -= n
      this.#cursor += n
      this.#room -= n
    }
  }

  /** One's complement sum of the frame under construction from an even offset to its end, added to `start`, folded. */
  sumFrom(offset: number, start: number): number {
    const { frame } = this
    const { size } = this.#buffers
    let sum = start + sumWords(this.bytes, this.head + offset, frame.length[0] - offset)
    for (let i = 1; i < frame.count; i++) sum += sumWords(this.bytes, frame.buffer[i] * size, frame.length[i])
    return foldSum(sum)
  }

  /** Sends the frame under construction, or parks it. When even that is full, it is dropped and counted. */
  commit(): void {
    const frame = this.frame
    if (this.#parked === 0) {
      this.#unflushed = true
      if (this.#device.transmit(frame)) {
        this.#sent(this.#length)
        return
      }
    }
    if (this.#parked === this.#capacity) {
      for (let i = 0; i < frame.count; i++) this.#buffers.free(frame.buffer[i])
      this.#counters.add(this.#full, 1)
      return
    }
    this.#park()
  }

  #sent(bytes: number): void {
    this.#counters.values[this.#frames]++
    this.#counters.values[this.#bytes] += bytes
  }

  #starve(): void {
    this.#counters.values[this.#noBuffer]++
    this.#starved = true
    if (this.#retry.deadlineNs === Infinity) this.#retry.arm(this.#clock.nowNs() + BUFFER_RETRY_NS)
  }

  /** Resumes whoever waits now, each at most once, while there is room; who still waits then is resumed by `wake` or the timer. */
  #resume(): void {
    this.#starved = false
    for (let n = this.waiters.length; n > 0 && this.#roomy(); n--) this.waiters.take()?.resume()
  }

  #roomy(): boolean {
    return this.#parked === 0 && !this.#starved
  }

  #park(): void {
    const { frame } = this
    const slot = (this.#first + this.#parked++) % this.#capacity
    let at = slot * ROW
    this.#counters.values[this.#parkedCount]++
    this.#rows[at++] = frame.count
    this.#rows[at++] = frame.csumStart
    this.#rows[at++] = frame.csumOffset
    this.#rows[at++] = frame.vlan
    for (let i = 0; i < frame.count; i++) {
      this.#rows[at++] = frame.buffer[i]
      this.#rows[at++] = frame.offset[i]
      this.#rows[at++] = frame.length[i]
    }
  }

  /** Hands the first parked frame over; false when the device refuses it. */
  #unpark(): boolean {
    const { frame } = this
    let at = this.#first * ROW
    let bytes = 0
    frame.count = this.#rows[at++]
    frame.csumStart = this.#rows[at++]
    frame.csumOffset = this.#rows[at++]
    frame.vlan = this.#rows[at++]
    for (let i = 0; i < frame.count; i++) {
      frame.buffer[i] = this.#rows[at++]
      frame.offset[i] = this.#rows[at++]
      bytes += frame.length[i] = this.#rows[at++]
    }
    this.#unflushed = true
    if (!this.#device.transmit(frame)) return false
    this.#first = (this.#first + 1) % this.#capacity
    this.#parked--
    this.#sent(bytes)
    return true
  }
}
