import { freeOfCharge, VirtualScheduler } from '@npa/core'
import type { Mmio } from '@npa/core'
import { Arena, RangeAllocator } from '@npa/memory'
import { assignBars, enableFunction, Extended, findExtended, SriovCap } from '@npa/pci'
import type { AddressWindow } from '@npa/pci'
import type { PtOp, PtResult, PtStatus } from '@npa/plugin-api/host'
import { EcamConfig, NIC_RID, Qemu, QtestPlatform } from '@npa/qtest'
import { Intel82576Pf } from '@npa/vendor-intel-82576/pf'
import { NPA_PluginMain } from '@npa/vendor-intel-82576/plugin'
import { HostSide } from './host-side.js'
import { VfGuest } from './vf-guest.js'

const MEMORY_MIB = 64
/** The machine's memory from here on is the PF driver's, up to here, and then the guests', 1 MiB each. */
const DRIVER_MEMORY = 16 << 20
const GUEST_MEMORY = 40 << 20
const GUEST_STRIDE = 1 << 20
const VFS = 3
/** Virtual time that passes between two looks, and how often it is looked. */
const STEP_NS = 100_000
const BOOT_STEP_NS = 4_000_000
const LOOKS = 400
/** Turns of both event loops in which each serves what the other one sent. */
const TURNS = 4
const LOW_WINDOW = 0xd0000000
const HIGH_WINDOW = 0x90_0000_0000

function addresses(from: number): AddressWindow {
  let next = from
  return {
    allocate: (bytes, align) => {
      const start = Math.ceil(next / align) * align
      next = start + bytes
      return start
    },
  }
}

/** Our PF driver and plugin on QEMU's 82576: the machine, its time, and both ends of the card. */
export class Bench {
  /** Frames that left by the cable. */
  readonly wire: Uint8Array[]
  readonly host: HostSide
  readonly driver: Intel82576Pf
  readonly platform: QtestPlatform
  readonly qemu: Qemu
  readonly problems: string[] = []
  readonly #scheduler = new VirtualScheduler()
  /** By VF. */
  readonly #guests = new Map<number, VfGuest>()
  readonly #vfBar: (vf: number, bar: number) => Mmio
  readonly #arena = new Arena(16 << 20)

