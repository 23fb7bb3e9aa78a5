import type { Task, TaskSource } from './task.js'

/** Work items that a task may do in one turn before the others get theirs. */
const BUDGET = 64

/** Tasks in order. Each knows the next, so that none of them is put anywhere: a kick allocates nothing. */
class Line {
  first: QueuedTask | undefined
  last: QueuedTask | undefined
  length = 0
}

class QueuedTask implements Task {
  readonly name: string
  readonly run: (budget: number) => boolean
  queued = false
  next: QueuedTask | undefined
  readonly #line: Line
  constructor(name: string, run: (budget: number) => boolean, line: Line) {
    this.name = name
    this.run = run
    this.#line = line
  }
  kick(): void {
    if (this.queued) return
    this.queued = true
    const line = this.#line
    if (line.last === undefined) line.first = this
    else line.last.next = this
    line.last = this
    line.length++
  }
}

/** The runnable tasks of a scheduler, a turn each, in the order in which they became runnable. */
export class TaskQueue implements TaskSource {
  readonly #line = new Line()

  task(name: string, run: (budget: number) => boolean): Task {
    return new QueuedTask(name, run, this.#line)
  }

  /** Tasks that wait for their turn. */
  get length(): number {
    return this.#line.length
  }

  /** Names of those tasks; for messages. */
  get names(): string {
    const names = new Set<string>()
    for (let task = this.#line.first; task !== undefined; task = task.next) names.add(task.name)
    return [...names].join(', ')
  }

  /** Gives the first task its turn, if there is one. */
  turn(): void {
    const line = this.#line
    const task = line.first
    if (task === undefined) return
    line.first = task.next
    if (line.first === undefined) line.last = undefined
    line.length--
    task.next = undefined
    task.queued = false
    if (task.run(BUDGET)) task.kick()
  }
}
