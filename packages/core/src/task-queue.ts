import type { Task, TaskSource } from './task.js'

/** Work items that a task may do in one turn before the others get theirs. */
const BUDGET = 64

class QueuedTask implements Task {
  readonly name: string
  readonly run: (budget: number) => boolean
  queued = false
  readonly #queue: QueuedTask[]
  constructor(name: string, run: (budget: number) => boolean, queue: QueuedTask[]) {
    this.name = name
    this.run = run
    this.#queue = queue
  }
  kick(): void {
    if (this.queued) return
    this.queued = true
    this.#queue.push(this)
  }
}

/** The runnable tasks of a scheduler, a turn each, in the order in which they became runnable. */
export class TaskQueue implements TaskSource {
  readonly #ready: QueuedTask[] = []
  #head = 0

  task(name: string, run: (budget: number) => boolean): Task {
    return new QueuedTask(name, run, this.#ready)
  }

  /** Tasks that wait for their turn. */
  get length(): number {
    return this.#ready.length - this.#head
  }

  /** Names of those tasks; for messages. */
  get names(): string {
    return [...new Set(this.#ready.slice(this.#head).map((task) => task.name))].join(', ')
  }

  /** Gives the first task, which there must be, its turn. */
  turn(): void {
    const task = this.#ready[this.#head++]
    if (this.#head === 1024) {
      this.#ready.copyWithin(0, this.#head)
      this.#ready.length -= this.#head
      this.#head = 0
    } else if (this.#head === this.#ready.length) {
      this.#ready.length = 0
      this.#head = 0
    }
    task.queued = false
    if (task.run(BUDGET)) task.kick()
  }
}
