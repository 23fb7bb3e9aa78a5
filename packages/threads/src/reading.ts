import type { LaneLog, RoleFigures } from '@npa/scenario'
import type { Crew } from './crew.js'

/** What all threads had counted at an instant at which nothing was under way. */
export interface Reading {
  readonly wallMs: number
  readonly cpuNs: RoleFigures
  readonly sent: number
  readonly sentBytes: number
  readonly deliveredBytes: number
  readonly vmExits: number
  readonly interrupts: number
  readonly copies: number
  readonly dmaBytes: number
  /** What each guest noted of every lane since the last reading. */
  readonly logs: readonly (readonly LaneLog[])[]
}

/** Reads all threads. */
export async function read(crew: Crew): Promise<Reading> {
  const { nics, hosts, guests } = crew
  const wallMs = performance.now()
  const nicFigures = await Promise.all(nics.map((nic) => nic.call('figures')))
  const hostFigures = await Promise.all(hosts.map((host) => host.call('figures')))
  const guestFigures = await Promise.all(guests.map((guest) => guest.call('figures')))
  const logs = await Promise.all(guests.map((guest) => guest.call('logs')))
  const cpu = async (members: readonly { call(name: 'cpuNs'): Promise<number | undefined> }[]): Promise<number> => {
    const times = await Promise.all(members.map((member) => member.call('cpuNs')))
    return total(times, (ns) => ns ?? 0)
  }
  return {
    wallMs,
    cpuNs: { guest: await cpu(guests), host: await cpu(hosts), nic: await cpu(nics) },
    sent: total(guestFigures, (one) => one.sent),
    sentBytes: total(guestFigures, (one) => one.sentBytes),
    deliveredBytes: total(guestFigures, (one) => one.deliveredBytes),
    vmExits: total(hostFigures, (one) => one.vmExits),
    interrupts: total(guestFigures, (one) => one.interrupts),
    copies: total(hostFigures, (one) => one.copies),
    dmaBytes: total(nicFigures, (one) => one.dmaBytes),
    logs,
  }
}

/** A figure for each role. */
export function roleFigures(of: (role: keyof RoleFigures) => number): RoleFigures {
  return { guest: of('guest'), host: of('host'), nic: of('nic') }
}

function total<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0)
}
