import type { CostMeter, DriverPlatform, Mmio } from '@npa/core'
import type { Arena } from '@npa/memory'
import { disableBusMaster, enableFunction, Extended, findExtended, Header, SriovCap } from '@npa/pci'
import type { PfDriver, PtOp, PtResult, PtStatus } from '@npa/plugin-api/host'
import type { Port } from '@npa/wire'
import { ringBytes } from '../ring-layout.js'
import { bringUp } from './bring-up.js'
import { drain } from './drain.js'
import { Events } from './events.js'
import type { PfEvents } from './events.js'
import { FRAME_OVERHEAD, INTEL, LIMITS, PF_DEVICES } from './limits.js'
import { MacFilters } from './mac-filters.js'
import { MulticastFilters } from './multicast-filters.js'
import { Operations } from './operations.js'
import { poolsOf } from './pools.js'
import { CTRL, Ctrl, EIMC, EIMC_EX0, EIMC_EX1 } from './registers.js'
import { Statistics } from './statistics.js'
import { UplinkReceive } from './uplink-receive.js'
import { UplinkRing } from './uplink-ring.js'
import { UplinkTransmit } from './uplink-transmit.js'
import { Uplink } from './uplink.js'
import { VfRegisters } from './vf-registers.js'
import { VlanFilters } from './vlan-filters.js'
import { Waiter } from './waiter.js'

/** How a host runs the driver of one physical function. */
export interface Intel82599PfOptions {
  readonly platform: DriverPlatform
  /** Where frames are named by their offset; the platform's DMA memory lies in it. */
  readonly arena: Arena
  /** Takes the driver's own work: `pfFrame`, and `copyCall` and `copyByte` for the transmit copy. Interrupts are the platform's to charge. */
  readonly meter: CostMeter
  /** Of the physical function: bus << 8 | device << 3 | function. */
  readonly routingId: number
  /** Virtual functions to enable, 1 to 31. */
  readonly vfs: number
  /** How the queues are dealt out: 64 pools of 2 unless given, or 32 of 4. */
  readonly pools?: 32 | 64
  /** Of the port and, at most, of every VF; 1500 unless given. */
  readonly mtu?: number
  /** Least time between two interrupts, us, of the PF's receive queue and of a VF's vectors; 20 unless given. */
  readonly interruptUs?: number
  readonly events?: Partial<PfEvents>
}

/** State of the device: it comes up by itself. */
type PfState = 'starting' | 'running' | 'failed' | 'closed'

/**
 * The host's driver of an Intel 82599 physical function: uplink of the virtual switch, and the passthrough operations on its virtual
 * functions. It initialises the chip from its construction on, which takes some 110 ms; until then the uplink takes no frame and
 * operations wait.
 */
export class Intel82599Pf implements PfDriver {
  readonly uplink: Port
  readonly #platform: DriverPlatform
  readonly #mmio: Mmio
  readonly #statistics: Statistics
  readonly #rings: readonly UplinkRing[]
  readonly #transmit: UplinkTransmit
  readonly #receive: UplinkReceive
  readonly #uplink: Uplink
  readonly #operations: Operations
  readonly #vlans: VlanFilters
  readonly #events: Events
  readonly #reports: Partial<PfEvents>
  readonly #bringUp: Waiter
  readonly #drain: Waiter
  #state: PfState = 'starting'
  /** What was asked for before the device runs. */
  #waiting: (() => void)[] = []
  #spoofed = 0

