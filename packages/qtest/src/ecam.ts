import { assignBars, enableFunction, Header } from '@npa/pci'
import type { BarPlace, ConfigAccess } from '@npa/pci'
import type { Qtest } from './qtest-protocol.js'

/** Where q35's configuration space is mapped once `enableEcam` has run: 4 KiB a function, 256 buses. */
const ECAM_BASE = 0xb0000000

/** The PCIEXBAR register of q35's host bridge 00:00.0 (Intel Q35 datasheet, 5.1.16); bit 0 enables it. */
const PCIEXBAR = 0x60

/** Ports of PCI's first configuration mechanism. */
const CONFIG_ADDRESS = 0xcf8
const CONFIG_DATA = 0xcfc

/** Maps configuration space at `ECAM_BASE`, as firmware does. */
export function enableEcam(qtest: Qtest): void {
  const write = (offset: number, value: number): void => {
    qtest.outl(CONFIG_ADDRESS, 0x80000000 | offset)
    qtest.outl(CONFIG_DATA, value)
  }
  write(PCIEXBAR + 4, 0)
  write(PCIEXBAR, ECAM_BASE | 1)
}

/** Configuration space of the function at a routing id, through ECAM. */
export class EcamConfig implements ConfigAccess {
  readonly #qtest: Qtest
  readonly #base: number

  constructor(qtest: Qtest, rid: number) {
    this.#qtest = qtest
    this.#base = ECAM_BASE + rid * 4096
  }

  configRead(offset: number, size: 1 | 2 | 4): number {
    const address = this.#base + offset
    if (size === 4) return this.#qtest.readl(address)
    return size === 2 ? this.#qtest.readw(address) : this.#qtest.readb(address)
  }

  configWrite(offset: number, size: 1 | 2 | 4, value: number): void {
    const address = this.#base + offset
    if (size === 4) this.#qtest.writel(address, value)
    else if (size === 2) this.#qtest.writew(address, value)
    else this.#qtest.writeb(address, value)
  }
}

/** A range of addresses, given out from the bottom and never taken back. */
class Window {
  readonly #name: string
  #next: number
  readonly #end: number
  constructor(name: string, start: number, end: number) {
    this.#name = name
    this.#next = start
    this.#end = end
  }
  allocate(bytes: number, align: number): number {
    const start = Math.ceil(this.#next / align) * align
    if (start + bytes > this.#end) throw new RangeError(`${this.#name}: no room for ${bytes} bytes`)
    this.#next = start + bytes
    return start
  }
}

/**
 * Does the firmware's work for the only function behind the root complex: sizes its BARs, gives them addresses in the windows that q35 leaves
 * to PCI, and switches memory decoding and bus mastering on.
 */
export function placeFunction(config: ConfigAccess): readonly BarPlace[] {
  const low = new Window('memory window below 4 GiB', 0xc0000000, 0xfec00000)
  const high = new Window('64-bit memory window', 0x80_0000_0000, 0x100_0000_0000)
  const places = assignBars(config, Header.bar0, 1, low, high)
  enableFunction(config)
  return places
}
