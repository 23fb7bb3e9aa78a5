import path from 'node:path'
import type { Counters } from '@npa/core'
import type { Arena } from '@npa/memory'
import { Hub, PortCable } from '@npa/link-partner'
import type { PciFunction } from '@npa/pci'
import { qemuArguments, serveCard, serveFunction } from '@npa/vfio-user'
import type { RealScheduler } from '@npa/vfio-user'
import type { Port } from '@npa/wire'
import type { Place, Plugged } from './device.js'
import { MailboxTap } from './mailbox-tap.js'

/** 00:02.0: virtual functions at the offset and stride of Intel's chips stay on bus 0. */
const PF_RID = 0x10

/** A card of ours with one port. */
export interface Card {
  readonly pf: PciFunction
  readonly wire: Port
  readonly counters: Counters
  linkChanged(): void
}

interface Served {
  readonly server: { close(): Promise<void> }
  readonly args: readonly string[]
  readonly handed?: readonly string[] | undefined
}

/** Serves a card, its cable in a hub: the physical function alone, or with virtual ones. */
export async function plugCard(card: Card, arena: Arena, scheduler: RealScheduler, place: Place): Promise<Plugged> {
  const { folder, ram, vfs } = place
  const cable = new PortCable(arena, scheduler, card.wire)
  const hub = new Hub((frame) => cable.send(frame))
  cable.receive = (frame) => hub.deliver(frame)
  card.linkChanged()
  const tap = new MailboxTap(card.pf)
  const { server, args, handed } = await serve(tap.pf)
  return {
    arguments: args,
    handed,
    hub,
    counters: () => ({ ...card.counters.snapshot(), 'drop.cable': cable.lost }),
    agreed: () => tap.lines(),
    setLink: (on) => {
      cable.up = on
      card.linkChanged()
    },
    close: async () => {
      await server.close()
      scheduler.stop()
    },
  }

  async function serve(pf: PciFunction): Promise<Served> {
    const common = { ...ram, arena, scheduler }
    if (vfs > 0) {
      const away = place.handed
      const handed = new Map(away === undefined ? [] : [[away.vf, away.memory ?? '']])
      const server = await serveCard({ ...common, folder, pf, rid: PF_RID, handed })
      const other = away && server.handed.get(away.vf)?.qemuArguments
      return { server, args: server.qemuArguments, handed: other }
    }
    const socket = path.join(folder, 'vfio-user')
    const server = await serveFunction({ ...common, socket, fn: pf })
    return { server, args: qemuArguments([{ socket, rid: PF_RID }]) }
  }
}
