import type { StateIo } from '@npa/core'
import type { RegisterFile } from '../engine/register-file.js'

/** SWSM. */
const Swsm = { drivers: 1, writable: 3 } as const

/** Most ports of a card: functions 0 and 1. */
const MAX_PORTS = 2

/** Longest latency: a second. */
const MAX_LATENCY_NS = 1_000_000_000

/** Which port of a card a chip's half is. Its number is that of its function, and its LAN id. */
export interface PortPlace {
  readonly port: number
  /** Ports of the card. */
  readonly ports: number
}

/** What is asked of a card, whatever its chip. */
export interface CardWish {
  readonly name: string
  readonly mac: Uint8Array
  readonly ports: number
  readonly vfs: number
  /** One way, ns. */
  readonly dmaLatencyNs: number
}

/** Throws a `RangeError` for what no card is: of at most `mostVfs` virtual functions a port. */
export function checkCard({ name, mac, ports, vfs, dmaLatencyNs }: CardWish, mostVfs: number): void {
  if (!isWhole(ports, 1, MAX_PORTS)) throw new RangeError(`${name}: ${ports} ports, 1 to ${MAX_PORTS} are expected`)
  if (mac.length !== 6 || (mac[0] & 1) !== 0) throw new RangeError(`${name}: not a unicast address`)
  if (!isWhole(vfs, 1, mostVfs)) throw new RangeError(`${name}: ${vfs} virtual functions, 1 to ${mostVfs} are expected`)
  // Time goes in whole nanoseconds.
  if (!isWhole(dmaLatencyNs, 0, MAX_LATENCY_NS))
    throw new RangeError(
      `${name}: a DMA latency of ${dmaLatencyNs} ns, a whole number up to ${MAX_LATENCY_NS} is expected`,
    )
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}

/** The address of a port: that of port 0, with the last bit the other way round in port 1. */
export function portAddress(mac: Uint8Array, port: number): Uint8Array {
  const address = Uint8Array.from(mac)
  address[5] ^= port
  return address
}

/**
 * What the ports of a card have in common beside their EEPROM: the locks between their drivers, and between these and firmware (82599,
 * 10.5.4; 82576, 4.6.12). The reset of one port leaves them alone: its neighbour may hold them.
 */
export class CardLocks {
  /** SWSM: SMBI, SWESMBI. */
  swsm = 0
  /** SW_FW_SYNC, which headers of the 82599 call GSSR: who has which resource. */
  resources = 0

  /** Power, or the bus, was reset. */
  clear(): void {
    this.swsm = 0
    this.resources = 0
  }

  /** Every port's state has them: ports that are saved together say the same. */
  walkState(io: StateIo): void {
    this.swsm = io.integer('swsm', this.swsm, 0, Swsm.writable)
    this.resources = io.integer('resources', this.resources, 0, 0xffffffff)
  }

  /** Makes them the registers of a port. `resources` is the name of the one with the resources. */
  show(file: RegisterFile, resources: string): void {
    // SMBI: the first to read 0 has the semaphore.
    file.onRead('SWSM', () => {
      const before = this.swsm
      this.swsm |= Swsm.drivers
      return before
    })
    file.onWrite('SWSM', (_n, value) => (this.swsm = value & Swsm.writable))
    file.onRead(resources, () => this.resources)
    file.onWrite(resources, (_n, value) => (this.resources = value))
  }
}

/** FACTPS: a port is there, and its function in D0 and set up; six bits for each (82599, 8.2.3.4.12). */
const PRESENT = 0x6
const BITS_OF_PORT = 6

/** FACTPS of a card whose functions stand in the order of its ports. */
export function functionStates(ports: number): number {
  let states = 0
  for (let port = 0; port < ports; port++) states |= PRESENT << (port * BITS_OF_PORT)
  return states
}

/** LAN_ID, the same bits of STATUS in both chips. */
export function lanId(port: number): number {
  return port << 2
}
