import type { Clock, Timer } from './clock.js'
import type { StateIo } from './state-io.js'
import type { Task, TaskSource } from './task.js'

/** A task that knows whether it is runnable, and since when. */
class DeviceTask implements Task {
  readonly name: string
  /** The number of the kick that made it runnable, 0 while it is not. */
  kicked = 0
  readonly #time: DeviceTime
  readonly #run: (budget: number) => boolean
  #outer: Task
  #waiting = false

  constructor(time: DeviceTime, name: string, run: (budget: number) => boolean) {
    this.#time = time
    this.name = name
    this.#run = run
    this.#outer = this.#made()
  }

  kick(): void {
    if (this.kicked !== 0 || this.#time.held) return
    this.kicked = this.#time.nextKick()
    this.#waiting = true
    this.#outer.kick()
  }

  /** Not runnable any more; a turn that was asked for already will find nothing to do. */
  drop(): void {
    this.kicked = 0
    if (!this.#waiting) return
    this.#waiting = false
    this.#outer = this.#made()
  }

  #made(): Task {
    const outer: Task = this.#time.source.task(this.name, (budget) => {
      if (outer !== this.#outer) return false
      this.#waiting = false
      this.kicked = 0
      if (!this.#run(budget)) return false
      this.kick()
      return true
    })
    return outer
  }
}

/** A timer in its device's time. */
class DeviceTimer implements Timer {
  readonly name: string
  /** What a state that is being restored says. */
  wanted = Infinity
  readonly #time: DeviceTime
  readonly #outer: Timer

  constructor(time: DeviceTime, name: string, fire: () => void) {
    this.#time = time
    this.name = name
    this.#outer = time.source.timer(name, fire)
  }

  get deadlineNs(): number {
    return this.#time.held ? this.wanted : this.#outer.deadlineNs + this.#time.aheadNs
  }

  arm(atNs: number): void {
    if (!this.#time.held) this.#outer.arm(Math.max(atNs - this.#time.aheadNs, 0))
  }

  cancel(): void {
    if (!this.#time.held) this.#outer.cancel()
  }
}

/**
 * The time of one device, whose tasks and timers can be saved: which are runnable, in the order of their kicks, and when they are due. A
 * device restored somewhere else, where the clock shows something else, goes on in the time that it has saved.
 */
export class DeviceTime implements Clock, TaskSource {
  /** For the device's own tasks and timers. */
  readonly source: Clock & TaskSource
  readonly #name: string
  readonly #tasks: DeviceTask[] = []
  readonly #timers: DeviceTimer[] = []
  #kicks = 0
  /** How far this time is ahead of the source's, ns. */
  aheadNs = 0
  /** Between `hold` and `release` nothing is kicked or armed. */
  held = false
  #nowNs = 0
  #runnable: readonly number[] = []

  /** `name` is the device's, with which the names of its tasks and timers begin: a saved state leaves it out. */
  constructor(source: Clock & TaskSource, name: string) {
    this.source = source
    this.#name = name
  }

  nowNs(): number {
    return this.source.nowNs() + this.aheadNs
  }

  timer(name: string, fire: () => void): Timer {
    const timer = new DeviceTimer(this, name, fire)
    this.#timers.push(timer)
    return timer
  }

  task(name: string, run: (budget: number) => boolean): Task {
    const task = new DeviceTask(this, name, run)
    this.#tasks.push(task)
    return task
  }

  /** Begins a restoration: until `release` kicks and timers have no effect. */
  hold(): void {
    this.#look()
    this.held = true
  }

  /** Ends it: what `walkState` has read takes effect, or, for a state that was `refused`, nothing does. */
  release(refused: boolean): void {
    this.held = false
    if (refused) return
    this.aheadNs = this.#nowNs - this.source.nowNs()
    for (const timer of this.#timers) {
      if (timer.wanted === Infinity) timer.cancel()
      else timer.arm(timer.wanted)
    }
    for (const task of this.#tasks) task.drop()
    for (const index of this.#runnable) this.#tasks[index].kick()
  }

  /** Time, deadlines by name, and runnable tasks by index, in the order of their kicks. What is read takes effect at `release`. */
  walkState(io: StateIo): void {
    if (!this.held) this.#look()
    this.#nowNs = io.integer('nowNs', this.#nowNs, 0, Number.MAX_SAFE_INTEGER)
    io.part('deadlines', (all) => {
      for (const timer of this.#timers) timer.wanted = all.time(timer.name.slice(this.#name.length + 1), timer.wanted)
    })
    this.#runnable = io.integers('runnable', this.#runnable, this.#tasks.length, 0, this.#tasks.length - 1)
    io.consistent('runnable', new Set(this.#runnable).size === this.#runnable.length)
  }

  /** The number of the next kick. */
  nextKick(): number {
    return ++this.#kicks
  }

  /** What is saved, as it is now. */
  #look(): void {
    this.#nowNs = this.nowNs()
    for (const timer of this.#timers) timer.wanted = timer.deadlineNs
    this.#runnable = this.#inOrder()
  }

  #inOrder(): number[] {
    return [...this.#tasks.keys()]
      .filter((index) => this.#tasks[index].kicked !== 0)
      .sort((a, b) => this.#tasks[a].kicked - this.#tasks[b].kicked)
  }
}
