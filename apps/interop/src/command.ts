import { execFile } from 'node:child_process'
import { INTERRUPTED, Unavailable } from './unavailable.js'

const MOST_OUTPUT = 1 << 28

/** Where a program runs, and what ends it before its time. */
interface CommandOptions {
  readonly cwd?: string
  readonly signal?: AbortSignal | undefined
}

/** Runs a program of the system and gives its output. Throws `Unavailable` with its last words when it fails, is ended, or is not there. */
export function command(
  file: string,
  args: readonly string[],
  seconds: number,
  { cwd, signal }: CommandOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {
      cwd,
      signal,
      timeout: seconds * 1000,
      maxBuffer: MOST_OUTPUT,
      env: { ...process.env, LC_ALL: 'C' },
    }
    execFile(file, args, options, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout)
        return
      }
      if (signal?.aborted === true) {
        reject(new Unavailable(INTERRUPTED))
        return
      }
      const words = stderr.trim().split('\n').slice(-3).join(' ')
      const why = error.killed === true ? `took longer than ${seconds} s` : words === '' ? error.message : words
      reject(new Unavailable(`${file}: ${why}`))
    })
  })
}
