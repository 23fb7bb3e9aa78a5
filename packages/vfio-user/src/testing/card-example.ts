import { Arena } from '@npa/memory'
import { createIntel82599 } from '@npa/sriov-nic/intel-82599'
import { RealScheduler, serveCard } from '../index.js'

const [folder = '.', memory = '/dev/shm/guest'] = process.argv.slice(2)
const arena = new Arena(8 << 20)
const scheduler = new RealScheduler()
const mac = Uint8Array.of(0x02, 0x11, 0x22, 0x33, 0x44, 0x55)
const { pf } = createIntel82599({ name: 'card', arena, scheduler, mac, numVfsMax: 4 })
const log = (which: string, what: string): void => console.log(which, what)
const card = await serveCard({ folder, memory, pf, arena, scheduler, log })
console.log(card.qemuArguments.map((word) => (word.startsWith('{') ? `'${word}'` : word)).join(' '))
process.once('SIGTERM', () => void card.close())
