import { VirtualScheduler } from '@npa/core'
import { Arena } from '@npa/memory'
import { enableFunction, enableMsix, functionBar, msixTableSize } from '@npa/pci'
import type { PciFunction } from '@npa/pci'
import { createIntel82576 } from '../../intel-82576/index.js'
import { createIntel82599 } from '../../intel-82599/index.js'
import { Far } from '../../intel/testing/far.js'
import { BUS, Side } from '../../intel/testing/side.js'
import type { ChipUnderTest, Family, FunctionUnderTest, RunningChip } from '../index.js'
import { FAMILY_82576, FAMILY_82599 } from '../index.js'

const MAC = Uint8Array.of(0x02, 0, 0, 0, 0, 0xff)
const SETTLE_NS = 200_000

/** A function of our models, its memory in an address space of its own. */
class OwnFunction implements FunctionUnderTest {
  readonly memory: number = BUS
  readonly #side: Side
  constructor(side: Side) {
    this.#side = side
  }
  configRead(offset: number, size: 1 | 2 | 4): Promise<number> {
    return Promise.resolve(this.#side.fn.configRead(offset, size))
  }
  configWrite(offset: number, size: 1 | 2 | 4, value: number): Promise<void> {
    this.#side.fn.configWrite(offset, size, value)
    return Promise.resolve()
  }
  read(bar: number, offset: number): Promise<number> {
    return Promise.resolve(this.#side.fn.barRead(bar, offset, 4) >>> 0)
  }
  write(bar: number, offset: number, value: number): Promise<void> {
    this.#side.fn.barWrite(bar, offset, 4, value >>> 0)
    return Promise.resolve()
  }
  load(offset: number, bytes: number): Promise<Uint8Array> {
    return Promise.resolve(this.#side.bytes(offset, bytes))
  }
  store(offset: number, bytes: Uint8Array): Promise<void> {
    this.#side.put(offset, bytes)
    return Promise.resolve()
  }
  enableMessages(): Promise<number> {
    const { fn } = this.#side
    const messages = Array.from({ length: msixTableSize(fn) }, (_, data) => ({
      addressLo: 0xfee00000,
      addressHi: 0,
      data,
    }))
    return Promise.resolve(enableMsix(fn, (bar) => functionBar(fn, bar), messages))
  }
  messages(): Promise<readonly number[]> {
    return Promise.resolve(this.#side.messages.splice(0))
  }
}

/** What our models have in common. */
interface Model {
  readonly pf: PciFunction
  readonly wire: Parameters<Far['connect']>[0]
  linkChanged(): void
}

class OwnChip implements RunningChip {
  readonly mac: Uint8Array = MAC
  readonly pf: FunctionUnderTest
  readonly #scheduler = new VirtualScheduler()
  readonly #far: Far
  readonly #arena = new Arena(8 << 20)
  readonly #model: Model
  #vfs: Side[] = []

  constructor(create: (parts: { arena: Arena; scheduler: VirtualScheduler; name: string; mac: Uint8Array }) => Model) {
    const model = create({ arena: this.#arena, scheduler: this.#scheduler, name: 'nic', mac: MAC })
    this.#model = model
    const now = (): number => this.#scheduler.nowNs()
    this.#far = new Far(this.#arena, now)
    this.#far.connect(model.wire)
    model.wire.connect(this.#far)
    const pf = new Side(this.#arena, 'pf', model.pf, now, (vfs) => {
      this.#vfs = vfs.map((vf, i) => new Side(this.#arena, `vf${i}`, vf, now, () => undefined))
    })
    enableFunction(model.pf)
    this.pf = new OwnFunction(pf)
  }

  vf(index: number): Promise<FunctionUnderTest> {
    enableFunction(this.#vfs[index].fn)
    return Promise.resolve(new OwnFunction(this.#vfs[index]))
  }
  send(frame: Uint8Array): Promise<void> {
    this.#far.put(frame)
    return Promise.resolve()
  }
  received(): Promise<readonly Uint8Array[]> {
    return Promise.resolve(this.#far.frames.splice(0))
  }
  cable(pluggedIn: boolean): Promise<void> {
    this.#far.up = pluggedIn
    this.#model.linkChanged()
    return Promise.resolve()
  }
  settle(): Promise<void> {
    return this.pass(SETTLE_NS)
  }
  pass(ns: number): Promise<void> {
    // Run until the time has come, not until nothing is left to do before it.
    const until = this.#scheduler.nowNs() + Math.ceil(ns)
    this.#scheduler.timer('suite', () => undefined).arm(until)
    this.#scheduler.run(() => false, until)
    return Promise.resolve()
  }
  close(): Promise<void> {
    return Promise.resolve()
  }
}

/** One of our models for the suite. */
function ownChip(family: Family): ChipUnderTest {
  const start = (): RunningChip =>
    family === FAMILY_82576 ? new OwnChip(createIntel82576) : new OwnChip((parts) => createIntel82599(parts))
  return { family, start: () => Promise.resolve(start()) }
}

export const OWN_CHIPS: readonly ChipUnderTest[] = [ownChip(FAMILY_82576), ownChip(FAMILY_82599)]
