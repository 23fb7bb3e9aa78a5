import { frameSegments, VirtualScheduler } from '@npa/core'
import { RangeAllocator } from '@npa/memory'
import { NIC_RID, Qemu, QtestPlatform } from '../index.js'
import { Vmxnet3Shell } from '@npa/vmxnet3-shell'

const wire: Uint8Array[] = []
const qemu = await Qemu.start({ memoryMib: 64, nic: 'vmxnet3', receive: (frame) => wire.push(frame) })
const memory = new RangeAllocator('guest RAM', qemu.ram[0].start, qemu.ram[0].end)
const platform = new QtestPlatform({ qtest: qemu.qtest, rid: NIC_RID, memory, clock: new VirtualScheduler() })
const driver = new Vmxnet3Shell(platform, {})
driver.open()

const frame = frameSegments()
frame.count = 1
frame.buffer[0] = driver.buffers.alloc()
frame.length[0] = 60
driver.transmit(frame)
driver.flush()
while (wire.length === 0) {
  platform.step()
  await new Promise(setImmediate)
}
console.log(`QEMU sent ${wire[0].length} bytes`)

driver.close()
await qemu.close()
