import { Arena } from '@npa/memory'
import { createIntel82576 } from '@npa/sriov-nic/intel-82576'
import { RealScheduler } from '@npa/vfio-user'
import { plugCard } from './card.js'
import { GUEST_MAC } from './device.js'
import type { JudgedDevice } from './device.js'

const ARENA_BYTES = 16 << 20

/** Our 82576, its physical function alone or with virtual ones. */
export const npa82576: JudgedDevice = {
  name: 'npa 82576',
  plug: (place) => {
    const arena = new Arena(ARENA_BYTES)
    const scheduler = new RealScheduler()
    const mac = Uint8Array.from(GUEST_MAC.split(':'), (byte) => parseInt(byte, 16))
    const chip = createIntel82576({ arena, scheduler, name: '82576', mac, numVfsMax: Math.max(place.vfs, 1) })
    return plugCard(chip, arena, scheduler, place)
  },
}
