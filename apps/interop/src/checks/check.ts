import type { Guest } from '../boot/guest.js'
import type { Peer } from '../peer/peer.js'

/** A guest whose driver is loaded and whose interface is up and has an address, and the far end of its cable. */
export interface Bench {
  readonly guest: Guest
  readonly peer: Peer
  readonly driver: string
  readonly processors: number
  /** Boots a second machine, which has the virtual function that is handed to it; once, and it ends with the first one. */
  readonly neighbour: () => Promise<Guest>
  /** What the device heard virtual functions agree on with the physical one, as far as it listens. */
  readonly agreed: () => readonly string[]
  /** What the device counted so far, where it tells; `drop.…` are frames that it lost. */
  readonly counters: (() => Readonly<Record<string, number>>) | undefined
  /** Pulls the cable, or puts it back, where that can be done. */
  readonly setLink: ((on: boolean) => void) | undefined
}

/** One row of the table: a question put to a driver. */
export interface Check {
  readonly name: string
  /** Resolves with what was seen when all is well; throws `Failed`, or `NotRun` where the question makes no sense. */
  readonly run: (bench: Bench) => Promise<string>
}

/** Checks that share boots. */
export interface CheckGroup {
  readonly processors: number
  /** Virtual functions that there can be; without them a device need not have SR-IOV. */
  readonly vfs?: number
  /** The one of them that a second machine is to have. */
  readonly handed?: number
  /** The first of them are what every boot begins with: when one fails, the others cannot run. */
  readonly setup: readonly Check[]
  readonly checks: readonly Check[]
}

/** The answer to a check is no. */
export class Failed extends Error {
  override readonly name = 'Failed'
}

/** The check does not apply; the message says why. */
export class NotRun extends Error {
  override readonly name = 'NotRun'
}

/** Throws `Failed` with the message unless the condition holds. */
export function must(condition: boolean, message: string): void {
  if (!condition) throw new Failed(message)
}

/** The output of a script that has to succeed. Throws `Failed` with its last lines. */
export async function output(bench: Bench, script: string, seconds?: number): Promise<string> {
  const answer = await bench.guest.sh(script, seconds)
  if (answer.code === 0) return answer.output
  const command = script.trim().split('\n').at(-1) ?? ''
  const said = answer.output.trim().split('\n').slice(-3).join(' | ')
  throw new Failed(`${command}: exit code ${answer.code}${said === '' ? '' : `: ${said}`}`)
}

/** Settles with the promise, or throws `Failed` after `seconds`. */
export async function within<T>(seconds: number, what: () => string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Failed(`after ${seconds} s: ${what()}`)), seconds * 1000)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Settles when the condition holds, which is looked at every millisecond, or throws `Failed` after `seconds`. */
export async function until(seconds: number, what: () => string, holds: () => boolean): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const held = new Promise<void>((resolve) => {
    timer = setInterval(() => {
      if (holds()) resolve()
    }, 1)
  })
  try {
    await within(seconds, what, held)
  } finally {
    clearInterval(timer)
  }
}
