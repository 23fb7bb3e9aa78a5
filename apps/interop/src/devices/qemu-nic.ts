import path from 'node:path'
import { Hub } from '@npa/link-partner'
import { FrameSocket } from '@npa/qtest'
import { GUEST_MAC } from './device.js'
import type { JudgedDevice } from './device.js'

/** One of QEMU's own models in a slot, a reference. */
function qemuNic(model: string, slot: string): JudgedDevice {
  return {
    name: `qemu ${model}`,
    plug: async ({ folder }) => {
      const file = path.join(folder, 'cable')
      const cable = await FrameSocket.listen(file, (frame) => hub.deliver(frame))
      const hub = new Hub((frame) => {
        try {
          cable.send(frame)
        } catch {
          // The guest is not there yet, or no more: the frame is lost as on a cable.
        }
      })
      const netdev = `stream,id=n0,server=off,addr.type=unix,addr.path=${file}`
      const device = `${model},netdev=n0,mac=${GUEST_MAC},addr=${slot},romfile=`
      return { arguments: ['-netdev', netdev, '-device', device], hub, close: () => cable.close() }
    },
  }
}

export const qemuVmxnet3: JudgedDevice = qemuNic('vmxnet3', '4')

/** The 82576. Its virtual functions, of which Linux takes 7, come by themselves; in this slot they stay on bus 0. */
export const qemuIgb: JudgedDevice = qemuNic('igb', '2')
