import { macEqual, vlan } from '@npa/wire'
import { paddedLength } from '../oracle/padding.js'

/** A VM as a replay sees it: what is for it. */
export interface ReplayVm {
  readonly mac: Uint8Array
  /** VLANs whose tagged frames it gets. */
  readonly vlans: readonly number[]
}

/** Whether a frame of another VM is for this one. */
export function isReceiver(bytes: Uint8Array, at: number, length: number, { mac, vlans }: ReplayVm): boolean {
  const tag = vlan.outerTci(bytes, at, length)
  if (tag >= 0 && !vlans.includes(vlan.id(tag))) return false
  return (bytes[at] & 1) !== 0 || macEqual(bytes, at, mac, 0)
}

/** Whether two frames are the same, padding apart. */
export function sameFrame(
  a: Uint8Array,
  aAt: number,
  aLength: number,
  b: Uint8Array,
  bAt: number,
  bLength: number,
): boolean {
  const length = paddedLength(a, aAt, aLength)
  if (paddedLength(b, bAt, bLength) !== length) return false
  for (let i = 0; i < length; i++) {
    if ((i < aLength ? a[aAt + i] : 0) !== (i < bLength ? b[bAt + i] : 0)) return false
  }
  return true
}
