import type { Clock } from '@npa/core'
import type { TraceEvent, TraceKind } from './trace-event.js'

/** Sees a frame at a function: as its driver handed it over (`out`), or as it got it. The bytes are the sink's own. */
export type FrameSink = (who: string, out: boolean, frame: Uint8Array) => void

/** Hands events to whoever listens; while nobody does, nothing is made. */
export class Tracer {
  readonly #clock: Clock
  readonly #listeners = new Set<(event: TraceEvent) => void>()
  readonly #frames = new Set<FrameSink>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether anybody listens. */
  get wanted(): boolean {
    return this.#listeners.size > 0
  }

  /** Whether anybody wants frames. */
  get framesWanted(): boolean {
    return this.#frames.size > 0
  }

  /** Returns how to stop. */
  listen(listener: (event: TraceEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Returns how to stop. */
  takeFrames(sink: FrameSink): () => void {
    this.#frames.add(sink)
    return () => this.#frames.delete(sink)
  }

  tell(who: string, kind: TraceKind, text: string, register?: string): void {
    if (!this.wanted) return
    const event = { ns: this.#clock.nowNs(), who, kind, text, ...(register !== undefined && { register }) }
    for (const listener of this.#listeners) listener(event)
  }

  frame(who: string, out: boolean, frame: Uint8Array): void {
    for (const sink of this.#frames) sink(who, out, frame)
  }
}
