import { Arena } from '@npa/memory'
import { Vmxnet3Device } from '@npa/vmxnet3-device'
import { RealScheduler, serveFunction } from '../index.js'
import { loadAccelerator } from '../koffi/index.js'

const [socket = 'nic.sock'] = process.argv.slice(2)
const arena = new Arena(1 << 20)
const scheduler = new RealScheduler()
const mac = Uint8Array.of(0x02, 0x11, 0x22, 0x33, 0x44, 0x55)
const fn = new Vmxnet3Device({ name: 'nic', arena, tasks: scheduler, mac })
const accelerator = await loadAccelerator()
const server = await serveFunction({ socket, accelerator, fn, arena, scheduler, log: (what) => console.log(what) })
process.once('SIGTERM', () => void server.close())
