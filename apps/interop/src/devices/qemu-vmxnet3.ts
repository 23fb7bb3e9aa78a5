import path from 'node:path'
import { FrameSocket } from '@npa/qtest'
import { Hub } from '../peer/cable-device.js'
import { GUEST_MAC } from './device.js'
import type { JudgedDevice } from './device.js'

/** QEMU's own model, the reference. */
export const qemuVmxnet3: JudgedDevice = {
  name: 'qemu vmxnet3',
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
    const device = `vmxnet3,netdev=n0,mac=${GUEST_MAC},addr=4,romfile=`
    return { arguments: ['-netdev', netdev, '-device', device], hub, close: () => cable.close() }
  },
}
