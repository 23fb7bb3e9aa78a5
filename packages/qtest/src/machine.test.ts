import { expect, test } from 'vitest'
import { haltFirmware, machineArguments, ramRanges } from './machine.js'

const GIB = 2 ** 30

test('RAM is one range until it would reach into the PCI windows, then two', () => {
  expect(ramRanges(64)).toEqual([{ start: 0x100000, end: 64 * 2 ** 20 }])
  expect(ramRanges(2815)).toHaveLength(1)
  expect(ramRanges(3072)).toEqual([
    { start: 0x100000, end: 2 * GIB },
    { start: 4 * GIB, end: 5 * GIB },
  ])
})

test('the firmware halts at the reset vector, 16 bytes below its end', () => {
  expect([...haltFirmware().subarray(-16, -12)]).toEqual([0xfa, 0xf4, 0xeb, 0xfd])
})

test('the NIC is plugged into the cable', () => {
  const line = machineArguments({ memoryMib: 64, nic: 'vmxnet3' }, '/f').join(' ')
  expect(line).toContain('-device vmxnet3,netdev=cable,addr=4')
  expect(line).toContain('path=/f/cable')
})
