import type { Mmio } from '@npa/core'
import { assignBars, enableFunction, enableMsix, findExtended, msixTableSize, Extended, SriovCap } from '@npa/pci'
import type { AddressWindow, BarPlace } from '@npa/pci'
import { EcamConfig, enableEcam, MessagePage, NIC_RID, placeFunction, Qemu } from '@npa/qtest'
import { FAMILY_82576, MEMORY_BYTES } from '@npa/sriov-nic/suite'
import type { ChipUnderTest, FunctionUnderTest, RunningChip } from '@npa/sriov-nic/suite'

const MAC = Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x56)
const MEMORY_MIB = 64
/** Where the memory of function 0 begins, and how far apart those of functions are; their page for messages is behind it. */
const FIRST_MEMORY = 16 << 20
const MEMORY_STRIDE = 1 << 20
/** Turns of both event loops after which each has served what the other one sent. */
const TURNS = 8
/** For the virtual functions' BARs, away from where the PF's are. */
const LOW_WINDOW = 0xd0000000
const HIGH_WINDOW = 0x90_0000_0000

/** A function of a device in QEMU; its memory is a part of the machine's. */
class QemuFunction implements FunctionUnderTest {
  readonly memory: number
  readonly #qemu: Qemu
  readonly #config: EcamConfig
  readonly #places: readonly BarPlace[]
  #page: MessagePage | undefined

  constructor(qemu: Qemu, config: EcamConfig, places: readonly BarPlace[], index: number) {
    this.#qemu = qemu
    this.#config = config
    this.#places = places
    this.memory = FIRST_MEMORY + index * MEMORY_STRIDE
  }

  configRead(offset: number, size: 1 | 2 | 4): Promise<number> {
    return Promise.resolve(this.#config.configRead(offset, size))
  }

  configWrite(offset: number, size: 1 | 2 | 4, value: number): Promise<void> {
    this.#config.configWrite(offset, size, value)
    return Promise.resolve()
  }

  read(bar: number, offset: number): Promise<number> {
    return Promise.resolve(this.#qemu.qtest.readl(this.#at(bar, offset)))
  }

  write(bar: number, offset: number, value: number): Promise<void> {
    this.#qemu.qtest.writel(this.#at(bar, offset), value)
    return Promise.resolve()
  }

  load(offset: number, bytes: number): Promise<Uint8Array> {
    const to = new Uint8Array(bytes)
    this.#qemu.qtest.read(this.memory + offset, to, 0, bytes)
    return Promise.resolve(to)
  }

  store(offset: number, bytes: Uint8Array): Promise<void> {
    this.#qemu.qtest.write(this.memory + offset, bytes, 0, bytes.length)
    return Promise.resolve()
  }

  enableMessages(): Promise<number> {
    const { qtest } = this.#qemu
    const page = new MessagePage(qtest, this.memory + MEMORY_BYTES, msixTableSize(this.#config))
    this.#page = page
    const bar = (index: number): Mmio => ({
      read32: (offset) => qtest.readl(this.#at(index, offset)),
      write32: (offset, value) => qtest.writel(this.#at(index, offset), value),
    })
    return Promise.resolve(enableMsix(this.#config, bar, page.messages()))
  }

  messages(): Promise<readonly number[]> {
    const vectors: number[] = []
    this.#page?.collect((vector) => vectors.push(vector))
    return Promise.resolve(vectors)
  }

  #at(bar: number, offset: number): number {
    const place = this.#places.find(({ index }) => index === bar)
    if (place === undefined || offset + 4 > place.bytes) throw new RangeError(`no register ${offset} in BAR${bar}`)
    return place.address + offset
  }
}

function addresses(from: number): AddressWindow {
  let next = from
  return {
    allocate: (bytes, align) => {
      const start = Math.ceil(next / align) * align
      next = start + bytes
      return start
    },
  }
}

/** Why the cable stays where it is. */
const NO_MONITOR = 'the link of a NIC of QEMU is cut over its monitor, which this judge does not have'
const PULLED =
  'link: a cable that is pulled is no link, and what is sent meanwhile does not arrive; put back, frames pass'

class QemuIgb implements RunningChip {
  readonly mac: Uint8Array = MAC
  readonly pf: FunctionUnderTest
  readonly #qemu: Qemu
  readonly #out: Uint8Array[]
  readonly #vfBars: readonly BarPlace[]
  readonly #firstVf: number
  readonly #vfStride: number

  constructor(qemu: Qemu, out: Uint8Array[]) {
    this.#qemu = qemu
    this.#out = out
    enableEcam(qemu.qtest)
    const config = new EcamConfig(qemu.qtest, NIC_RID)
    this.pf = new QemuFunction(qemu, config, placeFunction(config), 0)
    const at = findExtended(config, Extended.sriov)
    const total = config.configRead(at + SriovCap.totalVfs, 2)
    this.#firstVf = NIC_RID + config.configRead(at + SriovCap.firstVfOffset, 2)
    this.#vfStride = config.configRead(at + SriovCap.vfStride, 2)
    this.#vfBars = assignBars(config, at + SriovCap.bar0, total, addresses(LOW_WINDOW), addresses(HIGH_WINDOW))
  }

  vf(index: number): Promise<FunctionUnderTest> {
    const config = new EcamConfig(this.#qemu.qtest, this.#firstVf + index * this.#vfStride)
    enableFunction(config)
    const places = this.#vfBars.map((place) => ({ ...place, address: place.address + index * place.bytes }))
    return Promise.resolve(new QemuFunction(this.#qemu, config, places, 1 + index))
  }

  send(frame: Uint8Array): Promise<void> {
    this.#qemu.cable.send(frame)
    return Promise.resolve()
  }

  async received(): Promise<readonly Uint8Array[]> {
    await this.settle()
    return this.#out.splice(0)
  }

  cable(): Promise<void> {
    return Promise.reject(new Error(NO_MONITOR))
  }

  /** The cable is a socket: a command and a turn of our event loop are as many of QEMU's, which serves its end of the cable in each. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) {
      await new Promise(setImmediate)
      this.#qemu.qtest.readl(FIRST_MEMORY)
    }
  }

  async pass(ns: number): Promise<void> {
    this.#qemu.qtest.clockStep(Math.ceil(ns))
    await this.settle()
  }

  close(): Promise<void> {
    return this.#qemu.close()
  }
}

/** QEMU's own 82576 for the suite; `binary` is a QEMU whose clock stands still. */
export function qemuIgb(binary: string): ChipUnderTest {
  const mac = Array.from(MAC, (byte) => byte.toString(16).padStart(2, '0')).join(':')
  return {
    family: FAMILY_82576,
    skips: { [PULLED]: NO_MONITOR },
    start: async () => {
      const out: Uint8Array[] = []
      const nic = `igb,mac=${mac}`
      return new QemuIgb(
        await Qemu.start({ binary, memoryMib: MEMORY_MIB, nic, receive: (frame) => out.push(frame) }),
        out,
      )
    },
  }
}
