import type { Trace } from '@npa/core'
import { ACTIVATE_VF_OK, Cmd } from '@npa/vmxnet3-spec'
import type { Control } from './control.js'
import type { ShellCounters } from './counters.js'
import type { Datapath } from './datapath.js'
import type { Emulation } from './emulation.js'
import { LoadError } from './load-error.js'
import { modeInput, modeTable } from './mode.js'
import type { ModeAction, ModeActions, ModeInput, ModeState } from './mode.js'
import type { PluginHost } from './plugin-host.js'
import type { PluginOffer } from './plugin-offer.js'

/** Steps at most at one event: an offer withdrawn and another one made, and then some. */
const MOST_STEPS = 8

export interface ModeSwitchParts {
  readonly control: Control
  readonly datapath: Datapath
  readonly emulation: Emulation
  readonly offer: PluginOffer
  readonly counters: ShellCounters
  readonly trace: Trace
  readonly queuePairs: number
  readonly mac: () => Uint8Array
  /** Polls every queue soon. */
  readonly schedule: () => void
}

/** Runs the mode table: the guest's half of every way into passthrough and out of it. */
export class ModeSwitch implements ModeActions {
  readonly #parts: ModeSwitchParts
  #state: ModeState = 'down'
  #software: PluginHost | undefined
  #failure: LoadError | undefined

  constructor(parts: ModeSwitchParts) {
    this.#parts = parts
  }

  get state(): ModeState {
    return this.#state
  }

  /** Why the last offer was not taken. */
  get failure(): LoadError | undefined {
    return this.#failure
  }

  /** Activates the emulated device; false when it refuses. */
  start(): boolean {
    this.#state = this.#activate() ? 'emulated' : 'down'
    return this.#state === 'emulated'
  }

  /** Reads where the device stands and does the driver's part. */
  look(): void {
    for (let step = 0; step < MOST_STEPS; step++) {
      const input = modeInput(this.#parts.control.ask(Cmd.getDevExtraInfo))
      const action = input === undefined ? undefined : this.#step(input)
      // the emulated device starts afresh: what follows raises its own event
      if (action === undefined || action === 'leave' || action === 'forget') return
    }
  }

  /** To be called whenever frames were completed. */
  sent(): void {
    if (this.#state === 'draining' && this.#parts.datapath.pending === 0) this.#step('drained')
  }

  /** The emulated device reported an error: starts it afresh. Nothing in passthrough, where it is not the one at work. */
  reset(): void {
    const { control, counters } = this.#parts
    if (this.#state === 'passthrough') return
    counters.add(counters.resets, 1)
    control.issue(Cmd.quiesceDev)
    control.issue(Cmd.resetDev)
    this.#state = this.forget() ? 'emulated' : 'down'
  }

  /** Ends whatever plugins there are; the device is in reset. */
  close(): void {
    const { datapath, emulation, offer } = this.#parts
    this.#halt()
    offer.retire()
    this.#software?.retire()
    this.#software = undefined
    datapath.clear()
    offer.release()
    emulation.release()
    this.#state = 'down'
  }

  load(): boolean {
    const { offer } = this.#parts
    try {
      offer.load()
      return true
    } catch (error) {
      if (!(error instanceof LoadError)) throw error
      return this.#decline(error)
    }
  }

  withdraw(): boolean {
    const { offer } = this.#parts
    offer.retire()
    offer.release()
    this.#resume()
    return true
  }

  drain(): boolean {
    const { datapath } = this.#parts
    datapath.stopped = true
    datapath.flush()
    this.#parts.schedule()
    return true
  }

  activateVf(): boolean {
    const { control, offer, queuePairs } = this.#parts
    const vendor = offer.host
    if (vendor?.reinit() !== true) {
      return this.#undo(new LoadError('pluginRefused', vendor?.lastFault ?? 'the rings could not be set up'))
    }
    for (let queue = 0; queue < queuePairs; queue++) vendor.addBuffers(queue)
    const result = control.ask(Cmd.activateVf)
    return result === ACTIVATE_VF_OK || this.#undo(new LoadError('activateRefused', `ACTIVATE_VF gave ${result}`))
  }

  enter(): boolean {
    const { control, counters, datapath, emulation, offer } = this.#parts
    if (this.#software !== undefined) datapath.drain(this.#software)
    // a device that refuses to stop keeps its rings and buffers until it is activated afresh
    if (control.ask(Cmd.stopEmulation) === 0) {
      this.#software?.retire()
      this.#software = undefined
      emulation.release()
    }
    counters.add(counters.passthroughs, 1)
    if (offer.host !== undefined) datapath.resume(offer.host)
    this.#parts.schedule()
    return true
  }

  leave(): boolean {
    const { datapath, offer } = this.#parts
    datapath.stopped = true
    // still there when passthrough came and went unseen, or the device refused to stop
    if (this.#software !== undefined) datapath.drain(this.#software)
    datapath.host = offer.host
    if (offer.host !== undefined) datapath.drain(offer.host)
    datapath.keepFrames()
    return this.#restart()
  }

  forget(): boolean {
    const { counters, datapath } = this.#parts
    datapath.stopped = true
    // its rings are the driver's own memory, unlike the VF's
    if (this.#software !== undefined) datapath.drain(this.#software)
    datapath.dropPlaced(this.#software !== undefined ? counters.txResetDropped : counters.txRevoked)
    return this.#restart()
  }

  /** Takes every plugin away and activates the emulated device; only then are the window's pages guest memory again. */
  #restart(): boolean {
    const { offer } = this.#parts
    this.#halt()
    offer.retire()
    this.#software?.retire()
    this.#software = undefined
    if (!this.#activate()) return false
    offer.release()
    return true
  }

  #activate(): boolean {
    const { counters, emulation, mac } = this.#parts
    const plugin = emulation.activate(mac())
    if (plugin === undefined) return false
    this.#software = plugin
    counters.add(counters.emulations, 1)
    emulation.start(plugin)
    this.#resume()
    this.#parts.schedule()
    return true
  }

  #halt(): void {
    this.#parts.datapath.stopped = true
    this.#parts.datapath.host = undefined
  }

  #resume(): void {
    if (this.#software !== undefined) this.#parts.datapath.resume(this.#software)
  }

  #undo(error: LoadError): false {
    this.#parts.offer.retire()
    this.#resume()
    return this.#decline(error)
  }

  #decline(error: LoadError): false {
    const { counters, trace } = this.#parts
    this.#failure = error
    counters.add(counters.offersFailed, 1)
    trace.event('shell', `offer declined: ${error.message}`)
    return false
  }

  /** The action done, or undefined when the input changes nothing. */
  #step(input: ModeInput): ModeAction | undefined {
    const step = modeTable[this.#state][input]
    if (step === undefined) return undefined
    const from = this.#state
    this.#state = this[step.action]() ? step.next : step.otherwise
    this.#parts.trace.event('shell', `${from}, ${input}: ${step.action}, ${this.#state}`)
    // an idle emulated device has nothing left to send
    this.sent()
    return step.action
  }
}
