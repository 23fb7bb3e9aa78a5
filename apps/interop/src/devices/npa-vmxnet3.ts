import path from 'node:path'
import { Arena } from '@npa/memory'
import { BurstPort, Hub, PortCable } from '@npa/link-partner'
import { RealScheduler, serveFunction } from '@npa/vfio-user'
import { Vmxnet3Device } from '@npa/vmxnet3-device'
import { GUEST_MAC } from './device.js'
import type { JudgedDevice } from './device.js'

const ARENA_BYTES = 32 << 20

/** Our emulation, served to QEMU over vfio-user. */
export const npaVmxnet3: JudgedDevice = {
  name: 'npa vmxnet3',
  plug: async ({ folder, ram }) => {
    const socket = path.join(folder, 'vfio-user')
    const arena = new Arena(ARENA_BYTES)
    const scheduler = new RealScheduler()
    const mac = Uint8Array.from(GUEST_MAC.split(':'), (byte) => parseInt(byte, 16))
    const fn = new Vmxnet3Device({ name: 'vmxnet3', arena, tasks: scheduler, mac })
    const cable = new PortCable(arena, scheduler, new BurstPort(arena, scheduler, fn.port))
    const hub = new Hub((frame) => cable.send(frame))
    cable.receive = (frame) => hub.deliver(frame)
    const server = await serveFunction({ ...ram, socket, fn, arena, scheduler })
    // Posted writes would save time, and make runs differ.
    const device = { driver: 'vfio-user-pci', socket: { path: socket, type: 'unix' }, 'x-no-posted-writes': true }
    return {
      arguments: ['-device', JSON.stringify({ ...device, addr: '4' })],
      hub,
      counters: () => fn.counters.snapshot(),
      close: async () => {
        await server.close()
        scheduler.stop()
      },
    }
  },
}
