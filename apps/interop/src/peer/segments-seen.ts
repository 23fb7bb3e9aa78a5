import { ipv4, tcp } from '@npa/wire'

const ETHERNET_BYTES = 14
const TAG_BYTES = 4
const TCP_PROTOCOL = 6

/** A stretch of a stream, as distances from the first byte seen. */
type Stretch = [from: number, to: number]

/** Watches TCP segments over IPv4 in one direction: how many had a payload, and of how many that payload had been there before. */
export class SegmentsSeen {
  segments = 0
  /** Nothing in them was new. */
  again = 0
  readonly #streams = new Map<string, { first: number; stretches: Stretch[] }>()

  see(frame: Uint8Array): void {
    const at = frame[12] === 0x81 && frame[13] === 0 ? ETHERNET_BYTES + TAG_BYTES : ETHERNET_BYTES
    if (frame.length < at + 40 || frame[at - 2] !== 0x08 || frame[at - 1] !== 0) return
    if (frame[at] >> 4 !== 4 || frame[at + 9] !== TCP_PROTOCOL) return
    const l4 = at + (frame[at] & 15) * 4
    const payload = at + ipv4.totalLength(frame, at) - l4 - tcp.headerBytes(frame, l4)
    if (payload <= 0) return
    this.segments++
    const name =
      Buffer.from(frame.subarray(at + 12, at + 20)).toString('hex') +
      Buffer.from(frame.subarray(l4, l4 + 4)).toString('hex')
    const sequence = tcp.sequence(frame, l4)
    const stream = this.#streams.get(name) ?? { first: sequence, stretches: [] }
    this.#streams.set(name, stream)
    const from = (sequence - stream.first) | 0
    if (!isNew(stream.stretches, from, from + payload)) this.again++
  }
}

/** Adds a stretch; false when it was there. */
function isNew(known: Stretch[], from: number, to: number): boolean {
  if (known.some((one) => one[0] <= from && to <= one[1])) return false
  const touched = known.filter((one) => one[0] <= to && from <= one[1])
  const all: Stretch = [Math.min(from, ...touched.map((one) => one[0])), Math.max(to, ...touched.map((one) => one[1]))]
  const rest = known.filter((one) => !touched.includes(one))
  known.splice(0, known.length, ...rest, all)
  return true
}
