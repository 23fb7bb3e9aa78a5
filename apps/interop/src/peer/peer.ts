import { randomStream } from '@npa/core'
import { GuestStack } from '@npa/guest-stack'
import { IperfServer } from '@npa/link-partner'
import type { CableDevice, Hub } from '@npa/link-partner'
import { RealScheduler } from '@npa/vfio-user'
import { receiveOn, sendOn } from './transfer.js'
import type { Transfer } from './transfer.js'

/** The guest's and our address, and the same in the VLAN. */
export const NETWORK = {
  guest: '192.168.77.1',
  peer: '192.168.77.2',
  vlan: 77,
  vlanGuest: '192.168.78.1',
  vlanPeer: '192.168.78.2',
} as const

const FIRST_PORT = 5001
/** Jumbo frames: whoever has a smaller MTU says so in its SYN. */
const MTU = 9000
/** A guest in an emulator misses seconds, not hours. */
const TCP = { minRtoNs: 200e6, maxRtoNs: 2e9, retries: 60, timeWaitNs: 1e9, receiveBuffer: 262144 } as const

/** The far end of the judged device's cable: our own guest stack, once plain and once in a VLAN. */
export class Peer {
  readonly plain: GuestStack
  readonly tagged: GuestStack
  readonly hub: Hub
  readonly #devices: readonly CableDevice[]
  readonly #scheduler = new RealScheduler()
  #port = FIRST_PORT

  constructor(hub: Hub) {
    this.hub = hub
    const clock = this.#scheduler
    const random = randomStream(1, 'peer')
    const common = { clock, random, tcp: TCP }
    const plainMac = Uint8Array.of(2, 0, 0, 0, 0, 2)
    const taggedMac = Uint8Array.of(2, 0, 0, 0, 0, 3)
    const [plain, tagged] = [hub.device(plainMac, MTU), hub.device(taggedMac, MTU)]
    this.#devices = [plain, tagged]
    this.plain = new GuestStack({ ...common, name: 'plain', device: plain, ip: NETWORK.peer })
    const vlan = { vlan: NETWORK.vlan, vlanOffload: false, ip: NETWORK.vlanPeer }
    this.tagged = new GuestStack({ ...common, ...vlan, name: 'tagged', device: tagged })
  }

  /** Frames that came and were lost here, for want of a buffer or for their length. */
  get lost(): number {
    return this.#devices.reduce((sum, { lost, oversize }) => sum + lost + oversize, 0)
  }

  /** Waits for a connection on a new port and reads it. */
  receive(bytes: number, stack: GuestStack = this.plain): Transfer {
    return receiveOn(stack, this.#port++, bytes)
  }

  /** Waits for a connection on a new port and sends to it. */
  send(bytes: number, stack: GuestStack = this.plain): Transfer {
    return sendOn(stack, this.#port++, bytes)
  }

  /** Serves iperf3; its port. */
  iperf(): number {
    new IperfServer(this.plain, this.#port, this.#scheduler)
    return this.#port++
  }

  /** Its timers end. */
  close(): void {
    this.#scheduler.stop()
  }
}
