import { layOutWindow, Queue, State, windowBytes } from '@npa/plugin-api/guest'
import type { WindowRequest } from '@npa/plugin-api/guest'
import { digest } from '@npa/plugin-api/image'
import { Bar, Cmd, Event, Implementation, PluginConf, PluginStatus, Shared } from '@npa/vmxnet3-spec'
import { OWNER, RX_SLOT_WORDS, TX_SLOT_WORDS, vendorImage, VF } from './vendor-plugin.js'
import type { FakeVmxnet3 } from './vmxnet3.js'

const ALL_ONES = 0xffffffff

/** The other side of NPA for tests of the driver: offers a made-up VF, moves it through its life when told. */
export class FakeHypervisor {
  image: Uint8Array = vendorImage()
  /** Changes the laid out state before the driver sees it. */
  spoilWindow: ((window: Int32Array) => void) | undefined
  /** Answers LOAD_PLUGIN and ACTIVATE_VF with an error. */
  loadResult: number | undefined
  activateResult = 0
  /** Changes the configuration that LOAD_PLUGIN leaves. */
  spoilConf: ((conf: Int32Array) => void) | undefined
  readonly sent: Uint8Array[] = []
  loads = 0
  activations = 0
  /** The VF fetches no descriptors. */
  frozen = false
  /** The registers show behind BAR4. */
  mapped = false
  #window: Int32Array | undefined
  #interrupt = false
  #pending = false
  #txNext = 0
  #txTail = 0
  #rxNext = 0
  #rxTail = 0
  readonly #device: FakeVmxnet3

  constructor(device: FakeVmxnet3) {
    this.#device = device
    device.onCommand = (command) => this.#command(command)
    device.machine.bars[Bar.vf] = {
      read32: () => (this.mapped ? 0 : ALL_ONES),
      write32: (offset, value) => {
        if (this.mapped) this.#write(offset, value)
      },
    }
  }

  /** An offer; an earlier one is gone with it. */
  offer(): void {
    this.takeAway()
    this.#device.become(Implementation.offered)
  }

  /** The VF is initialised. */
  ready(): void {
    this.mapped = true
    this.#txNext = this.#txTail = this.#rxNext = this.#rxTail = 0
    this.#device.become(Implementation.ready)
  }

  passthrough(): void {
    this.#device.become(Implementation.passthrough)
  }

  /** No DMA after this. */
  quiesce(): void {
    this.frozen = true
    this.#device.become(Implementation.quiesced)
  }

  /** Registers and window go, whatever the driver does. */
  revoke(): void {
    this.takeAway()
    this.#device.active = false
    this.#device.become(Implementation.revoked)
  }

  /** Unmaps window and registers. */
  takeAway(): void {
    this.mapped = false
    this.#device.machine.overlay = undefined
    this.#window?.fill(-1)
    this.#window = undefined
  }

  /** The whole way into passthrough. */
  enter(): void {
    for (const step of [() => this.offer(), () => this.ready(), () => this.passthrough()]) {
      step()
      this.#device.machine.settle()
    }
  }

