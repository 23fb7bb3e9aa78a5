import type { Family, PoolRules, Write } from './family.js'

const MAILBOX_CAUSE = 0x100
const VMOLR = {
  length: 0x2600,
  long: 1 << 16,
  rss: 1 << 17,
  aupe: 1 << 24,
  rompe: 1 << 25,
  rope: 1 << 26,
  bam: 1 << 27,
}
const ALL_MULTICAST = 1 << 28
const STRIP = 1 << 30
/** RCTL: on, broadcasts, long packets, FCS out; the modes that questions turn on. */
const RECEIVE = 0x04008022
const RCTL = { offset: 0x100, unicast: 1 << 3, multicast: 1 << 4, vlanFilter: 1 << 18 }

function vmolr(rules: PoolRules): number {
  let value = VMOLR.length | VMOLR.long
  if (rules.untagged === true) value |= VMOLR.aupe
  if (rules.broadcast === true) value |= VMOLR.bam
  if (rules.multicastHash === true) value |= VMOLR.rompe
  if (rules.unicastHash === true) value |= VMOLR.rope
  if (rules.allMulticast === true) value |= ALL_MULTICAST
  if (rules.strip === true) value |= STRIP
  return value
}

function ral(entry: number): number {
  return entry < 16 ? 0x5400 + 8 * entry : 0x54e0 + 8 * (entry - 16)
}

