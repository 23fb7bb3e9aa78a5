import type { DmaBlock, DriverPlatform } from '@npa/core'
import { Bar, Cmd, Pt, QUEUE_ENTRY_BYTES, RxDesc, RxMode, RxQueue, Shared, SHARED_MAGIC } from '@npa/vmxnet3-spec'
import { TxDesc, TxQueue, Vd } from '@npa/vmxnet3-spec'

const RING = 32
const BUFFER = 2048

/** The vector of both queues. */
export const QUEUE_VECTOR = 0

const EVENT_VECTOR = 1

/**
 * The least program that makes a vmxnet3 move frames (vmxnet3.md §14), with no shell and no plugin: one queue each way, rings of 32, every
 * ring in a block of its own.
 */
export class BareVmxnet3 {
  readonly txComp: DmaBlock
  readonly rxComp: DmaBlock
  readonly buffers: DmaBlock
  readonly #platform: DriverPlatform
  readonly #txRing: DmaBlock
  readonly #blocks: DmaBlock[] = []
  #sent = 0

  constructor(platform: DriverPlatform) {
    this.#platform = platform
    const alloc = (bytes: number): DmaBlock => {
      const block = platform.allocDma(bytes, 512)
      block.syncForDevice(0, bytes)
      this.#blocks.push(block)
      return block
    }
    const shared = alloc(Shared.bytes)
    const queues = alloc(2 * QUEUE_ENTRY_BYTES)
    this.#txRing = alloc(RING * 16)
    this.txComp = alloc(RING * 16)
    const rxRing = alloc(RING * 16)
    const rxBodies = alloc(RING * 16)
    this.rxComp = alloc(2 * RING * 16)
    this.buffers = alloc(2 * RING * BUFFER)
    for (let slot = 0; slot < RING - 1; slot++) {
      rxRing.i32[slot * 4] = this.buffers.lo + slot * BUFFER
      rxRing.i32[slot * 4 + 1] = this.buffers.hi
      rxRing.i32[slot * 4 + 2] = BUFFER | RxDesc.gen
    }
    const address = (of: DmaBlock, offset: number, block: DmaBlock): void => {
      of.i32.set([block.lo, block.hi], offset >> 2)
    }
    const tx = 0
    const rx = QUEUE_ENTRY_BYTES
    address(queues, tx + TxQueue.ringAddress, this.#txRing)
    address(queues, tx + TxQueue.compRingAddress, this.txComp)
    queues.i32.set([RING, 0, RING], (tx + TxQueue.ringSize) >> 2)
    address(queues, rx + RxQueue.ringAddress, rxRing)
    address(queues, rx + RxQueue.ringAddress + 8, rxBodies)
    address(queues, rx + RxQueue.compRingAddress, this.rxComp)
    queues.i32.set([RING, RING, 2 * RING], (rx + RxQueue.ringSize) >> 2)
    queues.u8[tx + TxQueue.interrupt] = queues.u8[rx + RxQueue.interrupt] = QUEUE_VECTOR
    shared.i32[Shared.magic >> 2] = SHARED_MAGIC
    shared.i32.set([1, 5, 1, 1], Shared.driverVersion >> 2)
    address(shared, Shared.queueTableAddress, queues)
    shared.i32.set([queues.bytes, 1500, 1 | (1 << 16) | (1 << 24)], Shared.queueTableLength >> 2)
    shared.u8.set([1, 2, EVENT_VECTOR], Shared.autoMask)
    shared.i32[Shared.rxMode >> 2] = RxMode.unicast | RxMode.broadcast
    for (const block of [rxRing, queues, shared]) block.syncForDevice(0, block.bytes)
    this.control(Vd.dsal, shared.lo)
    this.control(Vd.dsah, shared.hi)
  }

  /** Writes a control register. */
  control(register: number, value: number): void {
    this.#platform.bar(Bar.control).write32(register, value)
  }

  command(command: number): number {
    this.control(Vd.cmd, command)
    return this.#platform.bar(Bar.control).read32(Vd.cmd)
  }

  /** ACTIVATE_DEV's result; on success receiving is open and the queues' vector is not masked. */
  activate(): number {
    const result = this.command(Cmd.activateDev)
    if (result !== 0) return result
    this.command(Cmd.updateRxMode)
    const data = this.#platform.bar(Bar.data)
    data.write32(Pt.rxProd, RING - 1)
    data.write32(Pt.imr + QUEUE_VECTOR * Pt.stride, 0)
    return 0
  }

  /** Sends one frame; at most 31 in the life of this program. */
  send(frame: Uint8Array): void {
    const at = RING * BUFFER
    this.buffers.u8.set(frame, at)
    this.buffers.syncForDevice(at, frame.length)
    const desc = this.#sent++ * 4
    this.#txRing.i32.set(
      [this.buffers.lo + at, this.buffers.hi, frame.length | TxDesc.gen, TxDesc.eop | TxDesc.cq],
      desc,
    )
    this.#txRing.syncForDevice(desc * 4, 16)
    this.#platform.bar(Bar.data).write32(Pt.txProd, this.#sent)
  }

  free(): void {
    for (const block of this.#blocks) this.#platform.freeDma(block)
  }
}
