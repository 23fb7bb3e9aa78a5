import { randomStream } from '@npa/core'
import { EchoApp, GuestStack } from '@npa/guest-stack'
import { Arena } from '@npa/memory'
import { Vmxnet3Device } from '@npa/vmxnet3-device'
import { RealScheduler, serveFunction } from '../index.js'
import type { FunctionServer } from '../index.js'
import { PortNic } from './port-nic.js'

/** A vmxnet3 on a socket, and what is at the other end of its cable. */
export interface NicServer {
  readonly server: FunctionServer
  readonly device: Vmxnet3Device
  readonly stack: GuestStack
  readonly scheduler: RealScheduler
}

/** A guest in an emulator is late by seconds, not hours. */
const TCP = { minRtoNs: 200e6, maxRtoNs: 2e9, retries: 60, receiveBuffer: 262144 } as const

/** Serves a vmxnet3 whose cable ends in a stack at 10.0.0.2, which answers pings and echoes TCP on port 7. */
export async function serveVmxnet3(
  socket: string,
  memory: string,
  log: (what: string) => void = () => undefined,
): Promise<NicServer> {
  const scheduler = new RealScheduler()
  const arena = new Arena(64 << 20)
  const trace = { event: (who: string, what: string) => log(`${who}: ${what}`) }
  const device = new Vmxnet3Device({
    name: 'nic',
    arena,
    tasks: scheduler,
    mac: Uint8Array.of(0x02, 0x11, 0x22, 0x33, 0x44, 0x55),
    trace,
  })
  const nic = new PortNic(arena, scheduler, Uint8Array.of(2, 0, 0, 0, 0, 2), 1500)
  device.port.connect(nic)
  nic.connect(device.port)
  const random = randomStream(1, 'stack')
  const stack = new GuestStack({ clock: scheduler, device: nic, random, ip: '10.0.0.2', csumOffload: true, tcp: TCP })
  stack.listen(7, (connection) => new EchoApp(connection))
  const server = await serveFunction({ socket, memory, fn: device, arena, scheduler, log })
  return { server, device, stack, scheduler }
}
