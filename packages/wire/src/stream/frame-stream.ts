/** Longest frame that QEMU sends (net/stream.c NET_BUFSIZE); a longer length means that the stream is out of step. */
export const MAX_STREAM_FRAME: number = 4096 + 65536

const LENGTH_BYTES = 4

/**
 * Takes Ethernet frames without FCS out of a byte stream in the framing of QEMU's `-netdev stream`: each behind its length, 4 bytes,
 * big-endian.
 */
export class FrameStream {
  readonly #receive: (frame: Uint8Array) => void
  #rest: Uint8Array = new Uint8Array(0)

  /** `receive` gets each frame, and may keep it. */
  constructor(receive: (frame: Uint8Array) => void) {
    this.#receive = receive
  }

  /** Takes the next bytes of the stream; false when they cannot be one. */
  feed(chunk: Uint8Array): boolean {
    const bytes = this.#rest.length === 0 ? chunk : joined(this.#rest, chunk)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let at = 0
    while (bytes.length - at >= LENGTH_BYTES) {
      const length = view.getUint32(at)
      if (length > MAX_STREAM_FRAME) return false
      if (bytes.length - at < LENGTH_BYTES + length) break
      this.#receive(new Uint8Array(bytes.subarray(at + LENGTH_BYTES, at + LENGTH_BYTES + length)))
      at += LENGTH_BYTES + length
    }
    this.#rest = new Uint8Array(bytes.subarray(at))
    return true
  }
}

/** A frame behind its length. */
export function framed(frame: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(LENGTH_BYTES + frame.length)
  new DataView(bytes.buffer).setUint32(0, frame.length)
  bytes.set(frame, LENGTH_BYTES)
  return bytes
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}
