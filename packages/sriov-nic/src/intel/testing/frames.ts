export const PF_MAC: Uint8Array = Uint8Array.of(0x02, 0, 0, 0, 0, 0xff)

/** A pool's address: locally administered, the pool last. */
export function macOf(pool: number): Uint8Array {
  return Uint8Array.of(0x02, 0, 0, 0, 1, pool)
}

/** A plain frame of `bytes` bytes: addresses, type 0x88B5 (for experiments), then a count. */
export function frameOf(to: Uint8Array, from: Uint8Array, bytes: number, seed = 0): Uint8Array {
  const frame = new Uint8Array(bytes)
  frame.set(to, 0)
  frame.set(from, 6)
  frame[12] = 0x88
  frame[13] = 0xb5
  for (let i = 14; i < bytes; i++) frame[i] = i + seed
  return frame
}

export const BROADCAST: Uint8Array = new Uint8Array(6).fill(0xff)
