import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Traffic } from './traffic.js'

/** What `loop-child.ts` answers to a number of seconds. */
export type Answer = { readonly framesPerSecond: number } | { readonly error: string }

/**
 * A card and its traffic in a process of their own: what V8 has learnt from one case makes the next one slower, by a quarter in
 * the worst case seen, and the order of the cases would count.
 */
export class LoopProcess {
  readonly #child: ChildProcess
  readonly #ended: Promise<never>

  constructor(traffic: Traffic) {
    this.#child = fork(fileURLToPath(new URL('./loop-child.js', import.meta.url)), [JSON.stringify(traffic)])
    this.#ended = once(this.#child, 'exit').then(([code, signal]) => {
      throw new Error(`the process with the card has ended: ${code ?? signal}`)
    })
    this.#ended.catch(() => undefined)
  }

  /** Frames a second of processor time, measured for about so long. Throws an `Error` with the reason when that cannot be. */
  async run(seconds: number): Promise<number> {
    const answered = once(this.#child, 'message') as Promise<[Answer]>
    this.#child.send(seconds)
    const [answer] = await Promise.race([answered, this.#ended])
    if ('error' in answer) throw new Error(answer.error)
    return answer.framesPerSecond
  }

  close(): void {
    this.#child.kill()
  }
}
