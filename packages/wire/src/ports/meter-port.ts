import type { Counters } from '@npa/core'
import { Frame, FRAME_WORDS } from '../frame-batch.js'
import type { Port } from '../port.js'
import { facePair } from './face.js'
import type { Forward } from './face.js'
import type { TwoPort } from './two-port.js'

/** Counts the frames and bytes that pass, as `NAME.aToB.frames`, `NAME.aToB.bytes` and the same for `bToA`. */
export class MeterPort implements TwoPort {
  readonly a: Port
  readonly b: Port

  constructor(name: string, counters: Counters) {
    const forward = (way: string): Forward => {
      const frames = counters.slot(`${name}.${way}.frames`)
      const bytes = counters.slot(`${name}.${way}.bytes`)
      return (to, batch, from, count) => {
        const taken = to.send(batch, from, count)
        let sum = 0
        for (let i = from; i < from + taken; i++) sum += batch.words[i * FRAME_WORDS + Frame.length]
        counters.add(frames, taken)
        counters.add(bytes, sum)
        return taken
      }
    }
    const faces = facePair(name, forward('aToB'), forward('bToA'))
    this.a = faces.a
    this.b = faces.b
  }
}
