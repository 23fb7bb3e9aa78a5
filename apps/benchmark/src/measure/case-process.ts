import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Row } from '../report/row.js'

/** What `case-child.ts` is given. */
export interface CasePlan {
  readonly suite: string
  readonly title: string
  readonly rounds: number
  readonly seconds: number
}

/** What it says: notes, and at the end its rows or why there are none. */
export type Said = { readonly note: string } | { readonly rows: readonly Row[] } | { readonly error: string }

/** A case could not be measured; the message has its title and the reason. */
export class NoMeasurement extends Error {}

/**
 * Measures one case in a process of its own: what V8 has learnt from one case makes the next one slower, by a quarter in the worst case
 * seen, and the order of the cases would count. Throws a `NoMeasurement`.
 */
export function measured(plan: CasePlan, note: (what: string) => void): Promise<readonly Row[]> {
  const program = fileURLToPath(new URL('./case-child.js', import.meta.url))
  // `advanced` carries numbers that JSON has not.
  const child = fork(program, [JSON.stringify(plan)], { serialization: 'advanced' })
  return new Promise((resolve, reject) => {
    child.on('message', (said: Said) => {
      if ('note' in said) note(said.note)
      else if ('rows' in said) resolve(said.rows)
      else reject(new NoMeasurement(`${plan.title}: ${said.error}`))
    })
    child.once('error', reject)
    // Not `exit`: what it said last may come after that.
    child.once('close', (code, signal) =>
      reject(new NoMeasurement(`${plan.title}: its process has ended: ${code ?? signal}`)),
    )
  })
}
