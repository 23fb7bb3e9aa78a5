import type { DmaBlock } from '@npa/core'

/** Bytes of the RSS configuration (vmxnet3.md §12). */
export const RSS_CONF_BYTES = 176

const HASH_ALL = 0xf
const TOEPLITZ = 1
const KEY_AT = 8
const TABLE_AT = 48
const TABLE_BYTES = 128

/** The key of Microsoft's published verification suite for RSS. */
const KEY = [
  0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b,
  0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac,
  0x01, 0xfa,
]

/** Spreads IPv4, IPv6 and TCP flows evenly over the receive queues. */
export function writeRssConf(block: DmaBlock, queues: number): void {
  block.i32[0] = HASH_ALL | (TOEPLITZ << 16)
  block.i32[1] = KEY.length | (TABLE_BYTES << 16)
  block.u8.set(KEY, KEY_AT)
  for (let i = 0; i < TABLE_BYTES; i++) block.u8[TABLE_AT + i] = i % queues
  block.syncForDevice(0, RSS_CONF_BYTES)
}
