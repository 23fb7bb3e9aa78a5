import type { Clock, Counters, Timer, Trace } from '@npa/core'
import type { RootComplex } from '@npa/pci'
import type { PfDriver, PtOp, PtResult, PtStatus } from '@npa/plugin-api/host'
import { ACTIVATE_VF_OK, ACTIVATE_VF_REFUSED, Event, PluginConf, PluginStatus } from '@npa/vmxnet3-spec'
import { implementationOf } from './implementation.js'
import { modeTable } from './mode-machine.js'
import type { Mode, ModeAction, ModeEvent, Step } from './mode-machine.js'
import type { ModeSwitch, PassthroughVm } from './passthrough-vm.js'
import type { PluginStore } from './plugin-store.js'
import type { Reason } from './reasons.js'
import { QUEUE_PAIRS, VfLease, WINDOW_BYTES } from './vf-lease.js'
import type { VirtualSwitch } from './virtual-switch.js'

export interface PassthroughParts {
  readonly clock: Clock
  readonly trace: Trace
  readonly counters: Counters
  readonly root: RootComplex
  readonly vswitch: VirtualSwitch
  readonly driver: PfDriver
  readonly plugins: PluginStore
  /** How long the guest may take for its part of a step, ns. */
  readonly guestAnswerNs: number
}

/**
 * The hypervisor's control of one VM's data path: executes the mode machine's actions on VF, plugin window, filters and virtual switch.
 * No frame passes through here.
 */
export class Passthrough {
  readonly #vm: PassthroughVm
  readonly #parts: PassthroughParts
  readonly #deadline: Timer
  /** The window's memory, kept for the VM's life: a guest's stale mapping can reach no other VM's. */
  readonly #windowAt: number
  #mode: Mode = 'emulated'
  #reason: Reason = 'notRequested'
  #lease: VfLease | undefined
  /** Answers of the PF driver to an earlier attempt are not this one's. */
  #attempt = 0
  #postponed: 'leave' | 'force' | undefined
  #forced = false
  #quiesced: PtResult = {}
  /** What the last drain found. */
  #quiet = true
  #requestedNs = 0
  #movedNs = 0
  #heldBefore = 0
  #droppedBefore = 0
  #lostInVf = 0
  #abandoned: (() => void) | undefined
  readonly switches: ModeSwitch[] = []

