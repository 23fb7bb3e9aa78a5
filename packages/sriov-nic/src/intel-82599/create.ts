import type { Clock, Counters, TaskSource } from '@npa/core'
import type { Arena } from '@npa/memory'
import type { PciFunction } from '@npa/pci'
import type { Port } from '@npa/wire'
import { CardLocks, checkCard, portAddress } from '../intel/card.js'
import { Chip } from './chip.js'
import type { ChipParts } from './chip.js'
import { Eeprom } from './eeprom.js'
import { DMA_LATENCY_NS, LIMITS } from './limits.js'
import type { Media } from './media.js'

export interface Intel82599Options {
  /** On-chip memory is allocated in it, about 1 MiB; frames on the wire are in it too. */
  readonly arena: Arena
  readonly scheduler: Clock & TaskSource
  /** Names tasks and timers. */
  readonly name: string
  /** The permanent address of port 0, six bytes, unicast. Port 1 has the same with the last bit the other way round. */
  readonly mac: Uint8Array
  /** TotalVFs of the SR-IOV capability of each port, 1 to 64; 64 unless given. */
  readonly numVfsMax?: number
  /** What the port is made for, and with it the device id; an SFP+ cage with an optical module unless given. */
  readonly media?: Media
  /**
   * Whether the card switches between its pools; true unless given. Without the switch the filters give frames from the wire to
   * pools, and all that a pool sends goes to the wire: PFDTXGSWC reads 0.
   */
  readonly embeddedSwitch?: boolean
  readonly timing?: {
    /** Time from asking for a burst of descriptors to having it, whole ns; `DMA_LATENCY_NS` unless given. */
    readonly dmaLatencyNs?: number
  }
}

/** A port of an Intel 82599: an adapter of its own. */
export interface Intel82599 {
  /** The physical function, 8086:10FB or what the media say. Virtual functions, 10ED, come out of its SR-IOV capability. */
  readonly pf: PciFunction
  /** The cage for the cable: connect the peer to it. It takes every frame; what the chip has no room for is counted there. */
  readonly wire: Port
  /** 64-bit counters of what became of every frame, apart from the chip's statistics registers; see `LOSSES`. */
  readonly counters: Counters
  /** Turns the port's MAC on or off, as pulling the cable does; on at first. Raises the link change. */
  setLink(on: boolean): void
  /** Says that the cable's state, the peer's `up`, has changed: the chip looks again and raises the link change. */
  linkChanged(): void
  /** Copies of frames that are inside the chip now. */
  readonly inFlight: number
  /**
   * All that the chip remembers, between two turns of its scheduler, as plain data that `JSON.stringify` and `structuredClone` keep. The
   * memory of its functions and what is at the far end of the cable are not the chip's.
   */
  save(): unknown
  /**
   * Takes over what a chip with the same options has saved, and goes on as that would, in that chip's time. The data are untrusted: a
   * state that cannot be is refused with a `StateError`, and the chip is as before.
   */
  restore(untrusted: unknown): void
}

/** Builds a chip with one port in its power-on state. Throws a `RangeError` on an address or a number of functions that cannot be. */
export function createIntel82599(options: Intel82599Options): Intel82599 {
  return createIntel82599Card(options, 1)[0]
}

/**
 * Builds a card with 1 or 2 ports in its power-on state; port n is its function n. They are separate adapters with their own
 * virtual functions, switches and wires. What they share is the EEPROM and the locks between their drivers (SWSM, SW_FW_SYNC). On the
 * bus they stand next to each other: at routing ids of function 0 and 1. Throws as `createIntel82599`.
 */
export function createIntel82599Card(options: Intel82599Options, ports: number): readonly Intel82599[] {
  const { mac, name } = options
  const vfs = options.numVfsMax ?? LIMITS.vfs
  const dmaLatencyNs = options.timing?.dmaLatencyNs ?? DMA_LATENCY_NS
  checkCard({ name, mac, ports, vfs, dmaLatencyNs }, LIMITS.vfs)
  const macs = Array.from({ length: ports }, (_, port) => portAddress(mac, port))
  const eeprom = new Eeprom(macs)
  const locks = new CardLocks()
  return macs.map((_, port) => createPort(options, port, { ports, vfs, dmaLatencyNs, eeprom, locks }))
}

function createPort(
  options: Intel82599Options,
  port: number,
  card: Pick<ChipParts, 'vfs' | 'dmaLatencyNs' | 'eeprom' | 'locks'> & { readonly ports: number },
): Intel82599 {
  const { ports, vfs, dmaLatencyNs, eeprom, locks } = card
  const chip = new Chip({
    arena: options.arena,
    scheduler: options.scheduler,
    name: ports === 1 ? options.name : `${options.name}.${port}`,
    mac: options.mac,
    place: { port, ports },
    eeprom,
    locks,
    vfs,
    embeddedSwitch: options.embeddedSwitch ?? true,
    media: options.media ?? 'sfp',
    dmaLatencyNs,
  })
  const { wire } = chip.transmit
  return {
    pf: chip.pf,
    wire,
    counters: chip.counters,
    setLink: (on) => {
      wire.enabled = on
      chip.linkChanged()
    },
    linkChanged: () => chip.linkChanged(),
    save: () => chip.save(),
    restore: (untrusted) => chip.restore(untrusted),
    get inFlight() {
      return chip.receive.pending + wire.fifo.count
    },
  }
}
