import { execFile } from 'node:child_process'
import { Unavailable } from './unavailable.js'

const MOST_OUTPUT = 1 << 28

/** Runs a program of the system and gives its output. Throws `Unavailable` with its last words when it fails or is not there. */
export function command(file: string, args: readonly string[], seconds: number, cwd?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd, timeout: seconds * 1000, maxBuffer: MOST_OUTPUT, env: { ...process.env, LC_ALL: 'C' } }
    execFile(file, args, options, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout)
        return
      }
      const words = stderr.trim().split('\n').slice(-3).join(' ')
      const why = error.killed === true ? `took longer than ${seconds} s` : words === '' ? error.message : words
      reject(new Unavailable(`${file}: ${why}`))
    })
  })
}
