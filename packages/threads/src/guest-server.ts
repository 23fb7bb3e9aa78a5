import type { Vm } from '@npa/hypervisor'
import { access, Op } from '@npa/remote'

/** The hypervisor's end of a guest's accesses: whatever the guest writes into its link is an access to its own vmxnet3, or nothing. */
export class GuestServer {
  readonly #vm: Vm
  readonly #bad: () => void

  /** `bad` counts requests that make no sense. */
  constructor(vm: Vm, bad: () => void) {
    this.#vm = vm
    this.#bad = bad
  }

  readonly request = (op: number, _a: number, b: number, c: number, d: number, e: number): number => {
    const vm = this.#vm
    switch (op) {
      case Op.translate:
        return d > 0 ? vm.space.span(b, c >>> 0, d, true) : -1
      case Op.configRead:
      case Op.configWrite:
      case Op.barRead:
      case Op.barWrite:
        vm.counts.exits++
        return access(vm.device, op, b, c, d, e)
      default:
        this.#bad()
        return -1
    }
  }
}
