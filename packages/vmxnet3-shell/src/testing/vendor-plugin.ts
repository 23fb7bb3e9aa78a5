import { Queue, RecvFrame, SendInfo, SgList, State } from '@npa/plugin-api/guest'
import { writeImage } from '@npa/plugin-api/image'
import type { PluginManifest } from '@npa/plugin-api/image'

/** Words of a slot of the made-up VF's transmit ring: owner, elements, flags, vlan, then {low, high, length} each. */
export const TX_SLOT_WORDS = 64
/** Words of a slot of its receive ring: owner, low, high, length. */
export const RX_SLOT_WORDS = 4
/** Values of an owner word. */
export const OWNER = { nobody: 0, device: 1, driver: 2 } as const
/** Its registers. */
export const VF = { txTail: 0, rxTail: 4, interrupt: 8 } as const

/**
 * A vendor's plugin for a made-up VF, as a script. `broken` is code that runs last in `NPA_PluginMain` and can spoil the
 * table `api`.
 */
export function vendorScript(broken = ''): string {
  const layout = { State, Queue, SendInfo, SgList, RecvFrame, VF, TX: TX_SLOT_WORDS, RX: RX_SLOT_WORDS }
  return `
const { State, Queue, SendInfo, SgList, RecvFrame, VF, TX, RX } = ${JSON.stringify(layout)}
;(env, api) => {
  const w = env.window
  const tx = { ring: 0, size: 0, handle: 0, fill: 0, done: 0 }
  const rx = { ring: 0, size: 0, handle: 0, fill: 0, done: 0 }
  const read = (queue, record) => {
    queue.ring = w[record + Queue.ringOffset] >> 2
    queue.size = w[record + Queue.ringSize]
    queue.handle = w[record + Queue.handle]
  }
  api.swInit = () => { read(tx, State.txQueue); read(rx, State.rxQueue); return 0 }
  const clear = (queue, words) => {
    queue.fill = queue.done = 0
    w.fill(0, queue.ring, queue.ring + queue.size * words)
    env.syncForDevice(queue.ring * 4, queue.size * words * 4)
    return 0
  }
  api.reinitTxRing = () => clear(tx, TX)
  api.reinitRxRing = () => clear(rx, RX)
  api.enableInterrupt = () => { env.mmioWrite32(VF.interrupt, 1); return 0 }
  api.disableInterrupt = () => { env.mmioWrite32(VF.interrupt, 0); return 0 }
  api.addFrameToTxRing = (queue, last) => {
    if (tx.fill - tx.done === tx.size) return 1
    const slot = tx.ring + (tx.fill % tx.size) * TX
    const sg = w[State.sgListOffset] >> 2
    const info = w[State.sendInfoOffset] >> 2
    const n = w[sg + SgList.elements]
    w[slot + 1] = n
    w[slot + 2] = w[info + SendInfo.flags]
    w[slot + 3] = w[info + SendInfo.vlanTag]
    for (let i = 0; i < n * 3; i++) w[slot + 4 + i] = w[sg + SgList.element + i]
    w[slot] = 1
    env.syncForDevice(slot * 4, TX * 4)
    tx.fill++
    if (last) env.mmioWrite32(VF.txTail, tx.fill)
    return 0
  }
  api.checkTxRing = () => {
    let n = 0
    while (tx.done < tx.fill) {
      const slot = tx.ring + (tx.done % tx.size) * TX
      env.syncForCpu(slot * 4, 4)
      if (w[slot] !== 2) break
      tx.done++
      n++
    }
    if (n > 0) env.shell.completeSend(tx.handle, n)
    return n
  }
  api.checkRxRing = (queue, max) => {
    let n = 0
    const frame = w[State.recvFrameOffset] >> 2
    while (n < max && rx.done < rx.fill) {
      const index = rx.done % rx.size
      const slot = rx.ring + index * RX
      env.syncForCpu(slot * 4, RX * 4)
      if (w[slot] !== 2) break
      rx.done++
      n++
      w[frame + RecvFrame.byteLength] = w[slot + 3]
      w[frame + RecvFrame.elements] = 1
      w[frame + RecvFrame.firstOffset] = 0
      w[frame + RecvFrame.flags] = 0
      w[frame + RecvFrame.ipXsum] = w[frame + RecvFrame.l4Xsum] = 0
      w[frame + RecvFrame.element] = index
      w[frame + RecvFrame.element + 1] = w[slot + 3]
      env.shell.indicateRecv(rx.handle)
    }
    return n
  }
  api.addBuffersToRxRing = () => {
    const from = rx.fill
    while (rx.fill - rx.done < rx.size) {
      const index = rx.fill % rx.size
      if (env.shell.allocSmallBuffer(rx.handle, index) !== 1) break
      const slot = rx.ring + index * RX
      w[slot + 1] = w[State.bufferLo]
      w[slot + 2] = w[State.bufferHi]
      w[slot] = 1
      env.syncForDevice(slot * 4, RX * 4)
      rx.fill++
    }
    if (rx.fill > from) env.mmioWrite32(VF.rxTail, rx.fill)
    return 0
  }
  ${broken}
  return 0
}`
}

const manifest: PluginManifest = {
  name: 'made-up',
  version: '1.2.3',
  api: { major: 1, minor: 0 },
  license: 'GPL-2.0-only',
  device: { vendor: 0x1234, device: 0x5678 },
  kind: 'javascript',
}

/** An image of a script, with fields of the manifest replaced. */
export function vendorImage(script: string = vendorScript(), replaced: Partial<PluginManifest> = {}): Uint8Array {
  return writeImage({ manifest: { ...manifest, ...replaced }, code: new TextEncoder().encode(script) })
}
