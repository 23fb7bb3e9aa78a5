import { expect, test } from 'vitest'
import { CopyKernels, SpscRing, WasmConsumer, WasmProducer } from './index.js'

const GIB = 2 ** 30

/** All that WebAssembly can have; few of its pages are ever touched. Undefined where the machine has no addresses for it. */
function largest(): WebAssembly.Memory | undefined {
  try {
    return new WebAssembly.Memory({ initial: 65536, maximum: 65536, shared: true })
  } catch {
    return undefined
  }
}

const memory = largest()

test.skipIf(memory === undefined)('a ring beyond 2 GiB has records at addresses without a sign', () => {
  if (memory === undefined) return
  const at = 3 * GIB
  SpscRing.create(memory.buffer as SharedArrayBuffer, at, { capacity: 4, recordWords: 1 })
  const producer = new WasmProducer(memory, at)
  const consumer = new WasmConsumer(memory, at)
  const words = new Int32Array(memory.buffer)
  expect(producer.slot(0)).toBe(producer.begin)
  words[producer.slot(0) / 4] = 77
  producer.commit(1)
  expect(consumer.peek(1)).toBe(1)
  expect(words[consumer.slot(0) / 4]).toBe(77)
})

test.skipIf(memory === undefined)('copies from and to the last bytes of 4 GiB', () => {
  if (memory === undefined) return
  const kernels = new CopyKernels(memory)
  const u8 = new Uint8Array(memory.buffer)
  for (const bytes of [1, 15, 16, 20, 40, 63, 64, 100, 512, 513]) {
    const last = 4 * GIB - bytes
    u8.fill(bytes & 0xff, last)
    kernels.copy(8192, last, bytes)
    expect(u8.subarray(8192, 8192 + bytes).every((byte) => byte === (bytes & 0xff))).toBe(true)
    u8.fill(1, 8192, 8192 + bytes)
    kernels.copy(last, 8192, bytes)
    expect(u8.subarray(last).every((byte) => byte === 1)).toBe(true)
  }
})
