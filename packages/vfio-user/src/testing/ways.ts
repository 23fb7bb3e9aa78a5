import fs from 'node:fs'
import path from 'node:path'
import { describe } from 'vitest'
import { loadAccelerator } from '../koffi/index.js'
import type { Platform } from '../index.js'
import { DescriptorSender } from './descriptor-sender.js'

/** The guest's memory as a test sees it. */
export class GuestRam {
  /** What the server is told of it, where it is told. */
  readonly path: string
  readonly fd: number

  constructor(path: string, fd: number) {
    this.path = path
    this.fd = fd
  }

  get bytes(): number {
    return fs.fstatSync(this.fd).size
  }

  read(): Buffer {
    const all = Buffer.alloc(this.bytes)
    fs.readSync(this.fd, all, 0, all.length, 0)
    return all
  }

  write(bytes: Buffer): void {
    fs.writeSync(this.fd, bytes, 0, bytes.length, 0)
  }
}

/** Native help, and a client's. */
export interface Native {
  readonly accelerator: Platform
  readonly sender: DescriptorSender
}

/** A way to serve: what helps the server, and how the guest's memory is made. */
export interface Way {
  readonly native: Native | undefined
  readonly ram: (folder: string, name: string, bytes: number) => GuestRam
}

function file(folder: string, name: string, bytes: number): GuestRam {
  const where = path.join(folder, name)
  fs.writeFileSync(where, Buffer.alloc(bytes))
  return new GuestRam(where, fs.openSync(where, 'r+'))
}

export const pureNode: Way = { native: undefined, ram: file }

async function load(): Promise<Native | Error> {
  try {
    return { accelerator: await loadAccelerator(), sender: new DescriptorSender() }
  } catch (error) {
    return error as Error
  }
}

const loaded = await load()

/** Runs a suite with native help, or skips it with the reason why there is none. */
export function accelerated(title: string, suite: (native: Native, way: Way) => void): void {
  if (loaded instanceof Error) {
    describe.skip(`${title} (${loaded.message})`, () => undefined)
    return
  }
  const { sender } = loaded
  const ram = (_folder: string, _name: string, bytes: number): GuestRam =>
    new GuestRam('/nowhere', sender.memory(bytes))
  describe(title, () => suite(loaded, { native: loaded, ram }))
}

/** Runs a suite for every way to serve. */
export function inEveryWay(suite: (way: Way) => void): void {
  describe('pure Node', () => suite(pureNode))
  accelerated('koffi and sealed memory', (_, way) => suite(way))
  accelerated('koffi and a file', (native) => suite({ native, ram: file }))
}