  /** Throws a `RangeError` for options out of range and an `Error` when the function is not an 82599's. */
  constructor(options: Intel82599PfOptions) {
    const { platform, arena, meter, vfs, mtu = 1500, interruptUs = 20 } = options
    if (!Number.isInteger(vfs) || vfs < 1 || vfs > LIMITS.vfs) throw new RangeError(`vfs ${vfs}: 1 to ${LIMITS.vfs}`)
    if (!Number.isInteger(mtu) || mtu < LIMITS.mtuMin || mtu > LIMITS.mtu) {
      throw new RangeError(`mtu ${mtu}: ${LIMITS.mtuMin} to ${LIMITS.mtu}`)
    }
    if (!(interruptUs >= 0 && interruptUs <= 1022)) throw new RangeError(`interruptUs ${interruptUs}: 0 to 1022`)
    const vendor = platform.configRead(Header.vendor, 2)
    const device = platform.configRead(Header.device, 2)
    if (vendor !== INTEL || !PF_DEVICES.includes(device)) {
      throw new Error(`function ${vendor.toString(16)}:${device.toString(16)} is not an 82599 that this driver knows`)
    }
    const pools = poolsOf(vfs, options.pools ?? 64)
    this.#platform = platform
    this.#reports = options.events ?? {}
    enableFunction(platform)
    const mmio = platform.bar(0)
    this.#mmio = mmio
    this.#statistics = new Statistics(mmio, vfs)
    const { counters } = this.#statistics
    const maxFrame = mtu + FRAME_OVERHEAD
    const txRing = new UplinkRing(platform, arena, maxFrame)
    const rxRing = new UplinkRing(platform, arena, maxFrame)
    this.#rings = [txRing, rxRing]
    const queue = pools.pfQueue
    const vlans = new VlanFilters(mmio, pools.pf)
    this.#vlans = vlans
    this.#transmit = new UplinkTransmit({ mmio, queue, ring: txRing, arena, meter, counters, vlans, maxFrame })
    this.#receive = new UplinkReceive({ mmio, queue, ring: rxRing, meter })
    this.#uplink = new Uplink(platform, mmio, this.#transmit, this.#receive)
    this.uplink = this.#uplink
    const macs = new MacFilters(mmio)
    const multicast = new MulticastFilters(mmio)
    this.#operations = new Operations({
      clock: platform.clock,
      mmio,
      pools,
      mtu,
      throttle: (interruptUs << 2) & 0xff8,
      routingId: (vf) => vfRoutingId(platform, options.routingId, vf),
      macs,
      vlans,
      multicast,
      registers: new VfRegisters(mmio, pools),
    })
    this.#events = new Events(platform, mmio, pools, this.#uplink, this.#operations, this.#reports)
    this.#bringUp = new Waiter(platform.clock, 'intel-82599.bringUp')
    this.#drain = new Waiter(platform.clock, 'intel-82599.drain')
    const { transmit, receive, statistics } = {
      transmit: this.#transmit,
      receive: this.#receive,
      statistics: this.#statistics,
    }
    bringUp(
      { platform, mmio, pools, mtu, interruptUs, macs, vlans, multicast, transmit, receive, statistics },
      this.#bringUp,
      (problem) => this.#started(problem),
    )
  }

  /** Whether the device runs. */
  get running(): boolean {
    return this.#state === 'running'
  }

  ringBytes(_kind: 'tx' | 'rx', descriptors: number): number {
    return ringBytes(descriptors)
  }

  start(op: PtOp, done: (status: PtStatus, result: PtResult) => void): void {
    this.#whenUp((up) => {
      if (up) this.#operations.start(op, done)
      else done('failure', {})
    })
  }

  /** The virtual switch has ports in these VLANs (1 to 4094): their frames are wanted from now on, as far as there are filters. */
  joinVlans(vlans: readonly number[]): void {
    this.#whenUp((up) => {
      if (up) for (const vlan of vlans) this.#vlans.use(vlan)
    })
  }

  drain(done: (quiet: boolean) => void): void {
    this.#whenUp((up) => {
      if (up) drain(this.#mmio, this.#uplink, this.#transmit, this.#receive, this.#drain, done)
      else done(false)
    })
  }

  /** Calls `then` when the device runs (true) or turned out not to (false); inside the call when that is known. */
  whenRunning(then: (running: boolean) => void): void {
    this.#whenUp(then)
  }

  /**
   * The chip's counters under the hardware's names, those of VF n as `VFn.name`, and the driver's own (`pf.`), since the start.
   * It also reads what has no interrupt: the spoof counter and the causes of stopped queues, and reports them.
   */
  statistics(): Record<string, number> {
    if (this.running) {
      this.#statistics.collect()
      this.#events.misbehaviour()
      const spoofed = this.#statistics.counters.get('SSVPC')
      if (spoofed > this.#spoofed) this.#reports.spoofed?.(spoofed - this.#spoofed)
      this.#spoofed = spoofed
    }
    return this.#statistics.counters.snapshot()
  }

  /** Stops the device and returns its memory. Nothing is reported after it. */
  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#bringUp.cancel()
    this.#drain.cancel()
    for (const vf of this.#operations.vfs) vf.waiter.cancel()
    this.#uplink.close()
    this.#events.close()
    this.#mmio.write32(EIMC, 0x7fffffff)
    this.#mmio.write32(EIMC_EX0, 0xffffffff)
    this.#mmio.write32(EIMC_EX1, 0xffffffff)
    const sriov = findExtended(this.#platform, Extended.sriov)
    if (sriov !== 0) this.#platform.configWrite(sriov + SriovCap.control, 2, 0)
    this.#mmio.write32(CTRL, Ctrl.reset | Ctrl.linkReset)
    disableBusMaster(this.#platform)
    for (const ring of this.#rings) ring.free()
    this.#release()
  }

  #whenUp(then: (up: boolean) => void): void {
    if (this.#state === 'starting') this.#waiting.push(() => then(this.running))
    else then(this.running)
  }

  #started(problem: string | undefined): void {
    if (problem === undefined) {
      this.#state = 'running'
      this.#events.open()
      this.#uplink.open()
    } else {
      this.#state = 'failed'
      this.#reports.failed?.(problem)
    }
    this.#release()
  }

  #release(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const then of waiting) then()
  }
}

/** Routing id of a VF (SR-IOV 1.1, 2.1.2). */
function vfRoutingId(platform: DriverPlatform, pf: number, vf: number): number {
  const at = findExtended(platform, Extended.sriov)
  const first = platform.configRead(at + SriovCap.firstVfOffset, 2)
  return pf + first + vf * platform.configRead(at + SriovCap.vfStride, 2)
}
