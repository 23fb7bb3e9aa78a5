import { Counters, freeOfCharge, VirtualScheduler } from '@npa/core'
import { AddressSpace, Arena } from '@npa/memory'
import { DmaMemory, InterruptController, PciDriverPlatform, RemappedVectors, RootComplex } from '@npa/pci'
import { Frame, FRAME_WORDS, frameBatch, join, Link } from '@npa/wire'
import type { FrameBatch, Port } from '@npa/wire'
import type { IntelPf, IntelPfOptions } from '../pf/index.js'
import type { ModelledNic, VendorUnderTest } from './vendor-under-test.js'

/** Routing id of the NIC. */
const RID = 0x100
const DRIVER_BASE = 0x1_0000_0000
const DRIVER_BYTES = 0x1000000

/** A frame that an end got, and its metadata. */
export interface Got {
  readonly bytes: Uint8Array
  readonly flags: number
  readonly vlan: number
  readonly ns: number
}

/** A frame to send, as a batch has it. */
export interface ToSend {
  readonly bytes: Uint8Array
  readonly flags?: number
  readonly csumStart?: number
  readonly csumOffset?: number
  readonly vlan?: number
}

/** An end of the test: the virtual switch above the PF, or the far end of the cable. It sends as its peer has room. */
export class End implements Port {
  readonly got: Got[] = []
  readonly up: boolean = true
  /** Frames that it takes; the rest is refused. */
  capacity: number = Infinity
  readonly #arena: Arena
  readonly #scheduler: VirtualScheduler
  readonly #task: { kick(): void }
  readonly #queue: ToSend[] = []
  readonly #batch: FrameBatch = frameBatch(1)
  readonly #at: number
  #peer: Port | undefined

  constructor(arena: Arena, scheduler: VirtualScheduler, name: string) {
    this.#arena = arena
    this.#scheduler = scheduler
    this.#at = arena.allocate(0x4000)
    this.#task = scheduler.task(name, () => this.#run())
  }

  /** Frames that still wait for room. */
  get waiting(): number {
    return this.#queue.length
  }

  put(...frames: readonly ToSend[]): void {
    this.#queue.push(...frames)
    this.#task.kick()
  }

  connect(peer: Port): void {
    this.#peer = peer
  }

  room(): void {
    this.#task.kick()
  }

  send(batch: FrameBatch, from: number, count: number): number {
    const taken = Math.min(count, this.capacity)
    this.capacity -= taken
    for (let i = from; i < from + taken; i++) {
      const word = (name: keyof typeof Frame): number => batch.words[i * FRAME_WORDS + Frame[name]]
      const at = word('address')
      this.got.push({
        bytes: this.#arena.u8.slice(at, at + word('length')),
        flags: word('flags'),
        vlan: word('vlan'),
        ns: this.#scheduler.nowNs(),
      })
    }
    return taken
  }

  #run(): boolean {
    const frame = this.#queue[0] as ToSend | undefined
    if (frame === undefined || this.#peer === undefined) return false
    const { bytes, flags = 0, csumStart = 0, csumOffset = 0, vlan = 0 } = frame
    this.#arena.u8.set(bytes, this.#at)
    this.#batch.words.set([this.#at, bytes.length, flags, csumStart, csumOffset, vlan])
    if (this.#peer.send(this.#batch, 0, 1) === 0) return false
    this.#queue.shift()
    return true
  }
}

/** A host with the modelled NIC on a cable of its rate, its PF driver running, in virtual time. */
export class Machine {
  readonly vendor: VendorUnderTest
  readonly arena: Arena = new Arena(0x4000000)
  readonly scheduler: VirtualScheduler = new VirtualScheduler()
  readonly root: RootComplex = new RootComplex(this.arena)
  readonly chip: ModelledNic
  readonly driver: IntelPf
  readonly platform: PciDriverPlatform
  /** Above the PF. */
  readonly host: End
  /** At the other end of the cable. */
  readonly far: End
  readonly linkCounters: Counters = new Counters()

  constructor(vendor: VendorUnderTest, options: Partial<IntelPfOptions> = {}) {
    this.vendor = vendor
    const { arena, scheduler, root } = this
    this.chip = vendor.nic({ arena, scheduler, name: 'nic', mac: Uint8Array.of(2, 0, 0, 0, 0, 0x99) })
    this.host = new End(arena, scheduler, 'host')
    this.far = new End(arena, scheduler, 'far')
    const link = new Link('cable', {
      arena,
      clock: scheduler,
      counters: this.linkCounters,
      rateBps: vendor.rateBps,
      delayNs: 100,
    })
    join(this.chip.wire, link.a)
    join(link.b, this.far)
    const space = new AddressSpace('host')
    space.map(DRIVER_BASE, DRIVER_BYTES, arena.allocate(DRIVER_BYTES))
    root.plug(RID, this.chip.pf)
    root.port(RID).assign(space)
    const interrupts = new InterruptController('host', scheduler, scheduler, 1000)
    this.platform = new PciDriverPlatform({
      name: 'nic',
      clock: scheduler,
      tasks: scheduler,
      config: root.config(RID),
      bar: (bar) => root.mmio(RID, bar),
      vectors: new RemappedVectors(root.remapping, interrupts, RID),
      memory: new DmaMemory('drivers', arena, space, DRIVER_BASE, DRIVER_BASE + DRIVER_BYTES),
      pollLatencyNs: 500,
    })
    this.driver = vendor.driver({
      platform: this.platform,
      arena,
      meter: freeOfCharge,
      routingId: RID,
      vfs: 3,
      ...options,
    })
    join(this.driver.uplink, this.host)
    this.until(() => this.driver.running, 1e9)
  }

  /** Lets time pass. */
  run(ns: number): void {
    this.scheduler.run(() => false, this.scheduler.nowNs() + ns)
  }

  /** Lets time pass until something holds; throws when it does not come about. */
  until(done: () => boolean, ns = 50e6): void {
    if (this.scheduler.run(done, this.scheduler.nowNs() + ns) !== 'done') throw new Error('it did not come about')
  }

  /** Copies of frames that the chip's books do not account for: none, always. */
  get missing(): number {
    const all = this.chip.counters.snapshot()
    let ends = all['delivered'] + all['filtered'] + all['wire.out'] + this.chip.inFlight
    for (const [name, value] of Object.entries(all)) if (name.startsWith('drop.')) ends += value
    return all['copies'] - ends
  }

  /** Copies lost in the chip, by reason. */
  get losses(): Record<string, number> {
    const all = Object.entries(this.chip.counters.snapshot())
    return Object.fromEntries(all.filter(([name, value]) => /^(drop|fault|refused|register)\./.test(name) && value > 0))
  }
}
