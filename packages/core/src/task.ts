/** Work that runs from the scheduler and never from inside a caller, so that nothing re-enters. */
export interface Task {
  /** Makes the task runnable; kicking a runnable task changes nothing. */
  kick(): void
}

/** Gives out tasks. `run` gets a budget of work items and returns true while it has more to do. */
export interface TaskSource {
  task(name: string, run: (budget: number) => boolean): Task
}
