import { Queue, SendFlag, SendInfo, SgList, State } from '@npa/plugin-api/guest'
import type { PluginEnv } from '@npa/plugin-api/guest'
import { DESC_BYTES, DESC_WORDS, Pt, TxComp, TxDesc, TxOffload } from '@npa/vmxnet3-spec'
import { syncForDevice } from './software-sync.js'
import { softwareRingBytes, txCompOffset } from './software-rings.js'

/** Bytes from the L4 header to its checksum field. */
const UDP_CHECKSUM = 6
const TCP_CHECKSUM = 16

/** Code of a log entry: a transmit completion that names no descriptor in flight (queue, index). */
const LOG_BAD_TX_COMPLETION = 1

/** One emulated transmit queue (vmxnet3.md §6, §7). One slot stays unused, so that a full ring differs from an empty one. */
export class SoftwareTxQueue {
  readonly #env: PluginEnv
  readonly #queue: number
  readonly #handle: number
  readonly #size: number
  readonly #bytes: number
  /** Word offsets in the window. */
  readonly #ring: number
  readonly #comp: number
  readonly #info: number
  readonly #sg: number
  /** Next slot to fill, and the first that the doorbell has not told of. */
  #fill = 0
  #rung = 0
  /** First slot not yet completed. */
  #done = 0
  /** `TxDesc.gen` or 0. */
  #gen: number = TxDesc.gen
  #compNext = 0
  #compGen = 1
  /** Frames in the ring: bounds what a device can claim to have completed. */
  #frames = 0

  constructor(env: PluginEnv, queue: number) {
    const { window } = env
    const record = State.txQueue + queue * Queue.words
    this.#env = env
    this.#queue = queue
    this.#handle = window[record + Queue.handle]
    this.#size = window[record + Queue.ringSize]
    this.#bytes = softwareRingBytes('tx', this.#size)
    this.#ring = window[record + Queue.ringOffset] >> 2
    this.#comp = this.#ring + (txCompOffset(this.#size) >> 2)
    this.#info = window[State.sendInfoOffset] >> 2
    this.#sg = window[State.sgListOffset] >> 2
  }

  reinit(): void {
    this.#fill = this.#rung = this.#done = this.#compNext = this.#frames = 0
    this.#gen = TxDesc.gen
    this.#compGen = 1
    this.#env.window.fill(0, this.#ring, this.#ring + (this.#bytes >> 2))
    this.#env.syncForDevice(this.#ring * 4, this.#bytes)
  }

  add(last: number): number {
    const window = this.#env.window
    const size = this.#size
    const count = window[this.#sg + SgList.elements]
    if (count > (this.#done + size - this.#fill - 1) % size) return 1
    const first = this.#ring + this.#fill * DESC_WORDS
    // the first descriptor is not the device's before the rest is written
    let gen = this.#gen ^ TxDesc.gen
    let at = this.#fill
    for (let i = 0; i < count; i++) {
      const desc = this.#ring + at * DESC_WORDS
      const element = this.#sg + SgList.element + i * SgList.elementWords
      window[desc] = window[element]
      window[desc + 1] = window[element + 1]
      window[desc + 2] = (window[element + 2] & TxDesc.lengthMask) | gen
      window[desc + 3] = i === count - 1 ? TxDesc.eop | TxDesc.cq : 0
      if (i === 0) gen ^= TxDesc.gen
      if (++at === size) {
        at = 0
        gen ^= TxDesc.gen
        this.#gen ^= TxDesc.gen
      }
    }
    this.#fill = at
    this.#frames++
    this.#offload(first)
    window[first + 2] ^= TxDesc.gen
    if (last !== 0) this.#doorbell()
    return 0
  }

  check(): number {
    const window = this.#env.window
    let sent = 0
    while (sent < this.#frames) {
      const comp = this.#comp + this.#compNext * DESC_WORDS
      this.#env.syncForCpu(comp * 4, DESC_BYTES)
      if (window[comp + 3] >>> 31 !== this.#compGen) break
      if (++this.#compNext === this.#size) {
        this.#compNext = 0
        this.#compGen ^= 1
      }
      const index = window[comp] & TxComp.indexMask
      if (!this.#inFlight(index)) {
        this.#env.shell.log(LOG_BAD_TX_COMPLETION, this.#queue, index)
        break
      }
      this.#done = (index + 1) % this.#size
      sent++
    }
    if (sent > 0) {
      this.#frames -= sent
      this.#env.shell.completeSend(this.#handle, sent)
    }
    return sent
  }

  #inFlight(index: number): boolean {
    const size = this.#size
    return index < size && (index - this.#done + size) % size < (this.#fill - this.#done + size) % size
  }

  /** Checksum and VLAN words of the frame's first descriptor. */
  #offload(desc: number): void {
    const window = this.#env.window
    const flags = window[this.#info + SendInfo.flags]
    if ((flags & SendFlag.checksum) !== 0) {
      const l4 = window[this.#info + SendInfo.l4HeaderOffset]
      const field = l4 + ((flags & SendFlag.udp) !== 0 ? UDP_CHECKSUM : TCP_CHECKSUM)
      window[desc + 2] |= (field & TxDesc.msscofMask) << TxDesc.msscofShift
      window[desc + 3] |= (l4 & TxDesc.hlenMask) | (TxOffload.checksum << TxDesc.omShift)
    }
    if ((flags & SendFlag.vlan) !== 0) {
      window[desc + 3] |= TxDesc.ti | (window[this.#info + SendInfo.vlanTag] << TxDesc.tciShift)
    }
  }

  #doorbell(): void {
    syncForDevice(this.#env, this.#ring, this.#rung, this.#fill, this.#size)
    this.#rung = this.#fill
    this.#env.mmioWrite32(Pt.txProd + this.#queue * Pt.stride, this.#fill)
  }
}
