import { processorSeconds } from '../measure/processor-time.js'
import { Card, macOf } from './card.js'
import { PollDriver } from './poll-driver.js'

/** Batches between two looks at the clock. */
const LOOK = 16
/** Descriptors of a batch: of frames, and of messages, whose segments have to find room at the other end. */
const FRAMES = 32
const MESSAGES = 8
const EXPERIMENTAL = [0x88, 0xb5]
/** Bytes of Ethernet, IPv4 and TCP before the payload of a message. */
const HEADERS = 54

/** Who sends to whom, and what. */
export interface Traffic {
  /** Virtual functions that are enabled, and how many of them send. */
  readonly vfs: number
  readonly active: number
  /** Each active one to the next, or all to the wire. */
  readonly to: 'vf' | 'wire'
  /** Bytes that the driver hands over at a time, without FCS. */
  readonly bytes: number
  /** TCP payload of a segment, when they are a message that the card cuts up. */
  readonly mss?: number
}

/** Descriptors that a driver posts and reaps at a time. */
export function batchOf({ mss }: Traffic): number {
  return mss === undefined ? FRAMES : MESSAGES
}

/** Frames that one posting becomes. */
function segments({ bytes, mss }: Traffic): number {
  return mss === undefined ? 1 : Math.ceil((bytes - HEADERS) / mss)
}

/** Bytes of a frame on its way, without FCS, on average. */
export function bytesPerFrame(traffic: Traffic): number {
  const frames = segments(traffic)
  return Math.max(60, (traffic.bytes + (frames - 1) * HEADERS) / frames)
}

/** A card with drivers on its active functions, and the loop that keeps them busy. */
export class TrafficLoop {
  readonly card: Card
  readonly #drivers: PollDriver[] = []
  readonly #toWire: boolean
  readonly #traffic: Traffic
  readonly #segments: number
  #sent = 0

  constructor(traffic: Traffic) {
    const { vfs, active, to, bytes, mss } = traffic
    this.#traffic = traffic
    this.#toWire = to === 'wire'
    this.#segments = segments(traffic)
    const longest = mss === undefined ? bytes : mss + HEADERS
    const bufferBytes = longest <= 2048 ? 2048 : (longest + 1023) & ~1023
    const memory = (8 << 20) + active * 128 * (bufferBytes + bytes + 64 + 64) + vfs * 8192
    this.card = new Card(vfs, (memory + 0xffff) & ~0xffff)
    for (let vf = 0; vf < active; vf++) {
      const to = this.#toWire ? macOf(0xfe) : macOf((vf + 1) % active)
      const frame = mss === undefined ? plainFrame(bytes) : message(bytes)
      frame.set(to)
      frame.set(macOf(vf), 6)
      const load = { frame, batch: batchOf(traffic), bufferBytes, ...(mss === undefined ? {} : { mss }) }
      const driver = new PollDriver(this.card.arena, this.card.vfs[vf], load)
      driver.start()
      this.#drivers.push(driver)
    }
    this.card.settle()
  }

  /** One batch of every driver: posted, carried, reaped at both ends. In turns: two batches of long frames overflow the packet buffer. */
  round(): void {
    const drivers = this.#drivers
    for (let i = 0; i < drivers.length; i++) {
      this.#sent += drivers[i].send() * this.#segments
      this.card.settle()
    }
    for (let i = 0; i < drivers.length; i++) {
      drivers[i].receive()
      drivers[i].reap()
    }
  }

  /** Frames that arrived, since the beginning. */
  get arrived(): number {
    return this.#toWire ? this.card.sink.frames : this.#drivers.reduce((sum, { frames }) => sum + frames, 0)
  }

  /** Frames a second of processor time, measured for about so long. Throws an `Error` when a frame was lost: that would be no measurement. */
  run(seconds: number): number {
    const begin = processorSeconds()
    const before = this.arrived
    let now = begin
    while (now - begin < seconds) {
      for (let i = 0; i < LOOK; i++) this.round()
      now = processorSeconds()
    }
    if (this.arrived !== this.#sent) throw new Error(`${this.#sent} frames were sent, ${this.arrived} arrived`)
    const bytes = this.#drivers.reduce((sum, driver) => sum + driver.bytes, 0)
    if (!this.#toWire && bytes !== this.#sent * bytesPerFrame(this.#traffic)) throw new Error(`${bytes} bytes arrived`)
    return (this.arrived - before) / (now - begin)
  }
}

function plainFrame(bytes: number): Uint8Array {
  const frame = new Uint8Array(bytes)
  frame.set(EXPERIMENTAL, 12)
  return frame
}

/** TCP over IPv4, as a driver leaves it to the card: lengths and checksums of the segments are the card's. */
function message(bytes: number): Uint8Array {
  const frame = new Uint8Array(bytes)
  frame.set([0x08, 0x00, 0x45, 0], 12)
  frame.set([64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2], 22)
  frame.set([0x50, 0x10], 46)
  for (let i = HEADERS; i < bytes; i++) frame[i] = i * 7
  return frame
}
