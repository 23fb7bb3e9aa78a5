import type { Clock } from '@npa/core'
import { Direction } from '../capture/pcapng.js'
import { Frame, FRAME_WORDS, FrameFlag } from '../frame-batch.js'
import type { Port } from '../port.js'
import { facePair } from './face.js'
import type { Forward } from './face.js'
import type { TwoPort } from './two-port.js'

/** Is shown a frame: its bytes are borrowed until it returns; `vlan` is a tag's TCI that is not in them, or -1. */
export type CaptureSink = (
  id: number,
  timeNs: number,
  direction: number,
  u8: Uint8Array,
  at: number,
  length: number,
  vlan: number,
) => void

/**
 * Shows every frame that passes, once, as it is. The captured interface is the port on side `a`: what it sends is outbound. Frames
 * that the far side does not take are not shown; they come again.
 */
export class CapturePort implements TwoPort {
  readonly a: Port
  readonly b: Port

  /** `u8` is the arena that frames lie in; `id` the interface that the sink is told. */
  constructor(name: string, clock: Clock, u8: Uint8Array, id: number, sink: CaptureSink) {
    const forward =
      (direction: number): Forward =>
      (to, batch, from, count) => {
        const taken = to.send(batch, from, count)
        const now = clock.nowNs()
        const words = batch.words
        for (let word = from * FRAME_WORDS; word < (from + taken) * FRAME_WORDS; word += FRAME_WORDS) {
          const vlan = (words[word + Frame.flags] & FrameFlag.vlan) === 0 ? -1 : words[word + Frame.vlan]
          sink(id, now, direction, u8, words[word + Frame.address], words[word + Frame.length], vlan)
        }
        return taken
      }
    const faces = facePair(name, forward(Direction.outbound), forward(Direction.inbound))
    this.a = faces.a
    this.b = faces.b
  }
}
