import path from 'node:path'
import { Arena } from '@npa/memory'
import type { PciFunction } from '@npa/pci'
import { createIntel82599 } from '@npa/sriov-nic/intel-82599'
import type { Intel82599 } from '@npa/sriov-nic/intel-82599'
import { RealScheduler, serveFunction } from '@npa/vfio-user'
import type { FunctionServer } from '@npa/vfio-user'
import { Hub } from '../peer/cable-device.js'
import { GUEST_MAC } from './device.js'
import type { JudgedDevice, Place } from './device.js'
import { PortCable } from './port-cable.js'

const ARENA_BYTES = 32 << 20
/** Bus 0, so that virtual functions at the chip's offset and stride stay on it. */
export const PF_SLOT = '2'

/** A card in no slot yet, its cable in a hub. */
export interface Card {
  readonly chip: Intel82599
  readonly arena: Arena
  readonly scheduler: RealScheduler
  readonly hub: Hub
}

export function makeCard(): Card {
  const arena = new Arena(ARENA_BYTES)
  const scheduler = new RealScheduler()
  const mac = Uint8Array.from(GUEST_MAC.split(':'), (byte) => parseInt(byte, 16))
  const chip = createIntel82599({ arena, scheduler, name: '82599', mac })
  const cable = new PortCable(arena, scheduler, chip.wire)
  const hub = new Hub((frame) => cable.send(frame))
  cable.receive = (frame) => hub.deliver(frame)
  chip.linkChanged()
  return { chip, arena, scheduler, hub }
}

/** Serves one function of a card in a slot (`device` or `device.function`); with it, what QEMU must be told. */
export async function plugFunction(
  card: Card,
  fn: PciFunction,
  slot: string,
  { folder, memory }: Place,
): Promise<{ server: FunctionServer; arguments: readonly string[] }> {
  const socket = path.join(folder, `vfio-user-${slot}`)
  const { arena, scheduler } = card
  const server = await serveFunction({ socket, memory, fn, arena, scheduler })
  // Posted writes would save time, and make runs differ.
  const device = { driver: 'vfio-user-pci', socket: { path: socket, type: 'unix' }, 'x-no-posted-writes': true }
  return { server, arguments: ['-device', JSON.stringify({ ...device, addr: slot })] }
}

/** The physical function of our 82599, alone. */
export const npa82599: JudgedDevice = {
  name: 'npa 82599',
  plug: async (place) => {
    const card = makeCard()
    const { server, arguments: args } = await plugFunction(card, card.chip.pf, PF_SLOT, place)
    return {
      arguments: args,
      hub: card.hub,
      counters: () => card.chip.counters.snapshot(),
      close: async () => {
        await server.close()
        card.scheduler.stop()
      },
    }
  },
}
