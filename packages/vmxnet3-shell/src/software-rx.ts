import { MAX_SG, Queue, RecvFlag, RecvFrame, State, Xsum } from '@npa/plugin-api/guest'
import type { PluginEnv } from '@npa/plugin-api/guest'
import { DESC_BYTES, DESC_WORDS, RxComp } from '@npa/vmxnet3-spec'
import { SMALL_BUFFER } from './buffer-pool.js'
import { SoftwareRxRing } from './software-rx-ring.js'
import { bodyRingSize, rxBodyOffset, rxCompOffset, rxCompSize, softwareRingBytes } from './software-rings.js'

/** Code of a log entry: a receive completion that names no descriptor of the device's (queue, word 0). */
const LOG_BAD_RX_COMPLETION = 2

/** One emulated receive queue: ring 1 of head buffers, ring 2 of body buffers, one completion ring (vmxnet3.md §6, §7, §14). */
export class SoftwareRxQueue {
  readonly #env: PluginEnv
  readonly #queue: number
  readonly #queues: number
  readonly #handle: number
  readonly #bytes: number
  readonly #jumbo: boolean
  readonly #ring: number
  readonly #heads: SoftwareRxRing
  readonly #bodies: SoftwareRxRing
  /** Word offset of the completion ring. */
  readonly #comp: number
  readonly #compSize: number
  readonly #frame: number
  #compNext = 0
  #compGen = 1
  /** The frame being collected: buffer ids and lengths; it can span several calls. -1: none, or a broken one to skip. */
  readonly #ids: Int32Array = new Int32Array(MAX_SG)
  readonly #lengths: Int32Array = new Int32Array(MAX_SG)
  #pieces = 0
  #broken = false

  constructor(env: PluginEnv, queue: number) {
    const { window } = env
    const record = State.rxQueue + queue * Queue.words
    const size = window[record + Queue.ringSize]
    const ring = window[record + Queue.ringOffset] >> 2
    const handle = window[record + Queue.handle]
    this.#env = env
    this.#queue = queue
    this.#queues = window[State.rxQueues]
    this.#handle = handle
    this.#bytes = softwareRingBytes('rx', size)
    this.#jumbo = window[State.maxFrame] > SMALL_BUFFER
    this.#ring = ring
    this.#heads = new SoftwareRxRing(env, queue, handle, 'head', ring, size)
    this.#bodies = new SoftwareRxRing(env, queue, handle, 'body', ring + (rxBodyOffset(size) >> 2), bodyRingSize(size))
    this.#comp = ring + (rxCompOffset(size) >> 2)
    this.#compSize = rxCompSize(size)
    this.#frame = window[State.recvFrameOffset] >> 2
  }

  reinit(): void {
    this.#compNext = this.#pieces = 0
    this.#compGen = 1
    this.#broken = false
    this.#heads.reinit()
    this.#bodies.reinit()
    this.#env.window.fill(0, this.#ring, this.#ring + (this.#bytes >> 2))
    this.#env.syncForDevice(this.#ring * 4, this.#bytes)
  }

