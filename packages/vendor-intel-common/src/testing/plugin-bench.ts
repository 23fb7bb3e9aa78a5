import { layOutWindow, Queue, RecvFrame, SendInfo, SgList, State, windowBytes } from '@npa/plugin-api/guest'
import type { PluginApi, PluginEnv, PluginMain, WindowRequest } from '@npa/plugin-api/guest'
import { DESCRIPTOR_WORDS, DeviceInfo, PRIVATE_BYTES, RING_LAYOUT, ringBytes } from '../layout/index.js'

/** A frame as the plugin indicated it. */
export interface Indicated {
  readonly handle: number
  readonly bytes: number
  readonly flags: number
  readonly tag: number
  readonly ipXsum: number
  readonly l4Xsum: number
  readonly pieces: readonly (readonly [id: number, bytes: number])[]
}

const TX_HANDLE = 0x7100
export const RX_HANDLE = 0x7200

/** The plugin alone: a window with one queue each way, a shell that writes down, registers that only remember. */
export class PluginBench {
  readonly window: Int32Array
  readonly env: PluginEnv
  readonly api: PluginApi
  /** Register writes in order. */
  readonly writes: [offset: number, value: number][] = []
  /** Sync calls in order. */
  readonly syncs: string[] = []
  readonly indicated: Indicated[] = []
  readonly completed: number[] = []
  readonly logged: number[] = []
  /** Ids that the plugin asked buffers for. */
  readonly posted: number[] = []
  buffers = 1_000_000
  readonly ringSize: number

  constructor(main: PluginMain, ringSize = 32, queues = 1) {
    this.ringSize = ringSize
    const ring = (interrupt: number): { size: number; bytes: number; interrupt: number } => {
      return { size: ringSize, bytes: ringBytes(ringSize), interrupt }
    }
    const rings = Array.from({ length: queues }, (_, i) => ring(i))
    const request: WindowRequest = {
      tx: rings,
      rx: rings,
      interrupts: queues,
      sharedBytes: 0,
      privateBytes: PRIVATE_BYTES,
      maxFrame: 1518,
    }
    this.window = new Int32Array(new SharedArrayBuffer(windowBytes(request)))
    layOutWindow(this.window, 0x40000000, 2, request)
    for (let i = 0; i < queues; i++) {
      this.window[State.txQueue + i * Queue.words + Queue.handle] = TX_HANDLE + i
      this.window[State.rxQueue + i * Queue.words + Queue.handle] = RX_HANDLE + i
    }
    this.window[State.deviceInfo + DeviceInfo.layout] = RING_LAYOUT
    this.window[State.deviceInfo + DeviceInfo.throttle] = 0x28
    this.env = {
      window: this.window,
      mmioRead32: () => 0,
      mmioWrite32: (offset, value) => void this.writes.push([offset, value]),
      syncForDevice: (offset, bytes) => void this.syncs.push(`device ${offset - this.#ringAt(offset)}+${bytes}`),
      syncForCpu: (offset, bytes) => void this.syncs.push(`cpu ${offset - this.#ringAt(offset)}+${bytes}`),
      shell: {
        allocSmallBuffer: (_, id) => this.#alloc(id),
        allocLargeBuffer: () => 0,
        indicateRecv: (handle) => this.#indicate(handle),
        completeSend: (_, count) => void this.completed.push(count),
        log: (code) => void this.logged.push(code),
      },
    }
    const nothing = (): number => 1
    this.api = {
      swInit: nothing,
      reinitRxRing: nothing,
      reinitTxRing: nothing,
      enableInterrupt: nothing,
      disableInterrupt: nothing,
      addFrameToTxRing: nothing,
      checkTxRing: nothing,
      checkRxRing: nothing,
      addBuffersToRxRing: nothing,
    }
    main(this.env, this.api)
  }

  start(): this {
    this.api.swInit()
    this.api.reinitTxRing(0)
    this.api.reinitRxRing(0)
    return this
  }

  /** Word index of a descriptor. */
  tx(index: number): number {
    return (this.window[State.txQueue + Queue.ringOffset] >> 2) + index * DESCRIPTOR_WORDS
  }

  rx(index: number): number {
    return (this.window[State.rxQueue + Queue.ringOffset] >> 2) + index * DESCRIPTOR_WORDS
  }

  /** The four words of a descriptor, unsigned. */
  words(at: number): number[] {
    return [...this.window.subarray(at, at + 4)].map((word) => word >>> 0)
  }

  /** Fills in the records as a shell does, and asks for the frame to be sent. */
  send(lengths: readonly number[], info: Partial<Record<keyof typeof SendInfo, number>> = {}, last = 1): number {
    const record = this.window[State.sendInfoOffset] >> 2
    const list = this.window[State.sgListOffset] >> 2
    this.window.fill(0, record, record + SendInfo.words)
    for (const [name, value] of Object.entries(info)) this.window[record + SendInfo[name as 'flags']] = value
    this.window[list + SgList.elements] = lengths.length
    this.window[list + SgList.totalLength] = lengths.reduce((sum, bytes) => sum + bytes, 0)
    lengths.forEach((bytes, i) => {
      const element = list + SgList.element + i * SgList.elementWords
      this.window[element] = 0x1000 * (i + 1)
      this.window[element + 1] = 5
      this.window[element + 2] = bytes
    })
    return this.api.addFrameToTxRing(0, last)
  }

  /** What the device writes back for a received piece. */
  receive(index: number, type: number, status: number, bytes: number, tag = 0): void {
    this.window.set([type, 0, status, (tag << 16) | bytes], this.rx(index))
  }

  /** What the device writes back for a sent frame. */
  complete(index: number): void {
    this.window.set([0, 0, 0, 1], this.tx(index))
  }

  #ringAt(offset: number): number {
    const rx = this.window[State.rxQueue + Queue.ringOffset]
    return offset >= rx ? rx : this.window[State.txQueue + Queue.ringOffset]
  }

  #alloc(id: number): number {
    if (this.buffers === 0) return 0
    this.buffers--
    this.posted.push(id)
    this.window[State.bufferLo] = 0x10000 + id * 2048
    this.window[State.bufferHi] = 7
    return 1
  }

  #indicate(handle: number): void {
    const at = this.window[State.recvFrameOffset] >> 2
    const word = (name: 'byteLength'): number => this.window[at + RecvFrame[name]]
    this.indicated.push({
      handle,
      bytes: word('byteLength'),
      flags: this.window[at + RecvFrame.flags],
      tag: this.window[at + RecvFrame.vlanTag],
      ipXsum: this.window[at + RecvFrame.ipXsum],
      l4Xsum: this.window[at + RecvFrame.l4Xsum],
      pieces: Array.from({ length: this.window[at + RecvFrame.elements] }, (_, i) => {
        const element = at + RecvFrame.element + i * RecvFrame.elementWords
        return [this.window[element], this.window[element + 1]] as const
      }),
    })
  }
}
