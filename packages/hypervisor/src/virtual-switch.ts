import type { CostMeter, Counters } from '@npa/core'
import type { Arena } from '@npa/memory'
import type { PfDriver } from '@npa/plugin-api/host'
import { Frame, FRAME_WORDS } from '@npa/wire'
import type { FrameBatch, Port } from '@npa/wire'
import { SwitchPort } from './switch-port.js'

/** Destinations beside the index of a port. */
const UPLINK = -1
const FLOOD = -2
const FILTERED = -3

export interface VirtualSwitchParts {
  readonly arena: Arena
  readonly meter: CostMeter
  readonly counters: Counters
}

/**
 * The host's layer-2 switch: one port for each VM, whose address is known and not learned, and the physical NIC's PF as
 * uplink. A frame that the uplink cannot take stays with its sender; a VM's port always takes.
 */
export class VirtualSwitch {
  readonly #parts: VirtualSwitchParts
  readonly #ports: SwitchPort[] = []
  readonly #unknown: number
  readonly #ownAddress: number
  readonly #noUplink: number
  #uplink: Port | undefined
  #paused = false
  #draining = false
  /** Who waits for an instant without frames under way. */
  readonly #drains: ((quiet: boolean) => void)[] = []
  /** Senders that the uplink refused and that wait for room. */
  readonly #waiting = new Set<SwitchPort>()
  /** Where the uplink's PF driver delivers. */
  readonly uplinkFace: Port = {
    send: (batch, from, count) => this.#forward(batch, from, count, undefined),
    room: () => {
      this.#wake()
    },
    connect: (peer) => {
      this.#uplink = peer
    },
    up: true,
  }

  constructor(parts: VirtualSwitchParts) {
    this.#parts = parts
    this.#unknown = parts.counters.slot('switchUnknownUnicast')
    this.#ownAddress = parts.counters.slot('switchToSender')
    this.#noUplink = parts.counters.slot('switchNoUplink')
  }

  /** A port for a VM; `holdFrames` bounds what it keeps while held. */
  addPort(name: string, mac: Uint8Array, holdFrames: number): SwitchPort {
    const port = new SwitchPort(this.#parts, name, mac, holdFrames, (batch, from, count, source) =>
      this.#forward(batch, from, count, source),
    )
    this.#ports.push(port)
    return port
  }

  removePort(port: SwitchPort): void {
    const at = this.#ports.indexOf(port)
    if (at >= 0) this.#ports.splice(at, 1)
    this.#waiting.delete(port)
    port.close()
  }

  /** Frames for the uplink stay with their senders until `resumeUplink`. */
  pauseUplink(): void {
    this.#paused = true
  }

  resumeUplink(): void {
    this.#paused = false
    this.#wake()
  }

  /**
   * Pauses the uplink until its driver finds nothing under way, or has tried long enough, calls `done` at that instant, and goes on.
   * Who asks meanwhile shares the instant when it has not come yet, or gets the next one.
   */
  drain(driver: Pick<PfDriver, 'drain'>, done: (quiet: boolean) => void): void {
    this.#drains.push(done)
    if (this.#draining) return
    this.#draining = true
    this.#drainNext(driver)
  }

  #drainNext(driver: Pick<PfDriver, 'drain'>): void {
    this.pauseUplink()
    driver.drain((quiet) => {
      for (const done of this.#drains.splice(0)) done(quiet)
      if (this.#drains.length > 0) {
        this.#drainNext(driver)
        return
      }
      this.#draining = false
      this.resumeUplink()
    })
  }

  #wake(): void {
    if (this.#paused) return
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const port of waiting) port.peer.room()
  }

  #destination(address: number, source: SwitchPort | undefined): number {
    const u8 = this.#parts.arena.u8
    if ((u8[address] & 1) !== 0) return FLOOD
    const low = addressLow(u8, address)
    const high = addressHigh(u8, address)
    for (let i = 0; i < this.#ports.length; i++) {
      const port = this.#ports[i]
      if (port.macLow === low && port.macHigh === high && port.present) return port === source ? FILTERED : i
    }
    return source === undefined ? FILTERED : UPLINK
  }

  #forward(batch: FrameBatch, from: number, count: number, source: SwitchPort | undefined): number {
    const end = from + count
    let at = from
    while (at < end) {
      const to = this.#destination(batch.words[at * FRAME_WORDS + Frame.address], source)
      let run = 1
      if (to !== FLOOD) {
        while (
          at + run < end &&
          this.#destination(batch.words[(at + run) * FRAME_WORDS + Frame.address], source) === to
        )
          run++
      }
      const taken = this.#deliver(batch, at, run, to, source)
      at += taken
      if (taken < run) break
    }
    return at - from
  }

  #deliver(batch: FrameBatch, from: number, count: number, to: number, source: SwitchPort | undefined): number {
    const { meter, counters } = this.#parts
    if (to === FILTERED) {
      counters.add(source === undefined ? this.#unknown : this.#ownAddress, count)
      return count
    }
    if (to === UPLINK || (to === FLOOD && source !== undefined)) {
      const taken = this.#toUplink(batch, from, count, source)
      if (taken > 0) meter.charge('switchFrame', taken)
      if (to === UPLINK || taken < count) return taken
    }
    if (to >= 0) {
      meter.charge('switchFrame', count)
      this.#ports[to].deliver(batch, from, count)
      return count
    }
    for (const port of this.#ports) {
      if (port === source || !port.present || this.#sentBy(port, batch, from)) continue
      meter.charge('switchFrame', count)
      port.deliverFlooded(batch, from, count)
    }
    return count
  }

  /** Whether a flooded frame is the VM's own: what its VF sent last comes back through the PF when the port is there again. */
  #sentBy(port: SwitchPort, batch: FrameBatch, index: number): boolean {
    const at = batch.words[index * FRAME_WORDS + Frame.address] + 6
    return (
      addressLow(this.#parts.arena.u8, at) === port.macLow && addressHigh(this.#parts.arena.u8, at) === port.macHigh
    )
  }

  /** A sender whose frame was not taken is told when there is room. */
  #toUplink(batch: FrameBatch, from: number, count: number, source: SwitchPort | undefined): number {
    if (this.#uplink === undefined) {
      this.#parts.counters.add(this.#noUplink, count)
      return count
    }
    const taken = this.#paused ? 0 : this.#uplink.send(batch, from, count)
    if (taken < count && source !== undefined) this.#waiting.add(source)
    return taken
  }
}

function addressLow(u8: Uint8Array, at: number): number {
  return u8[at] | (u8[at + 1] << 8) | (u8[at + 2] << 16) | (u8[at + 3] << 24)
}

function addressHigh(u8: Uint8Array, at: number): number {
  return u8[at + 4] | (u8[at + 5] << 8)
}
