import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { clearTimeout, setTimeout } from 'node:timers'

/** A boot of a Linux guest from nothing, and what it does then. */
const PATIENCE_MS = 600_000

/** Nothing was proved: there is no guest to be had here. */
export class NotRun extends Error {}

/** npa-nic where a user has installed it. */
export class Installed {
  #home
  #work

  /** `work` is a folder for what the proofs need. */
  constructor(home, work) {
    this.#home = home
    this.#work = work
  }

  /** An empty folder, short enough for sockets. */
  folder() {
    return mkdtempSync(join(this.#work, 's'))
  }

  /** `npa-nic …`, which goes on. */
  start(...args) {
    return new Running(`npa-nic ${args.join(' ')}`, join(this.#home, 'node_modules/.bin/npa-nic'), args, this.#home)
  }

  /** A line of a shell, which goes on. */
  shell(line) {
    return new Running(line, 'sh', ['-c', `exec ${line}`], this.#home)
  }
}

const children = new Set()
process.once('exit', () => {
  for (const { pid } of children) process.kill(-pid, 'SIGTERM')
})

/** A command and what it says; it ends with this process. */
class Running {
  title
  said = ''
  #child
  #complained = ''
  #code
  #changed = () => undefined

  constructor(title, file, args, cwd) {
    this.title = title
    // A group of its own: npx does not pass on what ends it.
    this.#child = spawn(file, args, { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child.stdout.on('data', (text) => {
      this.said += text
      this.#changed()
    })
    this.#child.stderr.on('data', (text) => (this.#complained += text))
    this.#child.once('close', (code) => {
      children.delete(this.#child)
      this.#code = code
      this.#changed()
    })
    children.add(this.#child)
  }

  /** Settles when it has said something. Throws when it ends without, `NotRun` when it could not begin. */
  async says(text) {
    await this.#until(() => this.said.includes(text) || this.#code !== undefined)
    if (!this.said.includes(text)) this.#fail(`has ended with ${this.#code} and did not say: ${text}`)
  }

  /** Settles with all it said when it has ended well. Throws otherwise, `NotRun` when it could not begin. */
  async done() {
    await this.#until(() => this.#code !== undefined)
    if (this.#code !== 0) this.#fail(`has ended with ${this.#code}`)
    return this.said
  }

  /** Ends it as Ctrl-C does; settles when it has. */
  async interrupt() {
    this.#child.kill('SIGINT')
    await this.#until(() => this.#code !== undefined)
  }

  async #until(holds) {
    const late = setTimeout(() => this.#child.kill('SIGTERM'), PATIENCE_MS)
    while (!holds()) await new Promise((changed) => (this.#changed = changed))
    clearTimeout(late)
  }

  #fail(why) {
    const Kind = this.#code === 2 && this.#complained.includes('npa-nic doctor') ? NotRun : Error
    throw new Kind(`${this.title} ${why}\n${this.said}${this.#complained}`)
  }
}

/** Throws with all it said unless a text is as it has to be. */
export function must(text, ...patterns) {
  for (const pattern of patterns) if (!pattern.test(text)) throw new Error(`nobody said ${pattern}:\n${text}`)
}

/** Runs a command to its end, which has to be a good one. */
export function run(file, args, cwd) {
  const { status, stdout, stderr } = spawnSync(file, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}: exit code ${status}\n${stdout}${stderr}`)
}
