import { spawnSync } from 'node:child_process'
import fs from 'node:fs'

/** The system's number of the calling thread, undefined where it does not say. */
export function threadId(): number | undefined {
  try {
    return Number(fs.readlinkSync('/proc/thread-self').split('/').at(-1))
  } catch {
    return undefined
  }
}

/**
 * Gives each of two threads a processor of its own, as the C program does: a busy system puts both on one now and then, and they wait for each
 * other. False where that cannot be done.
 */
export function pin(threads: readonly number[]): boolean {
  const said = spawnSync('taskset', ['-cp', String(process.pid)], { encoding: 'utf8' })
  if (said.status !== 0) return false
  const allowed = processors(said.stdout.split(':').at(-1) ?? '')
  if (allowed.length < threads.length) return false
  return threads.every((id, i) => spawnSync('taskset', ['-cp', String(allowed[i]), String(id)]).status === 0)
}

/** The numbers of a list such as `0-2,5`. */
export function processors(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.trim().split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
}
