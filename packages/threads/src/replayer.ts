import type { RawSocket } from '@npa/guest-stack'
import type { Doorbell } from '@npa/ring-datapath'
import { isReceiver, sameFrame } from '@npa/scenario'
import type { GuestSystem, ReplayVm } from '@npa/scenario'
import { MAC_BYTES, macEqual, parseMac, readPcap, vlan } from '@npa/wire'
import type { PcapPackets } from '@npa/wire'
import type { ReplayOutcome } from './calls.js'
import type { ThreadPlan } from './plan.js'

/** Longer than any frame that a packet buffer holds, and its tag. */
const MAX_FRAME = 20480

/** Frames that are sent in one turn. */
const BUDGET = 64

/** Frames for a guest that may be on their way: no link's rate holds a sender back, and replayed frames know no flow control. */
const WINDOW = 32

/** What of a capture every guest works out for itself. */
interface Score {
  readonly bytes: Uint8Array
  readonly packets: PcapPackets
  /** Index of the guest that sends each packet, -1 for packets of nobody. */
  readonly senders: Int32Array
  /** Of each guest: numbers of the packets that it must get. */
  readonly expected: readonly (readonly number[])[]
  /** Packets that each guest must get before packet n is sent: at n * guests + guest. */
  readonly before: Int32Array
}

/**
 * One guest's part in a replay: it sends the frames with its address, in file order, and compares what it gets with the file. An answer
 * is not sent before what it answers has arrived, so that all see the order of the file: how much each guest has got stands in shared memory.
 */
export class Replayer {
  readonly #system: GuestSystem
  readonly #index: number
  readonly #vms: readonly ReplayVm[]
  readonly #bells: readonly Doorbell[]
  readonly #arrived: Int32Array
  readonly #scratch = new Uint8Array(MAX_FRAME)
  #score: Score | undefined
  #socket: RawSocket | undefined
  #started = false
  #blocked = false
  #next = 0
  #got = 0
  #wrong = 0

  /** `bells` wake the guests. */
  constructor(system: GuestSystem, index: number, plan: ThreadPlan, bells: readonly Doorbell[]) {
    const guests = plan.hosts.flatMap((host) => host.guests)
    this.#system = system
    this.#index = index
    this.#bells = bells
    this.#vms = guests.map(({ spec }) => ({ mac: parseMac(spec.mac), vlans: spec.vlans }))
    this.#arrived = new Int32Array(plan.links, plan.replayed, guests.length)
  }

  /** Whether it has sent all that is its to send. */
  get sentAll(): boolean {
    return this.#started && this.#next === this.#score?.packets.count
  }

  prepare(bytes: Uint8Array): void {
    this.#score = scoreOf(bytes, this.#vms)
    this.#next = 0
    this.#got = 0
    this.#wrong = 0
    this.#blocked = false
    Atomics.store(this.#arrived, this.#index, 0)
    const { stack } = this.#system
    stack.muted = true
    const socket = stack.raw((u8, at, length, frame) => {
      this.#scratch.set(u8.subarray(at, at + length))
      if (frame.vlan >= 0) vlan.insert(this.#scratch, 0, length, frame.vlan)
      this.#take(frame.vlan >= 0 ? length + vlan.TAG_BYTES : length)
      return true
    })
    socket.onDrained = () => {
      this.#blocked = false
    }
    this.#socket = socket
  }

  start(): void {
    this.#started = true
  }

  end(): ReplayOutcome {
    this.#started = false
    this.#socket?.close()
    this.#system.stack.muted = false
    return { got: this.#got, expected: this.#score?.expected[this.#index].length ?? 0, wrong: this.#wrong }
  }

  /** Sends what may be sent now; true when it was something. */
  pump(): boolean {
    const score = this.#score
    const socket = this.#socket
    if (!this.#started || score === undefined || socket === undefined) return false
    const { bytes, packets, senders } = score
    let sent = 0
    for (; this.#next < packets.count && !this.#blocked && sent < BUDGET; this.#next++) {
      const n = this.#next
      if (senders[n] !== this.#index) continue
      if (!this.#mayFollow(score, n)) break
      if (!socket.send(bytes, packets.offsets[n], packets.lengths[n])) {
        this.#blocked = true
        break
      }
      sent++
    }
    return sent > 0
  }

  /** Whether enough of what was sent before packet n has arrived: all of it, when another guest sent last. */
  #mayFollow({ senders, before }: Score, n: number): boolean {
    let last = n - 1
    while (last >= 0 && senders[last] < 0) last--
    const underWay = last < 0 || senders[last] === this.#index ? WINDOW : 0
    const guests = this.#vms.length
    for (let guest = 0; guest < guests; guest++) {
      if (before[n * guests + guest] - Atomics.load(this.#arrived, guest) > underWay) return false
    }
    return true
  }

  #take(length: number): void {
    const score = this.#score
    if (score === undefined) return
    const number = score.expected[this.#index][this.#got + this.#wrong] as number | undefined
    const { bytes, packets } = score
    const right =
      number !== undefined &&
      sameFrame(bytes, packets.offsets[number], packets.lengths[number], this.#scratch, 0, length)
    if (right) this.#got++
    else this.#wrong++
    Atomics.store(this.#arrived, this.#index, this.#got + this.#wrong)
    for (const bell of this.#bells) bell.ring()
  }
}

function scoreOf(bytes: Uint8Array, vms: readonly ReplayVm[]): Score {
  const packets = readPcap(bytes)
  const senders = new Int32Array(packets.count).fill(-1)
  const expected = vms.map((): number[] => [])
  const before = new Int32Array(packets.count * vms.length)
  for (let n = 0; n < packets.count; n++) {
    expected.forEach((numbers, vm) => {
      before[n * vms.length + vm] = numbers.length
    })
    const at = packets.offsets[n]
    const sender = vms.findIndex(({ mac }) => macEqual(bytes, at + MAC_BYTES, mac, 0))
    senders[n] = sender
    if (sender < 0) continue
    vms.forEach((vm, to) => {
      if (to !== sender && isReceiver(bytes, at, packets.lengths[n], vm)) expected[to].push(n)
    })
  }
  return { bytes, packets, senders, expected, before }
}

/** Packets of a capture that no VM sends. */
export function strayPackets(bytes: Uint8Array, vms: readonly ReplayVm[]): number {
  return scoreOf(bytes, vms).senders.filter((sender) => sender < 0).length
}
