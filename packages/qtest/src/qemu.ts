import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { QemuMissingError } from './errors.js'
import { FrameSocket } from './frame-socket.js'
import { FifoChannel } from './line-channel.js'
import { haltFirmware, machineArguments, ramRanges } from './machine.js'
import type { AddressRange, MachineOptions } from './machine.js'
import { Qtest } from './qtest-protocol.js'

const BINARY = 'qemu-system-x86_64'

/** Node has no call for it (POSIX, coreutils). */
const MAKE_FIFO = 'mkfifo'

/** What to say where there is no QEMU. */
export const QEMU_MISSING: string = `no ${BINARY} on this machine: install QEMU 7.2 or newer (Debian, Ubuntu: apt install qemu-system-x86; Fedora: dnf install qemu-system-x86)`

/** From SIGTERM to SIGKILL. */
const GRACE_MS = 2000

/** QEMU's path, or undefined where it is not installed. `folders` is a list as in `PATH`. */
export function findQemu(folders: string = process.env.PATH ?? ''): string | undefined {
  return folders
    .split(path.delimiter)
    .map((folder) => path.join(folder, BINARY))
    .find((file) => fs.existsSync(file))
}

/** Such as `7.2.22`. Throws a `QemuMissingError` when the binary is not QEMU. */
export function qemuVersion(binary: string): string {
  const said = spawnSync(binary, ['--version'], { encoding: 'utf8' })
  const version = /version ([\d.]+)/.exec(said.stdout)?.[1]
  if (version === undefined) throw new QemuMissingError(`${binary} does not tell a QEMU version`)
  return version
}

/** A machine, where QEMU is, and who gets the frames that the NIC sends. */
export interface QemuOptions extends MachineOptions {
  /** Path of the binary; found on `PATH` when it is left out. */
  readonly binary?: string
  readonly receive: (frame: Uint8Array) => void
}

/**
 * A QEMU of our own: its processor stands still, its NIC is ours to drive through `qtest`, and `cable` is what the NIC is plugged
 * into. It ends with `close`, or with this process.
 */
export class Qemu {
  readonly qtest: Qtest
  readonly cable: FrameSocket
  /** RAM that no one uses. */
  readonly ram: readonly AddressRange[]
  readonly #child: ChildProcess
  readonly #ended: Promise<void>
  readonly #remove: () => void

  private constructor(
    child: ChildProcess,
    ended: Promise<void>,
    remove: () => void,
    qtest: Qtest,
    cable: FrameSocket,
    ram: readonly AddressRange[],
  ) {
    this.#child = child
    this.#ended = ended
    this.#remove = remove
    this.qtest = qtest
    this.cable = cable
    this.ram = ram
  }

  /**
   * Starts QEMU and waits until it answers. Throws a `QemuMissingError` when there is none, an `Error` with QEMU's own words when it
   * does not like its command line.
   */
  static async start(options: QemuOptions): Promise<Qemu> {
    const binary = options.binary ?? findQemu()
    if (binary === undefined) throw new QemuMissingError(QEMU_MISSING)
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'npa-qtest-'))
    const files = prepare(folder)
    const cable = await FrameSocket.listen(`${folder}/cable`, options.receive)
    const child = spawn(binary, machineArguments(options, folder), { stdio: ['ignore', files.log, files.log] })
    const remove = (): void => {
      process.off('exit', remove)
      child.kill('SIGKILL')
      cable.close()
      for (const file of [files.to, files.from, files.log]) fs.closeSync(file)
      fs.rmSync(folder, { recursive: true, force: true })
    }
    process.once('exit', remove)
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve())
      child.once('error', (error) => {
        fs.writeSync(files.log, error.message)
        resolve()
      })
    })
    const obituary = (): string => `QEMU has ended: ${fs.readFileSync(`${folder}/log`, 'utf8').trim()}`
    const qtest = new Qtest(new FifoChannel(files.to, files.from, obituary))
    const qemu = new Qemu(child, ended, remove, qtest, cable, ramRanges(options.memoryMib))
    if (await answers(files, ended)) {
      await Promise.race([cable.plugged, ended])
      return qemu
    }
    const why = obituary()
    await qemu.close()
    throw new Error(why)
  }

  /** Ends QEMU and removes all that it left; once. */
  async close(): Promise<void> {
    this.#child.kill('SIGTERM')
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), GRACE_MS)
    await this.#ended
    clearTimeout(impatience)
    this.#remove()
  }
}

interface Files {
  /** QEMU's input and output, and a second writer on the output. */
  readonly to: number
  readonly from: number
  readonly helper: number
  readonly log: number
}

/** FIFOs opened for reading and writing do not wait for the other end; with the helper, nor does the one opened for reading. */
function prepare(folder: string): Files {
  const made = spawnSync(MAKE_FIFO, [`${folder}/qtest.in`, `${folder}/qtest.out`], { encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`${MAKE_FIFO}: ${made.stderr}`)
  fs.writeFileSync(`${folder}/halt.bin`, haltFirmware())
  const to = fs.openSync(`${folder}/qtest.in`, 'r+')
  const helper = fs.openSync(`${folder}/qtest.out`, 'r+')
  return { to, helper, from: fs.openSync(`${folder}/qtest.out`, 'r'), log: fs.openSync(`${folder}/log`, 'w') }
}

/** Whether QEMU answers a first command before it ends. After that QEMU alone holds its output, so that its end shows. */
async function answers(files: Files, ended: Promise<void>): Promise<boolean> {
  let waiting = true
  void ended.then(() => {
    if (waiting) fs.writeSync(files.helper, 'ended\n')
  })
  fs.writeSync(files.to, 'endianness\n')
  const reply = await new Promise<string>((resolve, reject) => {
    const buffer = Buffer.alloc(64)
    fs.read(files.from, buffer, 0, buffer.length, null, (error, bytes) => {
      if (error === null) resolve(buffer.toString('latin1', 0, bytes))
      else reject(error)
    })
  })
  waiting = false
  fs.closeSync(files.helper)
  return reply.startsWith('OK')
}
