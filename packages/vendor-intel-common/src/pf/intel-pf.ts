import type { CostMeter, DriverPlatform, Mmio } from '@npa/core'
import type { Arena } from '@npa/memory'
import { disableBusMaster, enableFunction, Extended, findExtended, Header, SriovCap } from '@npa/pci'
import type { PfDriver, PtOp, PtResult, PtStatus } from '@npa/plugin-api/host'
import type { Port } from '@npa/wire'
import { ringBytes } from '../layout/index.js'
import { bringUp, ENABLE_VFS } from './bring-up.js'
import { drain } from './drain.js'
import { Events } from './events.js'
import type { PfEvents } from './events.js'
import { DEFAULT_MTU, FRAME_OVERHEAD, INTEL, MTU_MIN } from './limits.js'
import { MacFilters } from './mac-filters.js'
import { MulticastFilters } from './multicast-filters.js'
import { Operations } from './operations.js'
import { PacketBuffer } from './packet-buffer.js'
import type { PfChip } from './pf-chip.js'
import type { PoolPlan } from './pool-plan.js'
import { Queues } from './queues.js'
import { Statistics } from './statistics.js'
import { UplinkReceive } from './uplink-receive.js'
import { UplinkRing } from './uplink-ring.js'
import { UplinkTransmit } from './uplink-transmit.js'
import { Uplink } from './uplink.js'
import { VfQueues } from './vf-queues.js'
import { VlanFilters } from './vlan-filters.js'
import { Waiter } from './waiter.js'

/** How a host runs the driver of one physical function. */
export interface IntelPfOptions {
  readonly platform: DriverPlatform
  /** Where frames are named by their offset; the platform's DMA memory lies in it. */
  readonly arena: Arena
  /** Takes the driver's own work: `pfFrame`, and `copyCall` and `copyByte` for the transmit copy. Interrupts are the platform's to charge. */
  readonly meter: CostMeter
  /** Of the physical function: bus << 8 | device << 3 | function. */
  readonly routingId: number
  /** Virtual functions to enable, from 1 to what the chip's driver can. */
  readonly vfs: number
  /** Of the port and, at most, of every VF; 1500 unless given. */
  readonly mtu?: number
  /** Least time between two interrupts, us, of the PF's receive queue and of a VF's vectors; 20 unless given. */
  readonly interruptUs?: number
  readonly events?: Partial<PfEvents>
}

/** State of the device: it comes up by itself. */
type PfState = 'starting' | 'running' | 'failed' | 'closed'

/**
 * The host's driver of an Intel physical function: uplink of the virtual switch, and the passthrough operations on its virtual
 * functions. It initialises the chip from its construction on; until then the uplink takes no frame and operations wait.
 */
export class IntelPf<Pools extends PoolPlan = PoolPlan> implements PfDriver {
  readonly uplink: Port
  readonly #chip: Pick<PfChip, 'mask' | 'reset'>
  readonly #platform: DriverPlatform
  readonly #mmio: Mmio
  readonly #statistics: Statistics
  readonly #rings: readonly UplinkRing[]
  readonly #transmit: UplinkTransmit
  readonly #receive: UplinkReceive
  readonly #uplink: Uplink
  readonly #buffer: PacketBuffer
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