  /** A frame arrives at the VF; false: no buffer. */
  receive(bytes: Uint8Array): boolean {
    const window = this.#window
    if (window === undefined || this.#rxNext === this.#rxTail) return false
    const slot = this.#slot(window, State.rxQueue, this.#rxNext++, RX_SLOT_WORDS)
    const address = window[slot + 2] * 2 ** 32 + (window[slot + 1] >>> 0)
    this.#device.machine.memory(address, bytes.length).set(bytes)
    window[slot + 3] = bytes.length
    window[slot] = OWNER.driver
    this.#raise()
    return true
  }

  /** The VF fetches and sends at most `most` frames. */
  transmit(most: number = Infinity): void {
    const window = this.#window
    if (window === undefined) return
    for (let n = 0; n < most && this.#txNext !== this.#txTail; n++) {
      const slot = this.#slot(window, State.txQueue, this.#txNext++, TX_SLOT_WORDS)
      const bytes: number[] = []
      for (let i = 0; i < window[slot + 1]; i++) {
        const at = slot + 4 + i * 3
        const address = window[at + 1] * 2 ** 32 + (window[at] >>> 0)
        bytes.push(...this.#device.machine.memory(address, window[at + 2]))
      }
      this.sent.push(Uint8Array.from(bytes))
      window[slot] = OWNER.driver
    }
    this.#raise()
  }

  #slot(window: Int32Array, record: number, index: number, words: number): number {
    return (window[record + Queue.ringOffset] >> 2) + (index % window[record + Queue.ringSize]) * words
  }

  #raise(): void {
    if (!this.#interrupt) this.#pending = true
    else this.#device.machine.interrupt(0)
  }

  #write(offset: number, value: number): void {
    if (offset === VF.txTail) {
      this.#txTail = value
      if (!this.frozen) this.transmit()
    } else if (offset === VF.rxTail) this.#rxTail = value
    else if (offset === VF.interrupt) {
      this.#interrupt = value === 1
      if (!this.#interrupt || !this.#pending) return
      this.#pending = false
      this.#device.machine.interrupt(0)
    }
  }

  #command(command: number): number | undefined {
    switch (command) {
      case Cmd.loadPlugin:
        this.loads++
        return this.loadResult ?? this.#load()
      case Cmd.activateVf:
        this.activations++
        return this.activateResult
      case Cmd.activateDev:
        if (this.#device.implementation < Implementation.quiesced) return undefined
        this.takeAway()
        this.#device.implementation = Implementation.emulated
        this.frozen = false
        return undefined
      case Cmd.resetDev:
        this.takeAway()
        return undefined
      default:
        return undefined
    }
  }

  #load(): number {
    const { machine, shared } = this.#device
    const desc = machine.words(shared + Shared.pluginConf, 4)
    const conf = machine.words(desc[3] * 2 ** 32 + (desc[2] >>> 0), PluginConf.bytes >> 2)
    const word = (offset: number): number => conf[offset >> 2] >>> 0
    const address = (offset: number): number => word(offset + 4) * 2 ** 32 + word(offset)
    const size = { tx: word(PluginConf.txRingSize), rx: word(PluginConf.rxRingSize) }
    const request: WindowRequest = {
      tx: [{ size: size.tx, bytes: size.tx * TX_SLOT_WORDS * 4, interrupt: 0 }],
      rx: [{ size: size.rx, bytes: size.rx * RX_SLOT_WORDS * 4, interrupt: 0 }],
      interrupts: word(PluginConf.interrupts),
      sharedBytes: 64,
      privateBytes: 64,
      maxFrame: 1518,
    }
    const bytes = windowBytes(request)
    conf[PluginConf.imageLength >> 2] = this.image.length
    conf[PluginConf.windowLength >> 2] = bytes
    digest(this.image).forEach((byte, i) => {
      new DataView(conf.buffer, conf.byteOffset).setUint8(PluginConf.imageDigest + i, byte)
    })
    this.spoilConf?.(conf)
    if (word(PluginConf.imageCapacity) < this.image.length || word(PluginConf.windowCapacity) < bytes) {
      return PluginStatus.needMemory
    }
    machine.memory(address(PluginConf.imageAddress), this.image.length).set(this.image)
    const memory = new Uint8Array(bytes)
    this.#window = new Int32Array(memory.buffer)
    const at = address(PluginConf.windowAddress)
    layOutWindow(this.#window, at | 0, Math.floor(at / 2 ** 32), request)
    this.spoilWindow?.(this.#window)
    machine.overlay = { address: at, memory }
    return PluginStatus.loaded
  }

  /** An interrupt for a change that the driver may have seen already. */
  repeat(): void {
    this.#device.event(Event.implementation)
  }
}
