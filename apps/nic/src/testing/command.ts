import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { onTestFinished } from 'vitest'
import { main } from '../cli.js'

/** What a command left on the screen. */
export interface Printed {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A stream that a test can read, and wait for. */
class Screen extends Writable {
  text = ''
  #changed: () => void = () => undefined

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString()
    this.#changed()
    done()
  }

  /** Settles when the text is there, at or behind `from`. */
  async shows(text: string, from = 0): Promise<void> {
    while (!this.text.includes(text, from)) await new Promise<void>((changed) => (this.#changed = changed))
  }
}

/** The program in this process, to its end. */
export async function npaNic(...args: string[]): Promise<Printed> {
  const running = start(...args)
  return { code: await running.code, stdout: running.stdout.text, stderr: running.stderr.text }
}

/** The program in this process, as long as the test wants. */
export interface Running {
  readonly stdout: Screen
  readonly stderr: Screen
  readonly code: Promise<number>
  /** As SIGINT does. */
  readonly interrupt: () => void
}

export function start(...args: string[]): Running {
  const stdout = new Screen()
  const stderr = new Screen()
  const abort = new AbortController()
  const code = main(args, { console: { stdout, stderr }, signal: abort.signal })
  return { stdout, stderr, code, interrupt: () => abort.abort() }
}

/** An empty folder for as long as the test runs. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'npa-nic-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
