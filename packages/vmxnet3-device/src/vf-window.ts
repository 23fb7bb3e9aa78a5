import type { Mmio } from '@npa/core'

/**
 * BAR4: where the register pages of a VF appear. While nothing is mapped it reads all ones and ignores writes. `onChange` is the
 * hypervisor's nested page table: a guest platform that follows it reaches the VF's registers without passing through the device.
 */
export class VfWindow implements Mmio {
  #vf: Mmio | undefined
  readonly #followers: ((vf: Mmio | undefined) => void)[] = []

  get vf(): Mmio | undefined {
    return this.#vf
  }

  map(vf: Mmio): void {
    this.#become(vf)
  }

  unmap(): void {
    this.#become(undefined)
  }

  /** Calls `changed` with what is mapped, now and after every change. */
  onChange(changed: (vf: Mmio | undefined) => void): void {
    this.#followers.push(changed)
    changed(this.#vf)
  }

  read32(offset: number): number {
    return this.#vf === undefined ? 0xffffffff : this.#vf.read32(offset)
  }

  write32(offset: number, value: number): void {
    this.#vf?.write32(offset, value)
  }

  #become(vf: Mmio | undefined): void {
    if (vf === this.#vf) return
    this.#vf = vf
    for (const changed of this.#followers) changed(vf)
  }
}
