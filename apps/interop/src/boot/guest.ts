import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import crypto from 'node:crypto'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { parseAnswer, requestLine } from './answer.js'
import type { Answer } from './answer.js'
import { machine, memoryFolder } from './machine.js'

/** On top of what a script may take: for its start, and for its output over the serial line. */
const GRACE_S = 40
/** After which a request is repeated. */
const REMIND_S = 5
const BOOT_S = 180

/** What to boot, and where its files may lie. */
export interface GuestOptions {
  readonly qemu: string
  readonly kernel: string
  readonly initrd: string
  readonly processors: number
  readonly memoryMib: number
  /** Of this guest alone. */
  readonly folder: string
  /** File of the guest's RAM, chosen with `memoryFile`; undefined: its descriptor is sent to the devices. */
  readonly memory: string | undefined
  readonly arguments: readonly string[]
  /** It may be rebooted; otherwise a reboot is the end. */
  readonly reboots?: boolean
  /** Ends QEMU, as if it had ended by itself. */
  readonly signal?: AbortSignal
}

/** The guest cannot be asked any more. */
export class GuestLost extends Error {
  override readonly name = 'GuestLost'
}

/** A path for a guest's RAM. */
export function memoryFile(folder: string): string {
  return path.join(memoryFolder(folder), `npa-interop-${crypto.randomBytes(6).toString('hex')}`)
}

/** A running guest, which does what it is told over a serial line of its own. It ends with `close`, or with this process. */
export class Guest {
  /** `uname -r`. */
  release = ''
  /** From the start of QEMU to the guest's first word, and of that, since the kernel started. */
  bootSeconds = 0
  readonly #options: GuestOptions
  readonly #child: ChildProcess
  readonly #server: net.Server
  readonly #token: string
  readonly #ended: Promise<string>
  #line: net.Socket | undefined
  #next = 1
  #waiting: ((answer: Answer) => void) | undefined
  /** Number of the request that waits for its answer, and of the last one that the guest has begun. */
  #current = 0
  #begun = 0

  private constructor(options: GuestOptions, child: ChildProcess, server: net.Server, token: string) {
    this.#options = options
    this.#child = child
    this.#server = server
    this.#token = token
    this.#ended = new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message))
      child.once('exit', (code, signal) => resolve(`QEMU has ended (${signal ?? code}): ${this.#lastWords()}`))
    })
    process.once('exit', this.#remove)
    server.on('connection', (socket) => this.#accept(socket))
  }

  /** Boots; settles when the guest says that it is up. Throws `GuestLost` with the last words of QEMU and guest. */
  static async boot(options: GuestOptions): Promise<Guest> {
    const begin = performance.now()
    const token = crypto.randomBytes(16).toString('hex')
    const control = path.join(options.folder, 'control')
    const server = net.createServer()
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(control, resolve))
    const { reboots = false } = options
    const screen = path.join(options.folder, 'console')
    const { file, args, env } = machine({ ...options, reboots, token, control, console: screen })
    const log = fs.openSync(path.join(options.folder, 'qemu'), 'w')
    const child = spawn(file, args, { stdio: ['ignore', log, log], env })
    fs.closeSync(log)
    const guest = new Guest(options, child, server, token)
    const kill = (): void => void child.kill('SIGKILL')
    if (options.signal?.aborted === true) kill()
    options.signal?.addEventListener('abort', kill, { once: true })
    try {
      const { output } = await guest.#answer(0, BOOT_S, 'the start')
      guest.release = output.split('\n')[0]
      guest.bootSeconds = (performance.now() - begin) / 1000
      return guest
    } catch (error) {
      await guest.close()
      throw error
    }
  }

  /** Runs a shell script in the guest; what it said on both outputs, and its exit code (143 when `seconds` were not enough). */
  async sh(script: string, seconds = 30): Promise<Answer> {
    const number = this.#next++
    const line = requestLine(number, seconds, script)
    this.#line?.write(line)
    const begin = performance.now()
    // Lines get damaged, and interrupts of the emulated line lost; another byte sets it going again.
    const reminder = setInterval(() => {
      const late = performance.now() - begin > (seconds + REMIND_S) * 1000
      this.#line?.write(this.#begun === number && !late ? '\n' : line)
    }, REMIND_S * 1000)
    try {
      return await this.#answer(number, seconds + GRACE_S, script.trim().split('\n')[0])
    } finally {
      clearInterval(reminder)
    }
  }

  /**
   * Reboots one that was booted with `reboots`: Linux does so as its user asks, or, hard, the machine is reset under its drivers, which
   * hear nothing of it. Settles when the guest is up again; throws `GuestLost`.
   */
  async reboot(hard: boolean): Promise<void> {
    const how = hard ? 'echo 1 > /proc/sys/kernel/sysrq; echo b > /proc/sysrq-trigger' : 'reboot -f'
    // The answer has to be out before.
    await this.sh(`( sleep 1; ${how} ) > /dev/null 2>&1 &`)
    await this.#answer(0, BOOT_S, 'a reboot')
  }

  /** What the kernel's console said so far. */
  get console(): string {
    return readIfThere(path.join(this.#options.folder, 'console'))
  }

  async close(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
    this.#line?.destroy()
    this.#server.close()
    process.off('exit', this.#remove)
    this.#remove()
  }

  readonly #remove = (): void => {
    this.#child.kill('SIGKILL')
    const { memory } = this.#options
    if (memory !== undefined) fs.rmSync(memory, { force: true })
  }

  #accept(socket: net.Socket): void {
    this.#line = socket
    let text = ''
    socket.on('error', () => socket.destroy())
    socket.setEncoding('latin1').on('data', (data: string) => {
      text += data
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const answer = parseAnswer(text.slice(0, end), this.#token)
        text = text.slice(end + 1)
        if (typeof answer === 'number') this.#begun = answer
        else if (answer?.number === this.#current) this.#waiting?.(answer)
      }
    })
  }

  async #answer(number: number, seconds: number, what: string): Promise<Answer> {
    this.#current = number
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve(`no answer in ${seconds} s to: ${what}; ${this.#lastWords()}`), seconds * 1000)
    })
    const answered = new Promise<Answer>((resolve) => {
      this.#waiting = resolve
    })
    const first = await Promise.race([answered, late, this.#ended])
    clearTimeout(timer)
    this.#waiting = undefined
    if (typeof first === 'string') throw new GuestLost(first)
    return first
  }

  #lastWords(): string {
    const last = (text: string): string => text.trim().split('\n').slice(-4).join(' | ')
    const said = [readIfThere(path.join(this.#options.folder, 'qemu')), this.console].map((text) => last(text))
    return said.filter((text) => text !== '').join(' | ') || 'without a word'
  }
}

function readIfThere(file: string): string {
  return fs.existsSync(file) ? fs.readFileSync(file, 'latin1') : ''
}
