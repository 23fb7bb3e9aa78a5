import type { Mmio } from '@npa/core'
import { enableMsix } from '@npa/pci'
import type { ConfigAccess } from '@npa/pci'
import { layOutWindow, Queue, RecvFlag, RecvFrame, SendInfo, SgList, State, windowBytes } from '@npa/plugin-api/guest'
import type { PluginApi, PluginMain, WindowRequest } from '@npa/plugin-api/guest'
import type { VfInfo, VfInit, VfRing } from '@npa/plugin-api/host'
import { MessagePage } from '@npa/qtest'
import type { Qtest } from '@npa/qtest'

/** Where things are in the guest's part of the machine's memory. */
const WINDOW = 0
const MESSAGES = 0x20000
const RX_BUFFERS = 0x40000
const TX_BUFFERS = 0x80000
const BUFFER_BYTES = 2048

const RING = 32
const MTU = 1500

/** A frame as the plugin handed it over. */
export interface GuestFrame {
  readonly bytes: Uint8Array
  /** -1 when no tag was taken out. */
  readonly vlan: number
  readonly ipXsum: number
  readonly l4Xsum: number
}

export interface VfGuestParts {
  readonly qtest: Qtest
  /** Start of 1 MiB of the machine's memory. */
  readonly memory: number
  readonly config: ConfigAccess
  readonly bar: (index: number) => Mmio
  readonly main: PluginMain
  readonly info: VfInfo
  readonly ringBytes: number
}

/** As much of a shell as sends, receives and polls: the plugin's window and buffers are memory of a machine in QEMU. */
export class VfGuest {
  readonly taken: GuestFrame[] = []
  /** Frames reported complete. */
  completed = 0
  readonly #parts: VfGuestParts
  readonly #window: Int32Array
  readonly #u8: Uint8Array
  readonly #api: PluginApi
  readonly #page: MessagePage
  readonly #free: number[] = Array.from({ length: 2 * RING }, (_, i) => i)
  /** The buffer behind an id. */
  readonly #lent = new Map<number, number>()
  #slot = 0

