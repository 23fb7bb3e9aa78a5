import type { InterruptController } from './interrupt-controller.js'
import type { InterruptRemapping } from './interrupt-remapping.js'
import type { MsiMessage, VectorSource } from './msi-message.js'

/** Vectors of a host for one requester behind the remapping table: what `allocate` returns is a handle of the table. */
export class RemappedVectors implements VectorSource {
  readonly #remapping: InterruptRemapping
  readonly #controller: InterruptController
  readonly #requester: number
  readonly #vectors = new Map<number, number>()

  constructor(remapping: InterruptRemapping, controller: InterruptController, requester: number) {
    this.#remapping = remapping
    this.#controller = controller
    this.#requester = requester
  }

  allocate(name: string, handler: () => void): number {
    const vector = this.#controller.allocate(name, handler)
    const handle = this.#remapping.allocate(this.#requester)
    this.#remapping.toVector(handle, this.#controller, vector)
    this.#vectors.set(handle, vector)
    return handle
  }

  release(handle: number): void {
    const vector = this.#vectors.get(handle)
    if (vector === undefined)
      throw new Error(`interrupt remapping: handle ${handle} is not of requester ${this.#requester}`)
    this.#vectors.delete(handle)
    this.#remapping.free(handle)
    this.#controller.release(vector)
  }

  messageOf(handle: number): MsiMessage {
    return this.#remapping.messageOf(handle)
  }
}