  constructor(vm: PassthroughVm, parts: PassthroughParts) {
    this.#vm = vm
    this.#parts = parts
    this.#windowAt = vm.arena.allocate(WINDOW_BYTES)
    this.#deadline = parts.clock.timer(`${vm.name}.passthrough`, () => {
      this.step('deadline')
    })
    this.#now({ op: 'pfAddMacFilter', mac: vm.mac })
  }

  get mode(): Mode {
    return this.#mode
  }

  /** Why the VM is where it is, or why the last request did not move it. */
  get reason(): Reason {
    return this.#reason
  }

  /** Asks for the fast path; false, with the reason, when a change is under way. */
  enter(): boolean {
    return this.#ask('enter')
  }

  /** Asks for emulation, with the guest's help as long as it answers in time. */
  leave(): boolean {
    return this.#ask('leave')
  }

  /** Takes the VF away at once. */
  force(): boolean {
    return this.#ask('force')
  }

  #ask(event: 'enter' | 'leave' | 'force'): boolean {
    if (modeTable[this.#mode][event] === undefined) {
      if (event === 'enter') this.#reason = 'operationInProgress'
      return false
    }
    if (event === 'enter' && this.#vm.nic.rxMode.promiscuous) {
      this.#reason = 'promiscuousMode'
      return false
    }
    this.#reason = event === 'force' ? 'forced' : event === 'leave' ? 'notRequested' : 'requested'
    this.#requestedNs = this.#parts.clock.nowNs()
    this.step(event)
    return true
  }

  /** Feeds the mode machine. */
  step(event: ModeEvent): void {
    const step = modeTable[this.#mode][event]
    if (step === undefined) return
    this.#parts.trace.event(this.#vm.name, `${this.#mode} --${event}--> ${step.next}`)
    this.#mode = step.next
    this.#deadline.cancel()
    this.#enter(event, step)
    this.#settled()
  }

  #enter(event: ModeEvent, step: Step): void {
    if (event === 'deadline') this.#reason = 'guestDidNotAnswer'
    if (event === 'reset') this.#reason = 'guestReset'
    this.#actions[step.action]()
  }

  /**
   * The guest is gone and will not answer any more: takes what it holds of the VF away as by force, and calls `done` when no VF is its
   * own; inside the call when it has none.
   */
  abandon(done: () => void): void {
    this.#abandoned = done
    this.#ask('force')
    this.#settled()
  }

  #settled(): void {
    const rests = this.#mode === 'emulated' || this.#mode === 'revoked' || this.#mode === 'resuming'
    if (!rests || this.#abandoned === undefined) return
    const done = this.#abandoned
    this.#abandoned = undefined
    done()
  }

  readonly #actions: Record<ModeAction, () => void> = {
    acquire: () => this.#acquire(),
    offer: () => this.#tellGuest(),
    initialise: () => this.#initialise(),
    openRegisters: () => this.#openRegisters(),
    drain: () => this.#drain(),
    moveToVf: () => this.#moveToVf(),
    announce: () => this.#announce(),
    forceOut: () => {
      this.#forced = true
      this.#drain()
    },
    moveToPf: () => this.#moveToPf(),
    postpone: () => {
      this.#postponed ??= 'leave'
    },
    postponeForce: () => {
      this.#postponed = 'force'
      this.#forced = true
    },
    handBack: () => this.#handBack(),
    revoke: () => this.#revoke(),
    withdraw: () => this.#withdraw(),
    takeBack: () => this.#giveUpVf(),
    connect: () => this.#connect(),
  }

  // ---- what the guest's commands do ----

  /** What GET_DEV_EXTRA_INFO answers. */
  implementation(): number {
    return implementationOf(this.#mode)
  }

  /** LOAD_PLUGIN. */
  loadPlugin(confLo: number, confHi: number, confLength: number): number {
    const conf = confLength >= PluginConf.bytes ? this.#vm.memory.words(confLo, confHi, PluginConf.bytes) : undefined
    if (conf === undefined) return PluginStatus.invalid
    const lease = this.#mode === 'offered' ? this.#lease : undefined
    const status = lease === undefined ? PluginStatus.notOffered : lease.load(conf)
    // The window may have been laid over the configuration by now: a status there tells nobody anything, and harms nobody.
    conf[PluginConf.status >> 2] = status
    if (status === PluginStatus.loaded) this.step('load')
    else if (status === PluginStatus.invalid) this.#reason = 'guestMemory'
    return status
  }

  /** ACTIVATE_VF. */
  activateVf(): number {
    if (this.#mode !== 'ready') return ACTIVATE_VF_REFUSED
    this.step('activateVf')
    return ACTIVATE_VF_OK
  }

  /** The guest's receive filters changed; after a fresh activation that is when it takes frames again. */
  filtersChanged(): void {
    if (this.#vm.nic.rxMode.unicast) this.step('receiving')
    if (this.#mode !== 'passthrough' || this.#lease === undefined) return
    if (this.#vm.nic.rxMode.promiscuous) {
      this.leave()
      this.#reason = 'promiscuousMode'
      return
    }
    for (const op of this.#filterOps(this.#lease.vf)) this.#now(op)
  }

  /** The guest set another address: its frames follow it, on either path. */
  macChanged(mac: Uint8Array): void {
    const { port } = this.#vm
    const old = this.#vm.mac
    if (old.every((byte, i) => byte === mac[i])) return
    this.#vm.mac = mac.slice()
    port.setMac(mac)
    this.#now({ op: 'pfDelMacFilter', mac: old })
    if (this.#mode === 'passthrough' && this.#lease !== undefined) this.#now({ op: 'setMac', vf: this.#lease.vf, mac })
    else this.#now({ op: 'pfAddMacFilter', mac })
  }

  /** The guest programmed a vector of its vmxnet3. */
  vectorChanged(vector: number): void {
    this.#lease?.route(vector)
  }

  // ---- the actions ----

  #start(op: PtOp, done: (status: PtStatus, result: PtResult) => void): void {
    const attempt = this.#attempt
    this.#parts.driver.start(op, (status, result) => {
      if (attempt === this.#attempt) {
        if (status !== 'ok') this.#parts.trace.event(this.#vm.name, `${op.op}: ${status}`)
        done(status, result)
      } else if (op.op === 'acquire' && result.vf !== undefined) {
        this.#parts.driver.start({ op: 'release', vf: result.vf }, () => undefined)
      }
    })
  }

  /** An operation that only writes registers; whether it succeeded. */
  #now(op: PtOp): boolean {
    let ok = false
    this.#start(op, (status) => {
      ok = status === 'ok'
    })
    return ok
  }

  #fail(reason: Reason): void {
    this.#reason = reason
    this.step('failed')
  }

  #acquire(): void {
    this.#forced = false
    this.#postponed = undefined
    const { mtu } = this.#vm
    const features = { rxChecksum: true, rxVlanStrip: true }
    const properties = { mtu, txQueues: QUEUE_PAIRS, rxQueues: QUEUE_PAIRS, interrupts: QUEUE_PAIRS, features }
    this.#start({ op: 'acquire', properties }, (status, { vf }) => {
      if (status !== 'ok' || vf === undefined) this.#fail('noVirtualFunction')
      else this.#askInfo(vf)
    })
  }

  #askInfo(vf: number): void {
    this.#start({ op: 'getInfo', vf }, (status, { info }) => {
      const plugin = info === undefined ? 'deviceFailure' : this.#parts.plugins.find(info.pluginName)
      if (status !== 'ok' || info === undefined || typeof plugin === 'string') {
        this.#parts.driver.start({ op: 'release', vf }, () => undefined)
        this.#fail(typeof plugin === 'string' ? plugin : 'deviceFailure')
        return
      }
      this.#lease = new VfLease(vf, info, plugin, this.#windowAt, this.#vm, this.#parts)
      this.step('acquired')
    })
  }

  /** Raises the event after which the guest reads where it stands, and gives it its time. */
  #tellGuest(): void {
    this.#deadline.arm(this.#parts.clock.nowNs() + this.#parts.guestAnswerNs)
    this.#vm.nic.raiseEvent(Event.implementation)
  }

  #initialise(): void {
    const lease = this.#lease
    const init = lease?.layOut()
    if (lease === undefined || init === undefined) return
    this.#start({ op: 'init', vf: lease.vf, init }, (status) => {
      if (status === 'ok') this.step('initialised')
      else this.#fail('deviceFailure')
    })
  }

  /** The VF is initialised and no filter points at it: the guest may post buffers. */
  #openRegisters(): void {
    if (this.#lease === undefined) return
    this.#lease.open()
    this.#tellGuest()
  }

  /** Waits for an instant at which nothing is under way through the PF, so that no frame can be on both paths. */
  #drain(): void {
    const { vswitch, driver } = this.#parts
    vswitch.drain(driver, (quiet) => {
      this.#quiet = quiet
      this.step('drained')
    })
  }

  #filterOps(vf: number): PtOp[] {
    const { rxMode, multicast, vlans } = this.#vm.nic
    const ops: PtOp[] = [
      { op: 'setRxMode', vf, mode: rxMode },
      { op: 'setMulticast', vf, addresses: multicast },
    ]
    for (const vlan of vlans) ops.push({ op: 'addVlanRange', vf, first: vlan, last: vlan })
    return ops
  }

  /**
   * The address moves by one write. Between the instant that the drain found and that write the NIC goes on, where it has time of its
   * own: frames that the PF has got meanwhile still reach the guest on the old path, before it hears that it has the new one.
   */
  #moveToVf(): void {
    const lease = this.#lease
    if (lease === undefined) return
    const { vf } = lease
    const ops: PtOp[] = [{ op: 'activate', vf }, ...this.#filterOps(vf), { op: 'setMac', vf, mac: this.#vm.mac }]
    if (!ops.every((op) => this.#now(op))) {
      this.#fail('deviceFailure')
      return
    }
    this.#movedNs = this.#parts.clock.nowNs()
    this.#vm.moved('passthrough')
    // broadcasts come to the VF from now on, and some of them to the PF as well
    this.#vm.port.setState('late', true)
    this.#drain()
  }

  #announce(): void {
    this.#vm.port.setState('away')
    this.#record('emulated', 'passthrough', 0, 0)
    this.#vm.nic.raiseEvent(Event.implementation)
    const postponed = this.#postponed
    this.#postponed = undefined
    if (postponed !== undefined) this.step(postponed)
  }

  /** The way back of `moveToVf`: from this instant on, frames for the guest are held. */
  #moveToPf(): void {
    const lease = this.#lease
    if (lease === undefined) return
    const { port } = this.#vm
    const { vf } = lease
    this.#heldBefore = port.framesHeld
    this.#droppedBefore = port.framesOverflowed
    this.#movedNs = this.#parts.clock.nowNs()
    const none = { unicast: true, multicast: false, broadcast: false, allMulticast: false, promiscuous: false }
    port.setState('held', !this.#quiet)
    this.#now({ op: 'setRxMode', vf, mode: none })
    this.#now({ op: 'pfAddMacFilter', mac: this.#vm.mac })
    this.#vm.moved('emulated')
    this.#start({ op: 'quiesce', vf }, (status, result) => {
      this.#quiesced = result
      if (status === 'ok') this.step('quiet')
      else this.#fail('deviceFailure')
    })
  }

  #handBack(): void {
    if (this.#forced) this.step('force')
    else this.#tellGuest()
  }

  /** Without the guest's help: what its rings still hold is lost, and counted. */
  #revoke(): void {
    const { unfetchedTxFrames = 0, untakenRxFrames = 0 } = this.#quiesced
    const { counters } = this.#parts
    counters.add(counters.slot('vfTxUnfetched'), unfetchedTxFrames)
    counters.add(counters.slot('vfRxUntaken'), untakenRxFrames)
    this.#lostInVf = unfetchedTxFrames + untakenRxFrames
    this.#forced = true
    this.#giveUpVf()
    this.#vm.nic.stopDataPath()
    this.#vm.nic.raiseEvent(Event.implementation)
  }

  #withdraw(): void {
    this.#now({ op: 'pfAddMacFilter', mac: this.#vm.mac })
    this.#giveUpVf()
    this.#vm.nic.raiseEvent(Event.implementation)
  }

  /** Takes registers, vectors and window from the guest and gives the VF back. */
  #giveUpVf(): void {
    this.#attempt++
    const lease = this.#lease
    this.#lease = undefined
    if (lease === undefined) return
    lease.takeBack()
    this.#parts.driver.start({ op: 'release', vf: lease.vf }, () => undefined)
  }

  /** The emulated path takes frames again: what was held comes first. */
  #connect(): void {
    this.#vm.port.setState('connected')
    const { framesHeld, framesOverflowed } = this.#vm.port
    const dropped = framesOverflowed - this.#droppedBefore + this.#lostInVf
    this.#record('passthrough', 'emulated', framesHeld - this.#heldBefore, dropped)
    this.#lostInVf = 0
    this.#forced = false
  }

  #record(from: ModeSwitch['from'], to: ModeSwitch['to'], framesHeld: number, framesDropped: number): void {
    this.switches.push({
      from,
      to,
      forced: this.#forced,
      requestedNs: this.#requestedNs,
      movedNs: this.#movedNs,
      doneNs: this.#parts.clock.nowNs(),
      framesHeld,
      framesDropped,
    })
  }

  /** The VM is switched off: whatever it holds goes back. */
  close(): void {
    this.#deadline.cancel()
    this.#giveUpVf()
    this.#now({ op: 'pfDelMacFilter', mac: this.#vm.mac })
    this.#vm.arena.free(this.#windowAt)
  }
}