/** Intel 82576 (datasheet 321027): eight pools, whose queues are v and v + 8. */
export const FAMILY_82576: Family = {
  name: '82576',
  pci: {
    devices: [0x10c9, 0x10e6, 0x10e7, 0x10e8, 0x1526, 0x150a, 0x1518, 0x150d],
    vfDevice: 0x10ca,
    totalVfs: 8,
    vfVectors: 3,
    vfResetAdvertised: true,
  },
  eerd: 0x14,
  checksumOfSections: false,
  swsm: 0x5b50,
  softwareLocks: 0x5b5c,
  freeTimer: { pf: 0x1048, vf: 0x1048 },
  interrupts: {
    pf: {
      cause: 0x1580,
      set: 0x1520,
      enable: 0x1524,
      disable: 0x1528,
      autoClear: 0x152c,
      autoMask: 0x1530,
      throttle: 0x1680,
    },
    vf: {
      cause: 0x1580,
      set: 0x1520,
      enable: 0x1524,
      disable: 0x1528,
      autoClear: 0x152c,
      autoMask: 0x1530,
      throttle: 0x1680,
    },
  },
  interruptMode: [0x1514, 0xc0000011],
  longestThrottle: { value: 0x7ffc, ns: 8_191_000 },
  mailboxInterrupt: [
    [0xc0, 0xffffffff],
    [0x1740, 0x8000],
    [0x152c, 1],
    [0x1524, 1],
    [0xd0, MAILBOX_CAUSE],
  ],
  vfVectors: { queues: 0x1700, mailbox: 0x1740 },
  mailbox: {
    pf: (vf) => 0xc00 + 4 * vf,
    pfMemory: (vf) => 0x800 + 0x40 * vf,
    vf: 0xc40,
    vfMemory: 0x800,
    request: (vf) => ({ offset: 0xc80, bit: vf }),
    acknowledge: (vf) => ({ offset: 0xc80, bit: 16 + vf }),
    resetSeen: (vf) => ({ offset: 0xc88, bit: vf }),
    resetClear: (vf) => ({ offset: 0xc88, bit: vf }),
  },
  vfControl: 0,
  queue: (pool, index) => ({ tx: 0xe000 + 0x40 * (pool + 8 * index), rx: 0xc000 + 0x40 * (pool + 8 * index) }),
  vfQueue: (index) => ({ tx: 0x3800 + 0x100 * index, rx: 0x2800 + 0x100 * index }),
  srrctl: 0x0c,
  dropEnable: 1 << 31,
  checksumErrors: { l4: 1 << 29, ip: 1 << 30 },
  pools: { receive: 0xc8c, transmit: 0xc90 },
  linkUp: { offset: 8, bit: 1 },
  setUp: (vfs) => [
    [0, 0x41],
    // The PHY negotiates, at every speed.
    [0x20, 0x04201340],
    [0x581c, 0x40000000 | (vfs << 7)],
    [0x5818, 3],
    [0x1514, 0xc0000011],
    [0x3500, 0x80000000],
    [0xc8c, (1 << (vfs + 1)) - 1],
    [0xc90, (1 << (vfs + 1)) - 1],
    [0x400, 0xa],
    [RCTL.offset, RECEIVE],
    [0x18, 1 << 14],
  ],
  receiver: (on) => [[RCTL.offset, on ? RECEIVE : RECEIVE & ~2]],
  promiscuous: (unicast, multicast) => [
    [RCTL.offset, RECEIVE | (unicast ? RCTL.unicast : 0) | (multicast ? RCTL.multicast : 0)],
  ],
  exact: (entry, [a, b, c, d, e, f], pools): Write[] => [
    [ral(entry), a | (b << 8) | (c << 16) | (d << 24)],
    [ral(entry) + 4, e | (f << 8) | (pools << 18) | 0x80000000],
  ],
  exactEntries: 24,
  ral,
  rules: (pool, rules) => [[0x5ad0 + 4 * pool, vmolr(rules)]],
  multicastTable: 0x5200,
  unicastTable: 0xa000,
  vlanFilter: (on) => [
    [RCTL.offset, RECEIVE | (on ? RCTL.vlanFilter : 0)],
    // The pools' own table decides; the port's lets everything in.
    ...Array.from({ length: 128 }, (_, word): Write => [0x5600 + 4 * word, 0xffffffff]),
  ],
  vlan: (entry, id, pools) => [[0x5d00 + 4 * entry, 0x80000000 | (pools << 12) | id]],
  vlanEntries: 32,
  defaultPool: (pool) => [[0x581c, 0x40000000 | (pool === undefined ? 1 << 29 : pool << 7)]],
  loopback: (on) => [[0x3500, on ? 0x80000000 : 0]],
  spoofCheck: (mac, vlan) => [[0x3500, 0x80000000 | (vlan << 8) | mac]],
  portVlan: (pool, tci) => [[0x3700 + 4 * pool, 0x40000000 | tci]],
  mirror: (rule, pools, to) => [
    [0x5da0 + 4 * rule, pools],
    [0x5d80 + 4 * rule, (to << 8) | 1],
  ],
  rateLimit: (pool, mbps) => [
    [0x3604, pool],
    [0x3690, 0x14],
    [0x36b0, (0x80000000 | Math.floor((1000 * 16384) / mbps)) >>> 0],
  ],
  etherType: (filter, type, { queue }) => [
    [
      0x5cb0 + 4 * filter,
      type === undefined ? 0 : (1 << 26) | (queue === undefined ? 0 : 0x80000000 | (queue << 16)) | type,
    ],
  ],
  // DTXCTL: malicious driver protection.
  misbehaviour: { setUp: [[0x3590, 0x64]], transmitReason: 0x3548, cause: { offset: 0xc0, bit: 28 } },
  maxFrame: (bytes) => [
    [0x5004, bytes],
    ...Array.from({ length: 8 }, (_, pool): Write => [0x5ad0 + 4 * pool, VMOLR.aupe | VMOLR.bam | VMOLR.long | bytes]),
  ],
  receiveChecksums: [[0x5000, 0x300]],
  rss: {
    enable: () => [
      [0x5818, 0x00370005],
      [0x5000, 0x2300],
      [0x5ad0, VMOLR.length | VMOLR.long | VMOLR.aupe | VMOLR.bam | VMOLR.rss],
    ],
    entries: [0, 8],
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
    spoofed: [],
    dropped: 0xc030,
    vf: { received: 0xf10, sent: 0xf14, octetsReceived: 0xf18, octetsSent: 0xf34, multicasts: 0xf3c },
  },
  resetValues: [
    { name: 'RCTL', offset: 0x100, value: 0, spoil: RECEIVE },
    { name: 'EIMS', offset: 0x1524, value: 0, spoil: 3 },
    { name: 'MBVFIMR', offset: 0xc84, value: 0xff, spoil: 0 },
    { name: 'RLPML', offset: 0x5004, value: 0x2600, spoil: 0x800 },
    { name: 'MRQC', offset: 0x5818, value: 0, spoil: 3 },
    { name: 'VT_CTL', offset: 0x581c, value: 0, spoil: 0x40000080 },
    { name: 'DTXSWC', offset: 0x3500, value: 0, spoil: 0x80000003 },
    { name: 'VLVF(0)', offset: 0x5d00, value: 0, spoil: 0x80001064 },
    { name: 'MTA(7)', offset: 0x521c, value: 0, spoil: 0x55 },
    { name: 'TDBAL(0)', offset: 0xe000, value: 0, spoil: 0x1000 },
  ],
}
