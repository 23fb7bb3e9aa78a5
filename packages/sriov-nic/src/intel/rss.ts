import { Toeplitz } from '@npa/wire'
import type { RegisterFile } from '../engine/register-file.js'
import type { RxLayers } from './rx-classify.js'

const TCP = 6
const UDP = 17
const KEY_WORDS = 10

/** Receive-side scaling of the 82576 and 82599 family: MRQC's fields, RSSRK and RETA (82599, 7.1.2.8). */
export class Rss {
  readonly #values: Uint32Array
  readonly #hash = new Toeplitz()
  readonly #mrqc: number
  readonly #reta: number
  readonly #key: number
  /** The hash that `hash` has found. */
  last = 0

  constructor(file: RegisterFile) {
    this.#values = file.values
    this.#mrqc = file.word('MRQC')
    this.#reta = file.word('RETA')
    this.#key = file.word('RSSRK')
    file.onWrite('RSSRK', (n, value) => {
      file.set('RSSRK', n, value)
      this.#hash.key(n, value)
    })
  }

  /** Takes the key from its registers, which were reset or restored. */
  refresh(): void {
    for (let n = 0; n < KEY_WORDS; n++) this.#hash.key(n, this.#values[this.#key + n])
  }

  /** RSS type of a frame (0: not hashed), and its hash in `last`. */
  hash(u8: Uint8Array, layers: RxLayers): number {
    if (layers.addresses < 0) return 0
    const fields = this.#values[this.#mrqc] >>> 16
    const v6 = layers.addressBytes === 32
    const tcp = layers.ports >= 0 && layers.protocol === TCP && (fields & (v6 ? 0x20 : 0x01)) !== 0
    const udp = layers.ports >= 0 && layers.protocol === UDP && (fields & (v6 ? 0x80 : 0x40)) !== 0
    if (!tcp && !udp && (fields & (v6 ? 0x10 : 0x02)) === 0) return 0
    this.last = this.#hash.hash(u8, layers.addresses, layers.addressBytes, 0, 0)
    if (tcp || udp) this.last = this.#hash.hash(u8, layers.ports, 4, layers.addressBytes, this.last)
    if (tcp) return v6 ? 3 : 1
    if (udp) return v6 ? 8 : 7
    return v6 ? 5 : 2
  }

  /** The entry of the redirection table for a hash. */
  redirect(hash: number): number {
    const entry = hash & 0x7f
    return (this.#values[this.#reta + (entry >> 2)] >>> ((entry & 3) * 8)) & 0xf
  }
}