  addBuffers(): void {
    this.#heads.post()
    // a frame that fits one head buffer never needs a body
    if (this.#jumbo) this.#bodies.post()
  }

  check(max: number): number {
    const window = this.#env.window
    let frames = 0
    // one lap at most, whatever the device writes
    for (let looked = 0; looked < this.#compSize && frames < max; looked++) {
      const comp = this.#comp + this.#compNext * DESC_WORDS
      this.#env.syncForCpu(comp * 4, DESC_BYTES)
      if (window[comp + 3] >>> 31 !== this.#compGen) break
      if (++this.#compNext === this.#compSize) {
        this.#compNext = 0
        this.#compGen ^= 1
      }
      if (!this.#collect(window[comp], window[comp + 2])) continue
      if ((window[comp] & RxComp.eop) === 0) continue
      if (this.#finish(comp)) frames++
    }
    return frames
  }

  /** Adds one completion to the frame; false when it is to be ignored. */
  #collect(word0: number, word2: number): boolean {
    const rqid = (word0 >>> RxComp.queueShift) & RxComp.queueMask
    const head = rqid === this.#queue
    const ring = head ? this.#heads : this.#bodies
    const slot = word0 & RxComp.indexMask
    if ((!head && rqid !== this.#queue + this.#queues) || !ring.take(slot)) {
      this.#env.shell.log(LOG_BAD_RX_COMPLETION, this.#queue, word0)
      this.#broken = true
      return (word0 & RxComp.eop) !== 0
    }
    if ((word0 & RxComp.sop) !== 0) {
      // a second start without an end: the first frame is lost
      this.#dropPieces()
      this.#broken = false
    } else if (this.#pieces === 0) this.#broken = true
    const length = word2 & RxComp.lengthMask
    if (this.#broken || this.#pieces === MAX_SG || length === 0 || length > SMALL_BUFFER) {
      this.#broken = true
      ring.keep(slot)
    } else {
      this.#ids[this.#pieces] = ring.firstId + slot
      this.#lengths[this.#pieces++] = length
    }
    return true
  }

  /** At the end of a frame: hands it up, or keeps its buffers. */
  #finish(comp: number): boolean {
    const window = this.#env.window
    const word2 = window[comp + 2]
    const good = !this.#broken && (word2 & RxComp.err) === 0
    if (good) this.#indicate(window[comp], word2, window[comp + 3])
    else this.#dropPieces()
    this.#pieces = 0
    this.#broken = false
    this.#heads.finish()
    this.#bodies.finish()
    return good
  }

  #dropPieces(): void {
    for (let i = 0; i < this.#pieces; i++) {
      const id = this.#ids[i]
      if (id < this.#bodies.firstId) this.#heads.keep(id)
      else this.#bodies.keep(id - this.#bodies.firstId)
    }
    this.#pieces = 0
  }

  #indicate(word0: number, word2: number, word3: number): void {
    const { window, shell } = this.#env
    const frame = this.#frame
    let bytes = 0
    for (let i = 0; i < this.#pieces; i++) {
      const element = frame + RecvFrame.element + i * RecvFrame.elementWords
      window[element] = this.#ids[i]
      window[element + 1] = this.#lengths[i]
      bytes += this.#lengths[i]
    }
    const tagged = (word2 & RxComp.ts) !== 0
    const v4 = (word3 & RxComp.v4) !== 0
    let flags: number = tagged ? RecvFlag.vlan : 0
    if (v4) flags |= RecvFlag.ipv4
    if ((word3 & RxComp.v6) !== 0) flags |= RecvFlag.ipv6
    if ((word3 & RxComp.tcp) !== 0) flags |= RecvFlag.tcp
    if ((word3 & RxComp.udp) !== 0) flags |= RecvFlag.udp
    const calculated = (word0 & RxComp.cnc) === 0
    const l4 = calculated && (word3 & (RxComp.tcp | RxComp.udp)) !== 0 && (word3 & RxComp.frg) === 0
    window[frame + RecvFrame.byteLength] = bytes
    window[frame + RecvFrame.elements] = this.#pieces
    window[frame + RecvFrame.firstOffset] = 0
    window[frame + RecvFrame.flags] = flags
    window[frame + RecvFrame.vlanTag] = tagged ? word2 >>> RxComp.tciShift : 0
    window[frame + RecvFrame.ipXsum] = verdict(calculated && v4, (word3 & RxComp.ipc) !== 0)
    window[frame + RecvFrame.l4Xsum] = verdict(l4, (word3 & RxComp.tuc) !== 0)
    shell.indicateRecv(this.#handle)
  }
}

function verdict(known: boolean, good: boolean): number {
  if (!known) return Xsum.unknown
  return good ? Xsum.correct : Xsum.incorrect
}
