import { Extended, findExtended, Header as ConfigHeader } from '@npa/pci'
import type { PciFunction } from '@npa/pci'
import { barRegisters, isWide } from './bar-layout.js'
import { BEYOND } from './guest-memory.js'
import { Region } from './protocol.js'

/** Bytes of a conventional and of an Express configuration space. */
const CONVENTIONAL = 256
const EXPRESS = 4096
const BARS_END = ConfigHeader.bar0 + 4 * Region.bars

/**
 * QEMU takes a copy of configuration space in one read and hides SR-IOV, by its id in that copy, from the guest; the ids that the guest
 * reads come from here. So the copy shows the id of a capability that QEMU passes on: vendor-specific.
 */
const VENDOR_SPECIFIC = 0x0b
const LONGEST_GUEST_ACCESS = 4

/**
 * The regions of a function as vfio numbers them: its BARs and its configuration space. The sizes are asked from the function
 * once, as system software does: by writing all ones into each BAR.
 */
export class FunctionRegions {
  readonly #fn: PciFunction
  /** The BAR registers. */
  readonly #placed = new Uint32Array(Region.bars)
  /** Of the SR-IOV capability that the guest is to see, 0 for none. */
  readonly #sriovAt: number
  /** Bytes by region index, 0 for one that is not there. */
  readonly sizes: readonly number[]

  /** `sriov`: the guest is to see the function's SR-IOV capability. */
  constructor(fn: PciFunction, sriov: boolean) {
    this.#fn = fn
    this.#sriovAt = sriov ? findExtended(fn, Extended.sriov) : 0
    const sizes = new Array<number>(Region.count).fill(0)
    for (const [bar, { bytes }] of barRegisters(fn, ConfigHeader.bar0).entries()) sizes[bar] = bytes
    sizes[Region.config] = fn.configRead(0x100, 4) === 0xffffffff ? CONVENTIONAL : EXPRESS
    this.sizes = sizes
  }

  /** Whether an access is one that a region takes: anywhere in configuration space, 1, 2, 4 or 8 bytes of a BAR. */
  legal(region: number, offset: number, count: number): boolean {
    if (region >= Region.count || offset < 0 || count === 0 || offset + count > this.sizes[region]) return false
    return region === Region.config || count === 1 || count === 2 || count === 4 || count === 8
  }

  /** A legal read into `to`. */
  read(region: number, offset: number, count: number, to: Buffer, at: number): void {
    if (region === Region.config) {
      for (let i = 0; i < count; i++) to[at + i] = this.#configByte(offset + i)
      const id = this.#sriovAt - offset
      if (this.#sriovAt !== 0 && count > LONGEST_GUEST_ACCESS && id >= 0 && id < count) to[at + id] = VENDOR_SPECIFIC
      return
    }
    let done = 0
    while (done < count) {
      const size = step(count - done)
      const value = this.#fn.barRead(region, offset + done, size)
      to.writeUIntLE(value, at + done, size)
      done += size
    }
  }

  /** A legal write of the bytes at `at`. */
  write(region: number, offset: number, count: number, from: Buffer, at: number): void {
    let done = 0
    while (done < count) {
      const left = count - done
      const size = region === Region.config ? aligned(offset + done, left) : step(left)
      const value = from.readUIntLE(at + done, size)
      if (region === Region.config) this.#fn.configWrite(offset + done, size, value)
      else this.#fn.barWrite(region, offset + done, size, value)
      done += size
    }
    if (region === Region.config && offset < BARS_END && offset + count > ConfigHeader.bar0) this.#place()
  }

  /**
   * Where a memory BAR stands, 0 while it has no address, or one where no bus reaches: what was written last. A reset clears the function's registers, but the
   * client keeps the BARs of its guest to itself and does not write them again.
   */
  address(bar: number): number {
    const low = this.#placed[bar]
    const high = isWide(low) ? this.#placed[bar + 1] : 0
    const address = high * 4294967296 + ((low & ~0xf) >>> 0)
    return address < BEYOND ? address : 0
  }

  #place(): void {
    for (let bar = 0; bar < Region.bars; bar++) this.#placed[bar] = this.#fn.configRead(ConfigHeader.bar0 + 4 * bar, 4)
  }

  /** INTx would need an event descriptor, so no pin is told. */
  #configByte(offset: number): number {
    return offset === ConfigHeader.interruptPin ? 0 : this.#fn.configRead(offset, 1)
  }
}

function step(left: number): 1 | 2 | 4 {
  return left >= 4 ? 4 : left >= 2 ? 2 : 1
}

function aligned(offset: number, left: number): 1 | 2 | 4 {
  return offset % 4 === 0 && left >= 4 ? 4 : offset % 2 === 0 && left >= 2 ? 2 : 1
}