  constructor(parts: VfGuestParts) {
    const { qtest, memory, config, bar, info, ringBytes } = parts
    this.#parts = parts
    const rings = [{ size: RING, bytes: ringBytes, interrupt: 0 }]
    const { sharedBytes, privateBytes } = info
    const maxFrame = MTU + 18
    const request: WindowRequest = { tx: rings, rx: rings, interrupts: 1, sharedBytes, privateBytes, maxFrame }
    this.#window = new Int32Array(windowBytes(request) >> 2)
    this.#u8 = new Uint8Array(this.#window.buffer)
    layOutWindow(this.#window, memory + WINDOW, 0, request)
    this.#window.set(info.pluginData, State.deviceInfo)
    qtest.write(memory + WINDOW, this.#u8, 0, this.#u8.length)
    this.#page = new MessagePage(qtest, memory + MESSAGES, 1)
    enableMsix(config, bar, this.#page.messages())
    this.#api = this.#load()
  }

  /** What the PF driver is told of the rings. */
  get init(): VfInit {
    const w = this.#window
    const ring = (record: number): VfRing => ({
      lo: w[record + Queue.ringLo] >>> 0,
      hi: w[record + Queue.ringHi],
      offset: w[record + Queue.ringOffset],
      size: w[record + Queue.ringSize],
      bytes: w[record + Queue.ringBytes],
      interrupt: w[record + Queue.interrupt],
    })
    const sharedOffset = w[State.sharedOffset]
    return { tx: [ring(State.txQueue)], rx: [ring(State.rxQueue)], interrupts: 1, mtu: MTU, window: w, sharedOffset }
  }

  /** The VF is initialised: posts buffers and lets the interrupt fire. */
  start(): void {
    this.#api.addBuffersToRxRing(0)
    this.#api.enableInterrupt(0)
  }

  /** Looks for an interrupt, and polls when there was one. */
  step(): void {
    this.#page.collect(() => {
      this.#api.disableInterrupt(0)
      this.poll()
      this.#api.enableInterrupt(0)
    })
  }

  poll(): void {
    this.#api.checkTxRing(0)
    this.#api.checkRxRing(0, RING)
    this.#api.addBuffersToRxRing(0)
  }

  /** Sends a frame, its headers in a piece of their own; throws an `Error` when the ring is full. */
  send(bytes: Uint8Array, flags = 0, vlanTag = 0): void {
    const w = this.#window
    const info = w[State.sendInfoOffset] >> 2
    const list = w[State.sgListOffset] >> 2
    w[info + SendInfo.ipHeaderOffset] = 14
    w[info + SendInfo.l4HeaderOffset] = 34
    w[info + SendInfo.flags] = flags
    w[info + SendInfo.vlanTag] = vlanTag
    const pieces = [42, bytes.length - 42]
    w[list + SgList.elements] = pieces.length
    w[list + SgList.totalLength] = bytes.length
    let at = this.#parts.memory + TX_BUFFERS + (this.#slot++ % RING) * BUFFER_BYTES
    this.#parts.qtest.write(at, bytes, 0, bytes.length)
    pieces.forEach((length, i) => {
      w.set([at, 0, length], list + SgList.element + i * SgList.elementWords)
      at += length
    })
    if (this.#api.addFrameToTxRing(0, 1) !== 0) throw new Error('the ring is full')
  }

  /** The rings as they are in the machine's memory, to compare two moments. */
  rings(): Uint8Array {
    const from = Math.min(
      this.#window[State.txQueue + Queue.ringOffset],
      this.#window[State.rxQueue + Queue.ringOffset],
    )
    const bytes = new Uint8Array(2 * this.#parts.ringBytes)
    this.#parts.qtest.read(this.#parts.memory + WINDOW + from, bytes, 0, bytes.length)
    return bytes
  }

  #load(): PluginApi {
    const { qtest, memory, bar, main } = this.#parts
    const registers = bar(0)
    const api: Partial<PluginApi> = {}
    main(
      {
        window: this.#window,
        mmioRead32: (offset) => registers.read32(offset),
        mmioWrite32: (offset, value) => registers.write32(offset, value),
        syncForDevice: (offset, bytes) => qtest.write(memory + WINDOW + offset, this.#u8, offset, bytes),
        syncForCpu: (offset, bytes) => qtest.read(memory + WINDOW + offset, this.#u8, offset, bytes),
        shell: {
          allocSmallBuffer: (_, id) => this.#lend(id),
          allocLargeBuffer: () => 0,
          indicateRecv: () => this.#receive(),
          completeSend: (_, count) => {
            this.completed += count
          },
          log: (code, a, b) => {
            throw new Error(`the plugin says ${code} ${a} ${b}`)
          },
        },
      },
      api as PluginApi,
    )
    const ready = api as PluginApi
    if (ready.swInit() !== 0) throw new Error('swInit failed')
    ready.reinitTxRing(0)
    ready.reinitRxRing(0)
    return ready
  }

  #bufferAt(buffer: number): number {
    return this.#parts.memory + RX_BUFFERS + buffer * BUFFER_BYTES
  }

  #lend(id: number): number {
    const buffer = this.#free.shift()
    if (buffer === undefined) return 0
    this.#lent.set(id, buffer)
    this.#window[State.bufferLo] = this.#bufferAt(buffer)
    this.#window[State.bufferHi] = 0
    return 1
  }

  #receive(): void {
    const w = this.#window
    const at = w[State.recvFrameOffset] >> 2
    const bytes = new Uint8Array(w[at + RecvFrame.byteLength])
    let offset = 0
    for (let i = 0; i < w[at + RecvFrame.elements]; i++) {
      const id = w[at + RecvFrame.element + i * RecvFrame.elementWords]
      const length = w[at + RecvFrame.element + i * RecvFrame.elementWords + 1]
      const buffer = this.#lent.get(id)
      if (buffer === undefined) throw new Error(`the plugin never had buffer ${id}`)
      this.#lent.delete(id)
      this.#free.push(buffer)
      this.#parts.qtest.read(this.#bufferAt(buffer), bytes, offset, length)
      offset += length
    }
    const tagged = (w[at + RecvFrame.flags] & RecvFlag.vlan) !== 0
    const { ipXsum, l4Xsum, vlanTag } = RecvFrame
    this.taken.push({ bytes, vlan: tagged ? w[at + vlanTag] : -1, ipXsum: w[at + ipXsum], l4Xsum: w[at + l4Xsum] })
  }
}
