import { Mismatch, same } from '../check.js'
import type { Chapter } from '../check.js'

const CAPABILITY = {
  control: 8,
  initialVfs: 0x0c,
  totalVfs: 0x0e,
  numVfs: 0x10,
  offset: 0x14,
  stride: 0x16,
  device: 0x1a,
  pages: 0x1c,
  pageSize: 0x20,
}
const MSIX = 0x11
const EXPRESS = 0x10
const FLR_CAPABLE = 1 << 28

/** Offset of a capability in the first 256 bytes, or 0. */
async function capability(fn: { configRead(offset: number, size: 1): Promise<number> }, id: number): Promise<number> {
  let at = await fn.configRead(0x34, 1)
  for (let steps = 0; at >= 0x40 && steps < 48; steps++) {
    if ((await fn.configRead(at, 1)) === id) return at
    at = await fn.configRead(at + 1, 1)
  }
  return 0
}

/** How the functions show themselves on the bus (82576 9.4 to 9.7; 82599 9.3 to 9.5). */
export const sriovCapability: Chapter = {
  name: 'SR-IOV capability',
  questions: [
    {
      name: 'the PF is an Ethernet controller of Intel with MSI-X and PCI Express',
      section: '82576 9.4; 82599 9.3',
      ask: async ({ pf, family }) => {
        same('vendor', await pf.configRead(0, 2), 0x8086)
        const device = await pf.configRead(2, 2)
        if (!family.pci.devices.includes(device))
          throw new Mismatch(`device ${device.toString(16)} is no ${family.name}`)
        same('class', await pf.configRead(0x0a, 2), 0x0200)
        same('has MSI-X', (await capability(pf, MSIX)) > 0, true)
        same('has PCI Express', (await capability(pf, EXPRESS)) > 0, true)
      },
    },
    {
      name: 'how many virtual functions, of which device, and where',
      section: '82576 9.6.4; 82599 9.4.4',
      ask: async (bench) => {
        const { pf, family } = bench
        const at = await bench.sriov()
        same('has the capability', at > 0, true)
        const read = (offset: number): Promise<number> => pf.configRead(at + offset, 2)
        same('TotalVFs', await read(CAPABILITY.totalVfs), family.pci.totalVfs)
        same('InitialVFs', await read(CAPABILITY.initialVfs), family.pci.totalVfs)
        same('NumVFs', await read(CAPABILITY.numVfs), 0)
        same('VF device', await read(CAPABILITY.device), family.pci.vfDevice)
        same('First VF offset', await read(CAPABILITY.offset), 0x80)
        same('VF stride', await read(CAPABILITY.stride), 2)
        same('supports pages of 4 KiB', (await pf.configRead(at + CAPABILITY.pages, 4)) & 1, 1)
        same('System page size', await pf.configRead(at + CAPABILITY.pageSize, 4), 1)
      },
    },
    {
      name: 'NumVFs cannot change while there are virtual functions',
      section: 'SR-IOV 1.1, 3.3.7',
      ask: async (bench) => {
        await bench.enableVfs(2)
        const at = await bench.sriov()
        await bench.pf.configWrite(at + CAPABILITY.numVfs, 2, 1)
        same('NumVFs', await bench.pf.configRead(at + CAPABILITY.numVfs, 2), 2)
      },
    },
    {
      name: 'a virtual function has no identity of its own, three vectors, and says what it says of its reset',
      section: '82576 9.7; 82599 9.5',
      ask: async (bench) => {
        await bench.enableVfs(2)
        const [, vf] = bench.vfs
        same('vendor and device', await vf.configRead(0, 4), 0xffffffff)
        const msix = await capability(vf, MSIX)
        same('vectors', ((await vf.configRead(msix + 2, 2)) & 0x7ff) + 1, bench.family.pci.vfVectors)
        const express = await capability(vf, EXPRESS)
        const flr = ((await vf.configRead(express + 4, 4)) & FLR_CAPABLE) !== 0
        same('FLR capable', flr, bench.family.pci.vfResetAdvertised)
      },
    },
  ],
}
