import { Arena } from '@npa/memory'
import { createIntel82599 } from '@npa/sriov-nic/intel-82599'
import { RealScheduler } from '@npa/vfio-user'
import { plugCard } from './card.js'
import { GUEST_MAC } from './device.js'
import type { JudgedDevice } from './device.js'

const ARENA_BYTES = 32 << 20

/** Our 82599, its physical function alone or with virtual ones. */
export const npa82599: JudgedDevice = {
  name: 'npa 82599',
  plug: (place) => {
    const arena = new Arena(ARENA_BYTES)
    const scheduler = new RealScheduler()
    const mac = Uint8Array.from(GUEST_MAC.split(':'), (byte) => parseInt(byte, 16))
    const chip = createIntel82599({ arena, scheduler, name: '82599', mac, numVfsMax: Math.max(place.vfs, 1) })
    return plugCard(chip, arena, scheduler, place)
  },
}
