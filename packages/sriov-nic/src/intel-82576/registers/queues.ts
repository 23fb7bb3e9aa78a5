import type { RegisterSpec } from '../../engine/register-file.js'

const QUEUES_OF_ALL = { count: 16, stride: 0x40 } as const

/** Receive queues at 0xC000; the first four also where the 82575 has them. */
function rx(name: string, at: number, more: Partial<RegisterSpec> = {}): RegisterSpec {
  return {
    name,
    offset: 0xc000 + at,
    ...QUEUES_OF_ALL,
    aliases: [{ offset: 0x2800 + at, stride: 0x100, count: 4 }],
    ...more,
  }
}

function tx(name: string, at: number, more: Partial<RegisterSpec> = {}): RegisterSpec {
  return {
    name,
    offset: 0xe000 + at,
    ...QUEUES_OF_ALL,
    aliases: [{ offset: 0x3800 + at, stride: 0x100, count: 4 }],
    ...more,
  }
}

/** Receive and transmit DMA (82576 datasheet 8.10 to 8.13). The length keeps bits 19:4, which ethtool's test of igb asks for. */
export const QUEUES: readonly RegisterSpec[] = [
  rx('RDBAL', 0x00, { writable: 0xffffff80 }),
  rx('RDBAH', 0x04),
  rx('RDLEN', 0x08, { writable: 0x000ffff0 }),
  rx('SRRCTL', 0x0c, { writable: 0x8ff03f7f }),
  rx('RDH', 0x10, { writable: 0xffff }),
  rx('RXCTL', 0x14),
  rx('RDT', 0x18, { writable: 0xffff }),
  rx('RXDCTL', 0x28, { reset: 0x10000, writable: 0x001f1f1f }),
  rx('RQDPC', 0x30, { kind: 'rc' }),
  tx('TDBAL', 0x00, { writable: 0xffffff80 }),
  tx('TDBAH', 0x04),
  tx('TDLEN', 0x08, { writable: 0x000ffff0 }),
  tx('TDH', 0x10, { writable: 0xffff }),
  tx('TXCTL', 0x14, { reset: 0x2a00 }),
  tx('TDT', 0x18, { writable: 0xffff }),
  tx('TXDCTL', 0x28, { writable: 0x001f1f1f }),
  tx('TDWBAL', 0x38, { writable: 0xfffffffd }),
  tx('TDWBAH', 0x3c),
  { name: 'RCTL', offset: 0x100, writable: 0x04ffffff },
  { name: 'TCTL', offset: 0x400, reset: 0xa40400f8 },
  { name: 'TCTL_EXT', offset: 0x404, reset: 0x00010840 },
  { name: 'TIPG', offset: 0x410, reset: 0x00601008, writable: 0x3fffffff },
  { name: 'RXPBS', offset: 0x2404, reset: 0x40, writable: 0x7f, sticky: true },
  { name: 'QDE', offset: 0x2408, writable: 0xffff },
  { name: 'PBRWAC', offset: 0x24e8, kind: 'ro' },
  { name: 'TXPBS', offset: 0x3404, reset: 0x28, writable: 0x7f, sticky: true },
  { name: 'PBTWAC', offset: 0x34e8, kind: 'ro' },
  { name: 'DTXCTL', offset: 0x3590, reset: 0x44 },
  { name: 'DTXTCPFLGL', offset: 0x359c, reset: 0x0ff60ff6, writable: 0x0fff0fff },
  { name: 'DTXTCPFLGH', offset: 0x35a0, reset: 0x00000f7f, writable: 0x00000fff },
  { name: 'RTTDQSEL', offset: 0x3604, writable: 0xf },
  { name: 'RTTBCNRM', offset: 0x3690 },
  { name: 'RTTBCNRC', offset: 0x36b0, writable: 0x8fffffff },
]