  /** Throws a `RangeError` for options out of range and an `Error` when the function is not the chip's. */
  constructor(chip: PfChip<Pools>, options: IntelPfOptions) {
    const { platform, arena, meter, vfs, mtu = DEFAULT_MTU, interruptUs = 20 } = options
    check(chip, platform, vfs, mtu, interruptUs)
    const { pools, errors, description } = chip
    this.#chip = chip
    this.#platform = platform
    this.#reports = options.events ?? {}
    enableFunction(platform)
    const mmio = platform.bar(0)
    this.#mmio = mmio
    this.#statistics = new Statistics(mmio, chip.statistics, vfs)
    const { counters } = this.#statistics
    const maxFrame = mtu + FRAME_OVERHEAD
    const txRing = new UplinkRing(platform, arena, maxFrame)
    const rxRing = new UplinkRing(platform, arena, maxFrame)
    this.#rings = [txRing, rxRing]
    const queue = pools.pfQueue
    const queues = new Queues(mmio, chip.queues)
    const vlans = new VlanFilters(chip.vlans(mmio), pools.pf)
    this.#vlans = vlans
    this.#transmit = new UplinkTransmit({ queues, queue, ring: txRing, arena, meter, counters, vlans, maxFrame })
    this.#receive = new UplinkReceive({ queues, queue, ring: rxRing, errors, meter })
    this.#uplink = new Uplink(platform, mmio, chip.vectorEnable, this.#transmit, this.#receive)
    this.uplink = this.#uplink
    const macs = new MacFilters(chip.addresses(mmio))
    const multicast = new MulticastFilters(mmio)
    const control = chip.control(mmio)
    this.#buffer = new PacketBuffer(mmio, chip.packetBuffer)
    this.#operations = new Operations({
      clock: platform.clock,
      description,
      vfs,
      pfPool: pools.pf,
      mtu,
      throttle: chip.throttle(interruptUs),
      routingId: (vf) => vfRoutingId(platform, options.routingId, vf),
      macs,
      vlans,
      multicast,
      buffer: this.#buffer,
      control,
      queues: new VfQueues(queues, control, description.limits.queuesPerVf),
    })
    this.#events = new Events(platform, chip.events(mmio), this.#uplink, this.#operations, this.#reports)
    this.#bringUp = new Waiter(platform.clock, `${description.chip}.bringUp`)
    this.#drain = new Waiter(platform.clock, `${description.chip}.drain`)
    const { transmit, receive, statistics } = {
      transmit: this.#transmit,
      receive: this.#receive,
      statistics: this.#statistics,
    }
    bringUp(
      [...chip.steps, ENABLE_VFS],
      { platform, mmio, pools, mtu, interruptUs, queues, macs, vlans, multicast, transmit, receive, statistics },
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
      if (up) drain(this.#buffer, this.#uplink, this.#transmit, this.#receive, this.#drain, done)
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
      const { spoofed } = this.#statistics
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
    this.#chip.mask(this.#mmio)
    const sriov = findExtended(this.#platform, Extended.sriov)
    if (sriov !== 0) this.#platform.configWrite(sriov + SriovCap.control, 2, 0)
    this.#chip.reset(this.#mmio)
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

function check(
  chip: Pick<PfChip, 'description' | 'devices' | 'title'>,
  platform: DriverPlatform,
  vfs: number,
  mtu: number,
  interruptUs: number,
): void {
  const { limits } = chip.description
  if (!Number.isInteger(vfs) || vfs < 1 || vfs > limits.vfs) throw new RangeError(`vfs ${vfs}: 1 to ${limits.vfs}`)
  if (!Number.isInteger(mtu) || mtu < MTU_MIN || mtu > limits.mtu) {
    throw new RangeError(`mtu ${mtu}: ${MTU_MIN} to ${limits.mtu}`)
  }
  if (!(interruptUs >= 0 && interruptUs <= limits.interruptUs)) {
    throw new RangeError(`interruptUs ${interruptUs}: 0 to ${limits.interruptUs}`)
  }
  const vendor = platform.configRead(Header.vendor, 2)
  const device = platform.configRead(Header.device, 2)
  if (vendor !== INTEL || !chip.devices.includes(device)) {
    const found = `${vendor.toString(16)}:${device.toString(16)}`
    throw new Error(`function ${found} is not ${chip.title} that this driver knows`)
  }
}

/** Routing id of a VF (SR-IOV 1.1, 2.1.2). */
function vfRoutingId(platform: DriverPlatform, pf: number, vf: number): number {
  const at = findExtended(platform, Extended.sriov)
  const first = platform.configRead(at + SriovCap.firstVfOffset, 2)
  return pf + first + vf * platform.configRead(at + SriovCap.vfStride, 2)
}
