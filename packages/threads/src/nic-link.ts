import type { VfPages } from '@npa/hypervisor'
import type { MsiTarget, RootComplex } from '@npa/pci'
import { Op } from '@npa/remote'
import type { MessageSender, RequestClient } from '@npa/remote'

/**
 * What a host keeps with its NIC for its guests' sake: which guest's register link leads to which VF, and which messages go to guests
 * directly. The NIC has done what is asked here when it returns.
 */
export class NicLink {
  readonly #client: RequestClient
  readonly #root: RootComplex
  readonly #rid: number
  readonly #targets: (MsiTarget | undefined)[]
  readonly #routed = new Set<number>()

  constructor(client: RequestClient, root: RootComplex, rid: number, guests: number) {
    this.#client = client
    this.#root = root
    this.#rid = rid
    this.#targets = new Array<MsiTarget | undefined>(guests).fill(undefined)
    root.remapping.follow((handle, entry) => {
      const guest = entry?.target === undefined ? -1 : this.#targets.indexOf(entry.target)
      if (entry !== undefined && entry.posted && guest >= 0) {
        this.#routed.add(handle)
        const { requester, addressLo, addressHi, data } = entry
        client.call(Op.route, this.#number(requester), handle, guest, addressLo, addressHi, data)
      } else if (this.#routed.delete(handle)) client.call(Op.unroute, handle, 0, 0, 0, 0, 0)
    })
  }

  /** Where a VF's interrupts for a guest are posted to: the NIC sends them, and what comes here all the same goes the host's way. */
  guestTarget(guest: number, interrupts: MessageSender): MsiTarget {
    const target = { message: (lo: number, hi: number, data: number) => interrupts.send(0, lo, hi, data) }
    this.#targets[guest] = target
    return target
  }

  mapVf(guest: number, vf: VfPages | undefined): void {
    if (vf === undefined) this.#client.call(Op.shutWindow, guest, 0, 0, 0, 0, 0)
    else this.#client.call(Op.openWindow, guest, this.#number(vf.routingId), vf.bar, 0, 0, 0)
  }

  /** The device's number of the function at a routing id. */
  #number(rid: number): number {
    return this.#root.vfs(this.#rid).indexOf(rid) + 1
  }
}
