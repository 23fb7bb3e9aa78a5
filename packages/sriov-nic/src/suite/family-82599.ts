import type { Family, PoolRules, Write } from './family.js'

const VMOLR = { aupe: 1 << 24, rompe: 1 << 25, rope: 1 << 26, bam: 1 << 27, mpe: 1 << 28 }
const STRIP = 1 << 30
const ENABLE = 1 << 25
/** FCTRL: broadcasts; and the modes that questions turn on. */
const BROADCASTS = 1 << 10
const FCTRL = { offset: 0x5080, multicast: 1 << 8, unicast: 1 << 9 }
const VLNCTRL = 0x8100
const QUEUES_PER_POOL = 2

function vml2flt(rules: PoolRules): number {
  let value = 0
  if (rules.untagged === true) value |= VMOLR.aupe
  if (rules.broadcast === true) value |= VMOLR.bam
  if (rules.multicastHash === true) value |= VMOLR.rompe
  if (rules.unicastHash === true) value |= VMOLR.rope
  if (rules.allMulticast === true) value |= VMOLR.mpe
  return value
}

function rxQueue(queue: number): number {
  return queue < 64 ? 0x1000 + 0x40 * queue : 0xd000 + 0x40 * (queue - 64)
}

/** RXDCTL of a pool's queue 0, whose VME takes tags out. */
function strip(pool: number): Write {
  return [rxQueue(pool * QUEUES_PER_POOL) + 0x28, ENABLE | STRIP]
}

