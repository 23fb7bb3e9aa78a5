import { same } from '../check.js'
import type { Chapter } from '../check.js'

const SMBI = 1
const SWESMBI = 2

/** Locks between drivers, and between drivers and firmware (82576 4.6.12, 8.3; 82599 10.5.4, 8.2.3.3). */
export const semaphores: Chapter = {
  name: 'semaphores',
  questions: [
    {
      name: 'SWSM.SMBI is taken by reading it, and given back by writing 0',
      section: '82576 8.3.6; 82599 8.2.3.3.1',
      ask: async (bench) => {
        const { swsm } = bench.family
        same('the first read', (await bench.read(swsm)) & SMBI, 0)
        same('the second', (await bench.read(swsm)) & SMBI, SMBI)
        await bench.write(swsm, 0)
        same('after the release', (await bench.read(swsm)) & SMBI, 0)
      },
    },
    {
      name: 'SWSM.SWESMBI stays when software sets it',
      section: '82576 8.3.6; 82599 8.2.3.3.1',
      ask: async (bench) => {
        const { swsm } = bench.family
        await bench.write(swsm, SWESMBI)
        same('SWESMBI', (await bench.read(swsm)) & SWESMBI, SWESMBI)
        await bench.write(swsm, 0)
        same('after the release', (await bench.read(swsm)) & SWESMBI, 0)
      },
    },
    {
      name: 'the locks of resources keep what software writes',
      section: '82576 8.3.8; 82599 8.2.3.3.3',
      ask: async (bench) => {
        await bench.write(bench.family.softwareLocks, 0x3)
        same('locks', (await bench.read(bench.family.softwareLocks)) & 0x3, 3)
        await bench.write(bench.family.softwareLocks, 0)
        same('released', (await bench.read(bench.family.softwareLocks)) & 0x3, 0)
      },
    },
  ],
}
