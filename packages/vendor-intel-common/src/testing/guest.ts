import type { Mmio } from '@npa/core'
import { AddressSpace, PAGE } from '@npa/memory'
import { disableBusMaster, disableMsix, enableFunction, enableMsix, InterruptController } from '@npa/pci'
import { layOutWindow, Queue, RecvFlag, RecvFrame, SendInfo, SgList, State, windowBytes } from '@npa/plugin-api/guest'
import type { PluginApi, WindowRequest } from '@npa/plugin-api/guest'
import type { PtOp, PtResult, PtStatus } from '@npa/plugin-api/host'
import type { Machine } from './machine.js'

type Answer = [status: PtStatus, result: PtResult]

const WINDOW = 0x10_0000
const BUFFERS = 0x100_0000
const BUFFER_BYTES = 2048
const TX_AT = 0x300_0000
const TX_SLOT = 16384
const TX_SLOTS = 256

export interface Taken {
  readonly bytes: Uint8Array
  readonly vlan: number
  readonly ipXsum: number
  readonly l4Xsum: number
  readonly pieces: number
}

export interface SendOptions {
  readonly pieces?: readonly number[]
  readonly flags?: number
  readonly ip?: number
  readonly l4?: number
  readonly vlanTag?: number
  /** More follow at once: no doorbell. */
  readonly more?: boolean
}

/** A VM with the plugin on a VF: guest RAM, window and vectors, and as much of a shell as sends, receives and polls. */
export class Guest {
  readonly machine: Machine
  readonly api: PluginApi
  readonly vf: number
  readonly window: Int32Array
  readonly taken: Taken[] = []
  /** Frames reported complete. */
  completed = 0
  placed = 0
  /** Polls by interrupt; off: the guest does not look. */
  polling = true
  interruptsSeen = 0
  readonly #space: AddressSpace
  readonly #rid: number
  readonly #ram: number
  readonly #ringSize: number
  /** Guest address of the buffer behind an id. */
  readonly #buffers = new Map<number, number>()
  readonly #free: number[] = []
  #slot = 0

