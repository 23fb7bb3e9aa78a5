import { Frame, IpProtocol, Layer } from '@npa/wire'
import { LroFlow } from './lro-flow.js'
import { isMergeable } from './lro-segment.js'
import type { RxSteering } from './rx-steering.js'

/** Flows that are put together at the same time, as in the kernel's receive offload. */
const FLOWS = 8

/**
 * Large receive offload: segments of a TCP flow that come in one burst leave as one. Nothing is kept beyond the burst, so nothing waits
 * and the frames stay where they are until they are copied to the driver's buffers.
 */
export class Lro {
  /** Whether the driver asked for it. */
  on = false
  readonly #u8: Uint8Array
  readonly #flows: readonly LroFlow[]
  readonly #done: (flow: LroFlow) => void
  /** Which flow is ended next when all are in use. */
  #victim = 0

  /** `done` takes a flow's segments, which are forgotten when it returns. */
  constructor(u8: Uint8Array, done: (flow: LroFlow) => void) {
    this.#u8 = u8
    this.#done = done
    this.#flows = Array.from({ length: FLOWS }, () => new LroFlow(u8))
  }

  /** Takes a frame in, whose layers are parsed. False: it goes its own way, everything before it of its flow has gone. */
  take(
    words: Int32Array,
    record: number,
    layers: Int32Array,
    tci: number,
    kind: number,
    steering: RxSteering,
  ): boolean {
    if (layers[Layer.protocol] !== IpProtocol.tcp || layers[Layer.l4] < 0) return false
    const at = words[record + Frame.address]
    const mergeable = isMergeable(this.#u8, words, record, layers)
    let flow = this.#find(at, layers)
    if (flow !== undefined && !(mergeable && flow.continues(at, layers, tci))) {
      this.#end(flow)
      flow = undefined
    }
    if (!mergeable) return false
    if (flow === undefined) {
      flow = this.#free()
      flow.open(words, record, layers, tci, kind, steering)
    }
    flow.append(words, record, layers)
    if (flow.closed) this.#end(flow)
    return true
  }

  /** The burst is over. */
  flush(): void {
    for (const flow of this.#flows) if (flow.segments > 0) this.#end(flow)
  }

  #find(at: number, layers: Int32Array): LroFlow | undefined {
    for (const flow of this.#flows) if (flow.owns(at, layers)) return flow
    return undefined
  }

  #free(): LroFlow {
    for (const flow of this.#flows) if (flow.segments === 0) return flow
    const flow = this.#flows[this.#victim]
    this.#victim = (this.#victim + 1) % FLOWS
    this.#end(flow)
    return flow
  }

  #end(flow: LroFlow): void {
    this.#done(flow)
    flow.segments = 0
  }
}