  private constructor(qemu: Qemu, wire: Uint8Array[]) {
    this.qemu = qemu
    this.wire = wire
    const { qtest } = qemu
    const arena = this.#arena
    this.platform = new QtestPlatform({
      qtest,
      rid: NIC_RID,
      memory: new RangeAllocator('driver', DRIVER_MEMORY, GUEST_MEMORY),
      clock: this.#scheduler,
      local: (bytes) => {
        const at = arena.allocate(bytes)
        return arena.u8.subarray(at, at + bytes)
      },
    })
    const config = new EcamConfig(qtest, NIC_RID)
    const sriov = findExtended(config, Extended.sriov)
    const total = config.configRead(sriov + SriovCap.totalVfs, 2)
    const places = assignBars(config, sriov + SriovCap.bar0, total, addresses(LOW_WINDOW), addresses(HIGH_WINDOW))
    this.#vfBar = (vf, bar) => {
      const place = places.find(({ index }) => index === bar)
      if (place === undefined) throw new RangeError(`a VF has no BAR${bar}`)
      const at = place.address + vf * place.bytes
      return {
        read32: (offset) => qtest.readl(at + offset),
        write32: (offset, value) => qtest.writel(at + offset, value),
      }
    }
    this.host = new HostSide(arena)
    this.driver = new Intel82576Pf({
      platform: this.platform,
      arena,
      meter: freeOfCharge,
      routingId: NIC_RID,
      vfs: VFS,
      events: { failed: (problem) => this.problems.push(problem) },
    })
    this.driver.uplink.connect(this.host)
    this.host.connect(this.driver.uplink)
  }

  /** A machine with the card, its PF driver running and its link up. `binary` is a QEMU whose clock stands still. */
  static async start(binary: string): Promise<Bench> {
    const wire: Uint8Array[] = []
    const nic = 'igb,mac=52:54:00:12:34:56'
    const qemu = await Qemu.start({ binary, memoryMib: MEMORY_MIB, nic, receive: (frame) => wire.push(frame) })
    try {
      const bench = new Bench(qemu, wire)
      await bench.until('the link', () => bench.driver.uplink.up, BOOT_STEP_NS)
      return bench
    } catch (error) {
      await qemu.close()
      throw error
    }
  }

  /** Lets time pass in the drivers and in the machine until something holds; throws an `Error` when it does not come about. */
  async until(what: string, done: () => boolean, stepNs = STEP_NS): Promise<void> {
    for (let look = 0; look < LOOKS; look++) {
      if (done()) return
      await this.pass(stepNs)
    }
    throw new Error(`${what} did not come about${this.problems.map((problem) => `; ${problem}`).join('')}`)
  }

  async pass(ns: number): Promise<void> {
    this.#scheduler.run(() => false, this.#scheduler.nowNs() + ns)
    this.qemu.qtest.clockStep(ns)
    for (let turn = 0; turn < TURNS; turn++) {
      await new Promise(setImmediate)
      this.qemu.qtest.readl(DRIVER_MEMORY)
    }
    while (this.platform.step());
    for (const guest of this.#guests.values()) guest.step()
  }

  /** Frames to the card's end of the cable. */
  arrive(...frames: readonly Uint8Array[]): void {
    for (const frame of frames) this.qemu.cable.send(frame)
  }

  /** Runs an operation of the PF driver to its end. */
  async ask(op: PtOp): Promise<{ status: PtStatus; result: PtResult }> {
    let answer: { status: PtStatus; result: PtResult } | undefined
    this.driver.start(op, (status, result) => {
      answer = { status, result }
    })
    await this.until(op.op, () => answer !== undefined)
    return answer ?? { status: 'failure', result: {} }
  }

  /** The same; throws an `Error` when it is not ok. */
  async run(op: PtOp): Promise<PtResult> {
    const { status, result } = await this.ask(op)
    if (status !== 'ok') throw new Error(`${op.op}: ${status}`)
    return result
  }

  /** Acquires a VF and brings it to where its plugin has posted buffers; no filter points at it yet. */
  async guest(): Promise<{ vf: number; guest: VfGuest }> {
    const features = { rxChecksum: true, rxVlanStrip: true }
    const properties = { mtu: 1500, txQueues: 1, rxQueues: 1, interrupts: 1, features }
    const { vf = -1 } = await this.run({ op: 'acquire', properties })
    const { info } = await this.run({ op: 'getInfo', vf })
    if (info === undefined) throw new Error('no information of the VF')
    const { qtest } = this.qemu
    const config = new EcamConfig(qtest, info.routingId)
    enableFunction(config)
    const guest = new VfGuest({
      qtest,
      memory: GUEST_MEMORY + vf * GUEST_STRIDE,
      config,
      bar: (index) => this.#vfBar(vf, index),
      main: NPA_PluginMain,
      info,
      ringBytes: this.driver.ringBytes('rx', 32),
    })
    await this.run({ op: 'init', vf, init: guest.init })
    guest.start()
    this.#guests.set(vf, guest)
    return { vf, guest }
  }

  /** Opens a VF and points an address at it. */
  async activate(vf: number, mac: Uint8Array): Promise<void> {
    await this.run({ op: 'activate', vf })
    const mode = { unicast: true, multicast: true, broadcast: true, allMulticast: false, promiscuous: false }
    await this.run({ op: 'setRxMode', vf, mode })
    await this.run({ op: 'setMac', vf, mac })
  }

  close(): Promise<void> {
    return this.qemu.close()
  }
}
