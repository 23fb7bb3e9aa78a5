import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { Arena } from '@npa/memory'
import { Doorbell } from '@npa/ring-datapath'
import { rolldown } from 'rolldown'
import { createMessageLink, createRequestLink, MessageReceiver, RemoteDevice, RequestClient } from '../index.js'
import type { LinkPlace } from '../index.js'
import { At, Control } from './plan.js'
import type { Order } from './plan.js'

/** The worker script out of the sources of all packages, so that tests need no build. */
async function bundledWorker(): Promise<string> {
  const build = await rolldown({
    input: fileURLToPath(new URL('worker.ts', import.meta.url)),
    platform: 'node',
    logLevel: 'warn',
    resolve: { conditionNames: ['npa-source', 'node', 'import', 'default'] },
  })
  const { output } = await build.generate({ format: 'cjs' })
  await build.close()
  return output[0].code
}

let script: Promise<string> | undefined

/** A device in a thread of its own, and the host's and a guest's ends of its links in this one. */
export class DeviceBench {
  readonly shared = new SharedArrayBuffer(At.end)
  readonly arena = new Arena(16 * 65536)
  readonly control = new Int32Array(this.shared, At.control, 64)
  readonly log = new Int32Array(this.shared, At.log, 16384)
  readonly bell = new Doorbell(this.shared, At.hostBell)
  readonly deviceBell = new Doorbell(this.shared, At.deviceBell)
  readonly client: RequestClient
  readonly guest: RequestClient
  readonly device: RemoteDevice
  readonly messages: MessageReceiver
  /** The device's thread. */
  readonly worker: Worker
  readonly #script: string

  private constructor(code: string) {
    this.#script = code
    createRequestLink(this.place(At.requests))
    createRequestLink(this.place(At.guest))
    createMessageLink(this.place(At.messages))
    createMessageLink(this.place(At.interrupts))
    this.client = new RequestClient(this.place(At.requests), this.deviceBell, 'the device')
    this.guest = new RequestClient(this.place(At.guest), this.deviceBell, 'the device')
    this.device = new RemoteDevice(
      this.client,
      () => true,
      () => this.word(Control.vfs),
    )
    this.messages = new MessageReceiver(this.place(At.messages), this.deviceBell, (...message) =>
      this.device.message(...message),
    )
    this.worker = this.start('device')
  }

  static async start(): Promise<DeviceBench> {
    script ??= bundledWorker()
    return new DeviceBench(await script)
  }

  place(at: number): LinkPlace {
    return { buffer: this.shared, at }
  }

  start(role: Order['role']): Worker {
    const order: Order = { role, shared: this.shared, memory: this.arena.memory }
    return new Worker(this.#script, { eval: true, workerData: order })
  }

  word(word: number): number {
    return Atomics.load(this.control, word)
  }

  /** Lets the device serve as `Serves` says. */
  serves(how: number): void {
    Atomics.store(this.control, Control.serves, how)
    this.deviceBell.ring()
  }

  /** Waits, with the event loop running, until something is so. */
  async until(ready: () => boolean): Promise<void> {
    while (!ready()) await new Promise((resolve) => void setImmediate(resolve))
  }

  async end(): Promise<void> {
    await this.worker.terminate()
  }
}