  /** Takes a VF up to `init`, and posts buffers; no filter points at it yet. */
  constructor(machine: Machine, { mtu = 1500, ringSize = 64 }: { mtu?: number; ringSize?: number } = {}) {
    this.machine = machine
    this.#ringSize = ringSize
    const { arena, root, driver, scheduler } = machine
    this.#ram = arena.allocate(0x80_0000)
    this.#space = new AddressSpace('guest')
    const bytes = 2 * ringSize * BUFFER_BYTES
    this.#space.map(BUFFERS, bytes, this.#ram)
    this.#space.map(TX_AT, TX_SLOT * TX_SLOTS, this.#ram + bytes)
    for (let i = 0; i < 2 * ringSize; i++) this.#free.push(BUFFERS + i * BUFFER_BYTES)
    const features = { rxChecksum: true, rxVlanStrip: true }
    const acquired = this.run({
      op: 'acquire',
      properties: { mtu, txQueues: 1, rxQueues: 1, interrupts: 1, features },
    })
    this.vf = acquired[1].vf ?? -1
    const { info } = this.run({ op: 'getInfo', vf: this.vf })[1]
    if (info === undefined) throw new Error('no information')
    this.#rid = info.routingId
    const ringBytes = driver.ringBytes('tx', ringSize)
    const rings = [{ size: ringSize, bytes: ringBytes, interrupt: 0 }]
    const { sharedBytes, privateBytes } = info
    const request: WindowRequest = {
      tx: rings,
      rx: rings,
      interrupts: 1,
      sharedBytes,
      privateBytes,
      maxFrame: mtu + 18,
    }
    const length = Math.ceil(windowBytes(request) / PAGE) * PAGE
    const at = arena.allocate(length)
    this.window = arena.i32.subarray(at >> 2, (at + length) >> 2)
    layOutWindow(this.window, WINDOW, 0, request)
    this.window.set(info.pluginData, State.deviceInfo)
    this.#space.map(WINDOW, length, at)
    root.port(this.#rid).assign(this.#space)
    enableFunction(root.config(this.#rid))
    const interrupts = new InterruptController('guest', scheduler, scheduler, 500)
    const vector = interrupts.allocate('vf', () => this.#interrupt())
    const handle = root.remapping.allocate(this.#rid)
    const message = interrupts.messageOf(vector)
    root.remapping.post(handle, interrupts, message.addressLo, message.addressHi, message.data)
    const registers = (bar: number) => root.mmio(this.#rid, bar)
    enableMsix(root.config(this.#rid), registers, [root.remapping.messageOf(handle)])
    this.api = this.#load()
    this.run({
      op: 'init',
      vf: this.vf,
      init: {
        tx: [this.#ring(State.txQueue)],
        rx: [this.#ring(State.rxQueue)],
        interrupts: 1,
        mtu,
        window: this.window,
        sharedOffset: this.window[State.sharedOffset],
      },
    })
    this.api.addBuffersToRxRing(0)
    this.api.enableInterrupt(0)
  }

  /** Runs an operation of the PF driver to its end; throws when it is not ok. */
  run(op: PtOp): Answer {
    const answer = this.ask(op)
    if (answer[0] !== 'ok') throw new Error(`${op.op}: ${answer[0]}`)
    return answer
  }

  ask(op: PtOp): Answer {
    let answer: Answer | undefined
    this.machine.driver.start(op, (...result) => (answer = result))
    this.machine.until(() => answer !== undefined)
    return answer ?? ['failure', {}]
  }

  /** Activates the VF and points the address at it, at one instant. */
  activate(mac: Uint8Array): void {
    this.run({ op: 'activate', vf: this.vf })
    this.run({
      op: 'setRxMode',
      vf: this.vf,
      mode: { unicast: true, multicast: true, broadcast: true, allMulticast: false, promiscuous: false },
    })
    this.run({ op: 'setMac', vf: this.vf, mac })
  }

  /** Places a frame; false when the ring is full. */
  send(bytes: Uint8Array, options: SendOptions = {}): boolean {
    const { pieces = [bytes.length], flags = 0, ip = 14, l4 = 34, vlanTag = 0, more = false } = options
    const w = this.window
    const info = w[State.sendInfoOffset] >> 2
    const list = w[State.sgListOffset] >> 2
    w[info + SendInfo.ipHeaderOffset] = ip
    w[info + SendInfo.l4HeaderOffset] = l4
    w[info + SendInfo.flags] = flags
    w[info + SendInfo.vlanTag] = vlanTag
    w[list + SgList.elements] = pieces.length
    w[list + SgList.totalLength] = bytes.length
    let at = TX_AT + (this.#slot++ % TX_SLOTS) * TX_SLOT
    this.machine.arena.u8.set(bytes, this.#arena(at, bytes.length))
    pieces.forEach((piece, i) => {
      w.set([at, 0, piece], list + SgList.element + i * SgList.elementWords)
      at += piece
    })
    const placed = this.api.addFrameToTxRing(0, more ? 0 : 1) === 0
    if (placed) this.placed++
    return placed
  }

  /** One round of the shell's bottom half. */
  poll(): void {
    this.api.checkTxRing(0)
    this.api.checkRxRing(0, 64)
    this.api.addBuffersToRxRing(0)
  }

  /** The registers of the VF, as a guest has them. */
  get registers(): Mmio {
    return this.machine.root.mmio(this.#rid, 0)
  }

  /** Gives the VF back, as a hypervisor does. */
  leave(): void {
    const { root } = this.machine
    disableMsix(root.config(this.#rid))
    disableBusMaster(root.config(this.#rid))
    root.port(this.#rid).assign(undefined)
    this.run({ op: 'release', vf: this.vf })
  }

  /** Descriptors' words of a ring, as they are now. */
  ringWords(kind: 'tx' | 'rx'): Int32Array {
    const record = kind === 'tx' ? State.txQueue : State.rxQueue
    const at = this.window[record + Queue.ringOffset] >> 2
    return this.window.slice(at, at + this.#ringSize * 4)
  }

  #interrupt(): void {
    this.interruptsSeen++
    this.api.disableInterrupt(0)
    if (!this.polling) return
    this.poll()
    this.api.enableInterrupt(0)
  }

  #load(): PluginApi {
    const mmio = this.registers
    const api: Partial<PluginApi> = {}
    this.machine.vendor.main(
      {
        window: this.window,
        mmioRead32: (offset) => mmio.read32(offset),
        mmioWrite32: (offset, value) => mmio.write32(offset, value),
        syncForDevice: () => undefined,
        syncForCpu: () => undefined,
        shell: {
          allocSmallBuffer: (_, id) => this.#lend(id),
          allocLargeBuffer: () => 0,
          indicateRecv: () => this.#receive(),
          completeSend: (_, count) => {
            this.completed += count
          },
          log: (code, a, b) => {
            throw new Error(`plugin: ${code} ${a} ${b}`)
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

  #ring(record: number): {
    lo: number
    hi: number
    offset: number
    size: number
    bytes: number
    interrupt: number
  } {
    const w = this.window
    return {
      lo: w[record + Queue.ringLo] >>> 0,
      hi: w[record + Queue.ringHi],
      offset: w[record + Queue.ringOffset],
      size: w[record + Queue.ringSize],
      bytes: w[record + Queue.ringBytes],
      interrupt: w[record + Queue.interrupt],
    }
  }

  #lend(id: number): number {
    const address = this.#free.shift()
    if (address === undefined) return 0
    if (this.#buffers.has(id)) throw new Error(`id ${id} is lent already`)
    this.#buffers.set(id, address)
    this.window[State.bufferLo] = address
    this.window[State.bufferHi] = 0
    return 1
  }

  #receive(): void {
    const w = this.window
    const at = w[State.recvFrameOffset] >> 2
    const pieces = w[at + RecvFrame.elements]
    const bytes = new Uint8Array(w[at + RecvFrame.byteLength])
    let offset = 0
    for (let i = 0; i < pieces; i++) {
      const id = w[at + RecvFrame.element + i * RecvFrame.elementWords]
      const length = w[at + RecvFrame.element + i * RecvFrame.elementWords + 1]
      const address = this.#buffers.get(id)
      if (address === undefined) throw new Error(`id ${id} is not lent`)
      const from = this.#arena(address, length)
      bytes.set(this.machine.arena.u8.subarray(from, from + length), offset)
      offset += length
      this.#buffers.delete(id)
      this.#free.push(address)
    }
    this.taken.push({
      bytes,
      vlan: (w[at + RecvFrame.flags] & RecvFlag.vlan) === 0 ? -1 : w[at + RecvFrame.vlanTag],
      ipXsum: w[at + RecvFrame.ipXsum],
      l4Xsum: w[at + RecvFrame.l4Xsum],
      pieces,
    })
  }

  #arena(address: number, bytes: number): number {
    return this.#space.span(address, 0, bytes, true)
  }
}
