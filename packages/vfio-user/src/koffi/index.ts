import fs from 'node:fs'
import type koffi from 'koffi'
import type { Platform } from '../platform.js'
import { EventfdInterrupts } from './eventfd-interrupts.js'
import { SocketListener } from './listener.js'
import { native } from './native.js'
import { ReceivedMemory } from './received-memory.js'
import { Receiver } from './receiver.js'

/**
 * Loads koffi and makes of it what `serveFunction` and `serveCard` take as `accelerator`: file descriptors are received, guest memory that allows it is
 * mapped, interrupts are event descriptors. One will do for all servers of a thread. Rejects with an `Error` that says what is lacking:
 * Linux on x86-64 or arm64, or the package koffi.
 */
export async function loadAccelerator(): Promise<Platform> {
  const { platform, arch } = process
  if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64'))
    throw new Error(`the accelerator of @npa/vfio-user wants Linux on x64 or arm64; this is ${platform} on ${arch}`)
  if (!fs.existsSync('/proc/self/fd')) throw new Error('the accelerator of @npa/vfio-user wants /proc')
  const found = native(await load())
  const receiver = new Receiver(found)
  return {
    listen: (path, connected) =>
      new Promise((resolve) => resolve(new SocketListener(found, receiver, path, connected))),
    memory: (arena) => new ReceivedMemory(found, arena),
    interrupts: (fn) => new EventfdInterrupts(found, fn),
  }
}

async function load(): Promise<typeof koffi> {
  try {
    return (await import('koffi')).default
  } catch (cause) {
    throw new Error('the accelerator of @npa/vfio-user needs koffi, which does not load: npm install koffi@3.3', {
      cause,
    })
  }
}