/** Intel 82599 (datasheet 331520), used with 64 pools of two queues. */
export const FAMILY_82599: Family = {
  name: '82599',
  pci: {
    devices: [0x10fb, 0x10f7, 0x10f8, 0x10f9, 0x10fc, 0x1507, 0x151c, 0x1517, 0x154d, 0x154a, 0x1558, 0x1557],
    vfDevice: 0x10ed,
    totalVfs: 64,
    vfVectors: 3,
    vfResetAdvertised: false,
  },
  eerd: 0x10014,
  checksumOfSections: true,
  swsm: 0x10140,
  softwareLocks: 0x10160,
  freeTimer: { pf: 0x48, vf: 0x48 },
  interrupts: {
    pf: { cause: 0x800, set: 0x808, enable: 0x880, disable: 0x888, autoClear: 0x810, autoMask: 0x890, throttle: 0x820 },
    vf: { cause: 0x100, set: 0x104, enable: 0x108, disable: 0x10c, autoClear: 0x110, autoMask: 0x114, throttle: 0x820 },
  },
  interruptMode: [0x898, 0xc000c030],
  longestThrottle: { value: 0xff8, ns: 1_022_000 },
  mailboxInterrupt: [
    [0x800, 0xffffffff],
    [0xa00, 0x8000],
    [0x880, 1 << 19],
  ],
  vfVectors: { queues: 0x120, mailbox: 0x140 },
  mailbox: {
    pf: (vf) => 0x4b00 + 4 * vf,
    pfMemory: (vf) => 0x13000 + 64 * vf,
    vf: 0x2fc,
    vfMemory: 0x200,
    request: (vf) => ({ offset: 0x710 + 4 * (vf >> 4), bit: vf & 15 }),
    acknowledge: (vf) => ({ offset: 0x710 + 4 * (vf >> 4), bit: 16 + (vf & 15) }),
    resetSeen: (vf) => ({ offset: vf < 32 ? 0x600 : 0x1c0, bit: vf & 31 }),
    resetClear: (vf) => ({ offset: 0x700 + 4 * (vf >> 5), bit: vf & 31 }),
  },
  vfControl: 0,
  queue: (pool, index) => {
    const queue = pool * QUEUES_PER_POOL + index
    return { tx: 0x6000 + 0x40 * queue, rx: rxQueue(queue) }
  },
  vfQueue: (index) => ({ tx: 0x2000 + 0x40 * index, rx: 0x1000 + 0x40 * index }),
  srrctl: 0x14,
  dropEnable: 1 << 28,
  checksumErrors: { l4: 1 << 30, ip: 1 << 31 },
  pools: { receive: 0x51e0, transmit: 0x8110 },
  linkUp: { offset: 0x42a4, bit: 30 },
  setUp: (vfs) => [
    [0x51b0, 0x40000001 | (vfs << 7)],
    [0x11050, 0x80000003],
    [0x898, 0xc000c030],
    [0x5818, 8],
    [0x8120, 6],
    [0x4a80, 0x81000005],
    [FCTRL.offset, BROADCASTS],
    [0x5090, 4],
    [0x3000, 1],
    [0x8220, 1],
    [0x8790, 0xffffffff],
    [0x51e0, 2 ** (vfs + 1) - 1],
    [0x8110, 2 ** (vfs + 1) - 1],
    // The laser of an SFP+ is on, as its driver has it.
    [0x20, 0x800],
    [0x18, 1 << 14],
  ],
  receiver: (on) => [[0x3000, on ? 1 : 0]],
  promiscuous: (unicast, multicast) => [
    [FCTRL.offset, BROADCASTS | (unicast ? FCTRL.unicast : 0) | (multicast ? FCTRL.multicast : 0)],
  ],
  exact: (entry, [a, b, c, d, e, f], pools): Write[] => [
    [0xa200 + 8 * entry, a | (b << 8) | (c << 16) | (d << 24)],
    [0xa600 + 8 * entry, pools],
    [0xa604 + 8 * entry, 0],
    [0xa204 + 8 * entry, e | (f << 8) | 0x80000000],
  ],
  exactEntries: 128,
  ral: (entry) => 0xa200 + 8 * entry,
  rules: (pool, rules) => [[0xf000 + 4 * pool, vml2flt(rules)], ...(rules.strip === true ? [strip(pool)] : [])],
  multicastTable: 0x5200,
  unicastTable: 0xf400,
  vlanFilter: (on) => [
    [0x5088, VLNCTRL | (on ? 1 << 30 : 0)],
    // With pools it is their table that decides; the port's lets everything in.
    ...Array.from({ length: 128 }, (_, word): Write => [0xa000 + 4 * word, 0xffffffff]),
  ],
  vlan: (entry, id, pools) => [
    [0xf200 + 8 * entry, pools],
    [0xf204 + 8 * entry, 0],
    [0xf100 + 4 * entry, 0x80000000 | id],
  ],
  vlanEntries: 64,
  defaultPool: (pool) => [[0x51b0, 0x40000001 | (pool === undefined ? 1 << 29 : pool << 7)]],
  loopback: (on) => [[0x8220, on ? 1 : 0]],
  spoofCheck: (mac, vlan) => [[0x8200, (vlan << 8) | mac]],
  portVlan: (pool, tci) => [[0x8000 + 4 * pool, 0x40000000 | tci]],
  mirror: (rule, pools, to) => [
    [0xf630 + 4 * rule, pools],
    [0xf600 + 4 * rule, (to << 8) | 1],
  ],
  rateLimit: (pool, mbps) => [
    [0x4904, pool * QUEUES_PER_POOL],
    [0x4980, 0x14],
    [0x4984, (0x80000000 | Math.floor((10000 * 16384) / mbps)) >>> 0],
  ],
  etherType: (filter, type, { pool, queue }) => [
    [0xec00 + 4 * filter, queue === undefined ? 0 : 0x80000000 | (queue << 16)],
    [
      0x5128 + 4 * filter,
      type === undefined ? 0 : 0x80000000 | (pool === undefined ? 0 : (1 << 26) | (pool << 20)) | type,
    ],
  ],
  misbehaviour: { setUp: [], transmitReason: 0x8108, cause: { offset: 0x800, bit: 18 } },
  maxFrame: (bytes) => [
    [0x4268, bytes << 16],
    [0x4240, 0xc07],
  ],
  receiveChecksums: [[0x5000, 0x1000]],
  rss: {
    enable: () => [
      [0x5818, 0x0033000b],
      [0x5000, 0x2000],
      [0xea00, 1 << 29],
    ],
    entries: [0, 1],
    table: 0x5c00,
    key: 0x5c80,
  },
  statistics: {
    received: 0x4074,
    sent: 0x4080,
    broadcastsReceived: 0x4078,
    multicastsReceived: 0x407c,
    octetsReceived: 0x4088,
    octetsSent: 0x4090,
    spoofed: [0x8780],
    dropped: 0x1430,
    vf: { received: 0x101c, sent: 0x201c, octetsReceived: 0x1020, octetsSent: 0x2020, multicasts: 0x1034 },
  },
  resetValues: [
    { name: 'MAXFRS', offset: 0x4268, value: 0x05ee0000, spoil: 0x24000000 },
    { name: 'RXCTRL', offset: 0x3000, value: 0, spoil: 1 },
    { name: 'EIMS', offset: 0x880, value: 0, spoil: 3 },
    { name: 'VLNCTRL', offset: 0x5088, value: 0x8100, spoil: 0x40008100 },
    { name: 'FCTRL', offset: 0x5080, value: 0, spoil: 0x700 },
    { name: 'MRQC', offset: 0x5818, value: 0, spoil: 8 },
    { name: 'PFVTCTL', offset: 0x51b0, value: 0, spoil: 0x40000081 },
    { name: 'PFDTXGSWC', offset: 0x8220, value: 0, spoil: 1 },
    { name: 'PFVLVF(0)', offset: 0xf100, value: 0, spoil: 0x80000064 },
    { name: 'SRRCTL(0)', offset: 0x1014, value: 0x402, spoil: 0x02000401 },
    { name: 'TDBAL(0)', offset: 0x6000, value: 0, spoil: 0x1000 },
  ],
}
