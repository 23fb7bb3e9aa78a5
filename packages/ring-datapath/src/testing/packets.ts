import {
  BufferPool,
  CopyKernels,
  Doorbell,
  GenerationRing,
  HeadTailRing,
  PageChainedRing,
  SpscRing,
  WasmConsumer,
  WasmProducer,
} from '../index.js'

// A program: so many packets (its argument) through everything that this package has on a packet's way. It is run with the collector's trace.

const packets = Number(process.argv[2])
const BATCH = 32
const memory = new WebAssembly.Memory({ initial: 8, maximum: 8, shared: true })
const buffer = memory.buffer as SharedArrayBuffer
const words = new Int32Array(buffer)
const shape = { capacity: 64, recordWords: 4 }
const [JS, WASM, LIST, BUFFERS] = [65536, 2 * 65536, 3 * 65536, 4 * 65536]
const ring = SpscRing.create(buffer, JS, shape)
const producer = ring.producer()
const consumer = ring.consumer()
SpscRing.create(buffer, WASM, shape)
const wasmProducer = new WasmProducer(memory, WASM)
const wasmConsumer = new WasmConsumer(memory, WASM)
const bell = new Doorbell(buffer, 0)
const kernels = new CopyKernels(memory)
const pool = new BufferPool(BUFFERS, 1024, 64)
const records = new Int32Array(BATCH * 4)

const place = { words, count: 64, descriptorWords: 4 }
const headTail = new HeadTailRing({ ...place, first: 1024, doneWord: 3, doneBit: 1, tail: 64 })
const driver = headTail.driver()
const device = headTail.device()
const generation = new GenerationRing({ ...place, first: 2048, ownWord: 3, ownBit: 1 })
const writer = generation.writer()
const reader = generation.reader()
const chain = {
  ...place,
  first: 4096,
  pages: 4,
  perPage: 16,
  links: 1,
  baseLo: 0,
  baseHi: 0,
  produced: 65,
  consumed: 66,
}
const chained = new PageChainedRing(chain)
const chainWriter = chained.writer()
const chainReader = chained.reader()

function expectAll(count: number): void {
  if (count !== BATCH) throw new Error(`${count} of a batch of ${BATCH}`)
}

const ready = (): boolean => consumer.peek(1) > 0

/** 32 packets through each. */
function batch(): void {
  for (let i = 0; i < BATCH; i++) {
    const id = pool.take()
    records[i * 4] = id
    const entry = LIST / 4 + i * 4
    words[entry] = pool.at(id)
    words[entry + 1] = pool.at(63 - id)
    words[entry + 2] = 64
  }
  kernels.copySumEach(LIST, BATCH)
  expectAll(producer.burst(records, 0, BATCH))
  bell.ring()
  bell.until(ready)
  expectAll(consumer.burst(records, 0, BATCH))
  for (let i = 0; i < BATCH; i++) pool.give(records[i * 4])

  expectAll(wasmProducer.burst(LIST, BATCH))
  expectAll(wasmConsumer.burst(LIST, BATCH))

  for (let i = 0; i < BATCH; i++) words[driver.slot(i) + 3] = 0
  driver.post(BATCH)
  expectAll(device.fetch(BATCH))
  for (let i = BATCH - 1; i >= 0; i--) device.writeBack(i, 1)
  device.advance(BATCH)
  expectAll(driver.done(BATCH))
  driver.reap(BATCH)

  for (let i = BATCH - 1; i > 0; i--) words[writer.slot(i) + 3] = writer.own(i)
  writer.publish(BATCH, 0)
  expectAll(reader.peek(BATCH))
  reader.release(BATCH)
  writer.credit(BATCH)

  expectAll(chainWriter.reserve(BATCH))
  chainWriter.commit(BATCH)
  for (let left = BATCH; left > 0;) {
    const n = chainReader.peek(left)
    chainReader.release(n)
    left -= n
  }
}

for (let n = 0; n < packets; n += BATCH) batch()
