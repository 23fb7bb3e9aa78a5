import { expect, test } from 'vitest'
import { RemoteBlock } from './dma-blocks.js'
import { Qtest } from './qtest-protocol.js'
import { FakeMachine } from './testing/fake-machine.js'

test('a sync moves the bytes asked for, one way, and no others', () => {
  const fake = new FakeMachine()
  const block = new RemoteBlock(new Qtest(fake), 0x1_0000_0040, 16)
  expect([block.lo, block.hi, block.bytes]).toEqual([0x40, 1, 16])
  block.i32.fill(0x11111111)
  block.syncForDevice(4, 4)
  expect(fake.bytes(0x1_0000_0040, 16)).toEqual([0, 0, 0, 0, 0x11, 0x11, 0x11, 0x11, 0, 0, 0, 0, 0, 0, 0, 0])
  fake.poke(
    0x1_0000_0040,
    Array.from({ length: 16 }, (_, i) => i),
  )
  block.syncForCpu(6, 3)
  expect([...block.u8.subarray(4, 12)]).toEqual([0x11, 0x11, 6, 7, 8, 0x11, 0x11, 0x11])
})

test('the copy can lie in memory of the caller', () => {
  const fake = new FakeMachine()
  const memory = new Uint8Array(64)
  const block = new RemoteBlock(new Qtest(fake), 0x1000, 6, memory.subarray(16, 24))
  block.i32[0] = 0x04030201
  expect([...memory.subarray(16, 20)]).toEqual([1, 2, 3, 4])
  block.syncForDevice(0, 6)
  expect(fake.bytes(0x1000, 6)).toEqual([1, 2, 3, 4, 0, 0])
})

test('a sync outside the block is refused and moves nothing', () => {
  const fake = new FakeMachine()
  const block = new RemoteBlock(new Qtest(fake), 0x1000, 10)
  expect(() => block.syncForDevice(8, 3)).toThrow(RangeError)
  expect(() => block.syncForCpu(-1, 2)).toThrow('sync of 2 bytes at -1 in a DMA block of 10')
  expect(fake.commands).toEqual([])
})
