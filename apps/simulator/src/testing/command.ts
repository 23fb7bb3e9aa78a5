import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { main } from '../cli.js'
import { simulateHere } from '../simulate.js'
import type { Simulate } from '../simulate.js'

export const ROOT: string = fileURLToPath(new URL('../../../../', import.meta.url))
export const QUICK: string = join(ROOT, 'scenarios/quick.yaml')

/** What a command left on the screen. */
export interface Printed {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** The program in this process, its simulation in this thread unless another one is given. */
export async function npaSim(args: readonly string[], simulate: Simulate = here): Promise<Printed> {
  const stdout = new Screen()
  const stderr = new Screen()
  const { signal } = new AbortController()
  const code = await main(args, { console: { stdout, stderr }, simulate, signal })
  return { code, stdout: stdout.text, stderr: stderr.text }
}

const here: Simulate = (job, progress) => Promise.resolve(simulateHere(job, progress))

class Screen extends Writable {
  text = ''

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

/** An empty folder for as long as the test runs. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'npa-sim-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

/** A scenario that only boots, for what does not depend on what runs; it lasts as long as the test. */
export function bootOnly(): string {
  const file = join(emptyFolder(), 'boot.yaml')
  writeFileSync(file, readFileSync(QUICK, 'utf8').split('  - name: stream-emulated')[0])
  return file
}

/** Everything below a folder, sorted. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
}
