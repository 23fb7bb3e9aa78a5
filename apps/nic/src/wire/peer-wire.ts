import { randomStream } from '@npa/core'
import { EchoApp, GuestStack } from '@npa/guest-stack'
import { discard, Hub, IperfServer, PortCable } from '@npa/link-partner'
import type { Wire, WireParts } from './wire.js'

/** The address of the peer unless another one is asked for. */
export const PEER_IP = '192.168.77.2'
/** RFC 862, RFC 863, and where iperf3 clients go by themselves. */
const ECHO = 7
const DISCARD = 9
const IPERF = 5201
/** Jumbo frames: whoever has a smaller MTU says so in its SYN. */
const MTU = 9000
/** A guest in an emulator misses seconds, not hours. */
const TCP = { minRtoNs: 200e6, maxRtoNs: 2e9, retries: 60, timeWaitNs: 1e9, receiveBuffer: 262144 } as const

/** Our guest stack at the far end: it answers ARP and ping, and serves TCP echo, discard and iperf3. */
export function peerWire({ arena, scheduler, device, carrier }: WireParts, ip: string): Wire {
  const cable = new PortCable(arena, scheduler, device)
  const hub = new Hub((frame) => cable.send(frame))
  let frames = 0
  cable.receive = (frame) => {
    frames++
    hub.deliver(frame)
  }
  const random = randomStream(1, 'peer')
  const mac = Uint8Array.of(2, 0, 0, 0, 0, 2)
  const stack = new GuestStack({ clock: scheduler, random, device: hub.device(mac, MTU), name: 'peer', ip, tcp: TCP })
  stack.listen(ECHO, (connection) => new EchoApp(connection))
  stack.listen(DISCARD, discard)
  new IperfServer(stack, IPERF, scheduler)
  carrier(true)
  return {
    counters: () => ({ frames, lost: cable.lost }),
    send: (frame) => void cable.send(frame),
    close: () => {
      cable.receive = () => undefined
    },
  }
}
