import { Arena } from '@npa/memory'
import {
  CABLE_BYTES,
  CABLE_STORE_BYTES,
  createCable,
  createMessageLink,
  createRequestLink,
  MESSAGE_LINK_BYTES,
  REQUEST_LINK_BYTES,
} from '@npa/remote'
import type { LinkPlace } from '@npa/remote'
import type { Scenario } from '@npa/scenario'
import { STATUS_BYTES } from './status.js'

type HostSpec = Scenario['hosts'][number]
type VmSpec = HostSpec['vms'][number]

/** Bytes of the arena for a NIC's on-chip memory, and for what a guest's thread needs beside its RAM, which is its host's to give. */
const NIC_BYTES = 0x280000
const GUEST_BYTES = 0x10000

/** What every thread has: a bell that wakes it, and a page of words that say how it is doing. Offsets in the links' memory. */
export interface ThreadPlace {
  readonly name: string
  readonly bell: number
  readonly status: number
}

/** A part of the arena that one thread gives out. */
export interface ArenaPart {
  readonly start: number
  readonly end: number
}

/** One guest's thread and its links. */
export interface GuestPlan {
  readonly thread: ThreadPlace
  readonly spec: VmSpec
  /** Among all guests, among its host's, and which host that is. */
  readonly index: number
  readonly slot: number
  readonly host: number
  readonly arena: ArenaPart
  /** Accesses to the emulated device, and its interrupts. */
  readonly requests: number
  readonly messages: number
  /** Accesses to a VF's registers, which go to the NIC, and the VF's interrupts. */
  readonly registers: number
  readonly interrupts: number
  /** A word that the host writes: the guest's pages of BAR4 are a VF's. */
  readonly mapped: number
}

/** One host's thread, its NIC's thread, and their links. */
export interface HostPlan {
  readonly thread: ThreadPlace
  readonly nic: ThreadPlace
  readonly spec: HostSpec
  readonly index: number
  readonly arena: ArenaPart
  readonly nicArena: ArenaPart
  readonly requests: number
  readonly messages: number
  /** A word that the NIC writes: its virtual functions. */
  readonly vfs: number
  readonly guests: readonly GuestPlan[]
}

/** A cable between two hosts' NICs. */
interface CablePlan {
  readonly name: string
  readonly hosts: readonly [number, number]
  readonly at: number
  readonly stores: readonly [number, number]
}

/** Everything that the threads of a run share; it can be sent to them. */
export interface ThreadPlan {
  readonly scenario: Scenario
  readonly memory: WebAssembly.Memory
  readonly links: SharedArrayBuffer
  /** `process.hrtime` of the start, ns. */
  readonly startNs: bigint
  readonly hosts: readonly HostPlan[]
  readonly cables: readonly CablePlan[]
  /** A word for each guest: frames of the replay that it got. */
  readonly replayed: number
}

/** Lays a scenario out in memory: the arena in parts, the links one after the other. `startNs` is now. */
export function layOut(scenario: Scenario, startNs: bigint): ThreadPlan {
  const links = new Places()
  const arena = new Parts(scenario.memory)
  let guests = 0
  // small parts first: hosts share the rest
  const small = scenario.hosts.map((host) => ({
    nic: arena.take(NIC_BYTES),
    guests: host.vms.map(() => arena.take(GUEST_BYTES)),
  }))
  const cables = scenario.links.map((link): CablePlan => {
    const index = (name: string): number => scenario.hosts.findIndex((host) => host.name === name)
    return {
      name: link.between.join('--'),
      hosts: [index(link.between[0]), index(link.between[1])],
      at: links.take(CABLE_BYTES),
      stores: [arena.take(CABLE_STORE_BYTES).start, arena.take(CABLE_STORE_BYTES).start],
    }
  })
  const shares = arena.share(scenario.hosts.map(({ vms }) => hostBytes(vms)))
  const hosts = scenario.hosts.map((spec, index): HostPlan => {
    return {
      thread: threadPlace(links, spec.name),
      nic: threadPlace(links, `${spec.name}.nic`),
      spec,
      index,
      arena: shares[index],
      nicArena: small[index].nic,
      requests: links.take(REQUEST_LINK_BYTES),
      messages: links.take(MESSAGE_LINK_BYTES),
      vfs: links.take(128),
      guests: spec.vms.map((vm, slot) => ({
        thread: threadPlace(links, vm.name),
        spec: vm,
        index: guests++,
        slot,
        host: index,
        arena: small[index].guests[slot],
        requests: links.take(REQUEST_LINK_BYTES),
        messages: links.take(MESSAGE_LINK_BYTES),
        registers: links.take(REQUEST_LINK_BYTES),
        interrupts: links.take(MESSAGE_LINK_BYTES),
        mapped: links.take(128),
      })),
    }
  })
  const replayed = links.take(Math.ceil(guests / 32) * 128)
  const buffer = new SharedArrayBuffer(links.bytes)
  for (const { at } of cables) createCable({ buffer, at })
  for (const host of hosts) {
    createRequestLink({ buffer, at: host.requests })
    createMessageLink({ buffer, at: host.messages })
    for (const guest of host.guests) createGuestLinks(buffer, guest)
  }
  const { memory } = new Arena(scenario.memory)
  return { scenario, memory, links: buffer, startNs, hosts, cables, replayed }
}

/** Makes a guest's links empty. Nobody may use them meanwhile. */
export function createGuestLinks(buffer: SharedArrayBuffer, guest: GuestPlan): void {
  const place = (at: number): LinkPlace => ({ buffer, at })
  createRequestLink(place(guest.requests))
  createMessageLink(place(guest.messages))
  createRequestLink(place(guest.registers))
  createMessageLink(place(guest.interrupts))
  new Int32Array(buffer, guest.mapped, 1)[0] = 0
}

function threadPlace(links: Places, name: string): ThreadPlace {
  return { name, bell: links.take(128), status: links.take(STATUS_BYTES) }
}

/** What a host needs: PF driver, and for every VM its RAM, window, held frames and emulated device; as the scenario's check has it. */
function hostBytes(vms: readonly VmSpec[]): number {
  return vms.reduce((sum, { memory }) => sum + memory + 0x180000, 0x1100000)
}

/** Gives out places one after the other, each at a multiple of 128. */
class Places {
  bytes = 128

  take(bytes: number): number {
    const at = this.bytes
    this.bytes += Math.ceil(bytes / 128) * 128
    return at
  }
}

/** Gives out parts of the arena one after the other. */
class Parts {
  readonly #end: number
  /** The arena's first page is nobody's. */
  #next = 0x10000

  constructor(bytes: number) {
    this.#end = bytes
  }

  take(bytes: number): ArenaPart {
    const start = this.#next
    this.#next += bytes
    return { start, end: this.#next }
  }

  /** Deals what is left out, in whole pages of 64 KiB, in proportion to what is needed. Throws a `RangeError` when it is too little. */
  share(needs: readonly number[]): readonly ArenaPart[] {
    const needed = needs.reduce((sum, bytes) => sum + bytes, 0)
    const left = this.#end - this.#next
    if (needed > left) throw new RangeError(`the hosts need ${needed} bytes of memory, and ${left} are left`)
    return needs.map((bytes) => this.take(Math.floor((left * (bytes / needed)) / 0x10000) * 0x10000))
  }
}
