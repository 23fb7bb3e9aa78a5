import type { RegisterSpec } from '../../engine/register-file.js'

const RX = { count: 128, stride: 0x40 } as const
const TX = { count: 128, stride: 0x40 } as const

/** Receive queues: 64 at 0x1000 and 64 more at 0xD000. */
function rx(name: string, at: number, more: Partial<RegisterSpec> = {}): RegisterSpec {
  return { name, offset: 0x1000 + at, rest: { first: 64, offset: 0xd000 + at }, ...RX, ...more }
}

function tx(name: string, at: number, more: Partial<RegisterSpec> = {}): RegisterSpec {
  return { name, offset: 0x6000 + at, ...TX, ...more }
}

/** Where the chip keeps what only virtual functions reach, and what a selector chooses from, behind the PF's space of 128 KiB. */
export const HIDDEN = {
  mailbox: 0x20000,
  vteitr: 0x20100,
  vtivar: 0x20500,
  vtrscint: 0x20900,
  vflinks: 0x21100,
  rttdt1c: 0x21200,
  end: 0x21400,
} as const

/** RTTDT1C: refill of a queue in units of 64 bytes, 13:0. */
const CREDIT_REFILL = 0x3fff

/** Of a traffic class: refill 8:0, group 11:9, limit 23:12, strict priority in the group and of the link 31:30; 29:24 reserved (X550 8.2.2.11). */
function credits(name: string, offset: number): RegisterSpec {
  return { name, offset, count: 8, writable: 0xc0ffffff }
}

/** Receive and transmit DMA, traffic classes (8.2.3.8 to 8.2.3.10). */
export const QUEUES: readonly RegisterSpec[] = [
  rx('RDBAL', 0x00, { writable: 0xffffff80 }),
  rx('RDBAH', 0x04),
  rx('RDLEN', 0x08, { writable: 0x000fff80 }),
  rx('DCA_RXCTRL', 0x0c, { aliases: [{ offset: 0x2200, stride: 4, count: 16 }] }),
  rx('RDH', 0x10, { writable: 0xffff }),
  rx('SRRCTL', 0x14, { reset: 0x402, writable: 0x1fc03f7f, aliases: [{ offset: 0x2100, stride: 4, count: 16 }] }),
  rx('RDT', 0x18, { writable: 0xffff }),
  rx('RXDCTL', 0x28, { writable: 0x407f7f7f }),
  rx('RSCCTL', 0x2c, { writable: 0xd }),
  tx('TDBAL', 0x00, { writable: 0xffffff80 }),
  tx('TDBAH', 0x04),
  tx('TDLEN', 0x08, { writable: 0x000fff80 }),
  tx('DCA_TXCTRL', 0x0c),
  tx('TDH', 0x10, { writable: 0xffff }),
  tx('TDT', 0x18, { writable: 0xffff }),
  tx('TXDCTL', 0x28, { writable: 0x007f7f7f }),
  tx('TDWBAL', 0x38, { writable: 0xfffffffd }),
  tx('TDWBAH', 0x3c),
  { name: 'RDRXCTL', offset: 0x2f00, reset: 0x00108808, writable: 0xfffffff7 },
  { name: 'QDE', offset: 0x2f04 },
  { name: 'RXCTRL', offset: 0x3000, writable: 1 },
  { name: 'RSCDBU', offset: 0x3028 },
  { name: 'RXMEMWRAP', offset: 0x3190, kind: 'ro' },
  { name: 'RXPBSIZE', offset: 0x3c00, count: 8, writable: 0x000ffc00 },
  { name: 'DTXMXSZRQ', offset: 0x8100, reset: 0x10 },
  // 31:4 reserved.
  { name: 'MTQC', offset: 0x8120, writable: 0xf },
  { name: 'DMATXCTL', offset: 0x4a80, reset: 0x81000004 },
  { name: 'DTXTCPFLGL', offset: 0x4a88, reset: 0x0ff60ff6, writable: 0x0fff0fff },
  { name: 'DTXTCPFLGH', offset: 0x4a8c, reset: 0x00000f7f, writable: 0x00000fff },
  credits('RTRPT4C', 0x2140),
  credits('RTTDT2C', 0x4910),
  credits('RTTPT2C', 0xcd20),
  // What is left of the credits: there is no arbiter that spends any.
  { name: 'RTRPT4S', offset: 0x2160, count: 8, kind: 'ro' },
  { name: 'RTTDT2S', offset: 0x4930, count: 8, kind: 'ro' },
  { name: 'RTTPT2S', offset: 0xcd40, count: 8, kind: 'ro' },
  { name: 'RTTDCS', offset: 0x4900, reset: 0x00c00000, writable: 0x80c00053 },
  { name: 'RTTDQSEL', offset: 0x4904, writable: 0x7f },
  // RTTDT1C and RTTDT1S show the queue of RTTDQSEL (8.2.3.10.13, 8.2.3.10.14; X550 8.2.2.11.5).
  { name: 'RTTDT1C', offset: 0x4908, writable: CREDIT_REFILL },
  { name: 'RTTDT1C_QUEUE', offset: HIDDEN.rttdt1c, count: 128, writable: CREDIT_REFILL },
  { name: 'RTTDT1S', offset: 0x490c, kind: 'ro' },
  { name: 'RTTBCNRM', offset: 0x4980, writable: 0x7ff },
  { name: 'RTTBCNRC', offset: 0x4984, writable: 0x80ffffff },
  { name: 'TXPBTHRESH', offset: 0x4950, count: 8 },
  { name: 'TXPBSIZE', offset: 0xcc00, count: 8, writable: 0x000ffc00 },
  { name: 'RQSMR', offset: 0x2300, count: 32, writable: 0x0f0f0f0f },
  { name: 'TQSM', offset: 0x8600, count: 32, writable: 0x0f0f0f0f },
  { name: 'RTRPCS', offset: 0x2430 },
  { name: 'RTTPCS', offset: 0xcd00, reset: 0x89000000 },
  { name: 'MNGTXMAP', offset: 0xcd10, writable: 7 },
  // A class for each of eight priorities, three bits each.
  { name: 'RTRUP2TC', offset: 0x3020, writable: 0xffffff },
  { name: 'RTTUP2TC', offset: 0xc800, writable: 0xffffff },
  { name: 'TXLLQ', offset: 0x82e0, count: 4 },
  // A look into the contexts of the transmit queues, which is always ready and shows none (header: IXGBE_TXDESCIC_READY).
  { name: 'TIC_DW2', offset: 0x82b0, count: 4, kind: 'ro' },
  { name: 'TXDESCIC', offset: 0x82cc, reset: 0x80000000, writable: 0x7fffffff },
]

/** Filters and the switch (8.2.3.7, 8.2.3.27). */
export const FILTERS: readonly RegisterSpec[] = [
  { name: 'RXCSUM', offset: 0x5000 },
  { name: 'RFCTL', offset: 0x5008 },
  { name: 'FCTRL', offset: 0x5080, writable: 0x00003702 },
  { name: 'VLNCTRL', offset: 0x5088, reset: 0x8100, writable: 0xf000ffff },
  { name: 'MCSTCTRL', offset: 0x5090, writable: 7 },
  { name: 'FCRXCTRL', offset: 0x5100, writable: 0xfff },
  { name: 'ETQF', offset: 0x5128, count: 8 },
  { name: 'ETQS', offset: 0xec00, count: 8 },
  { name: 'SAQF', offset: 0xe000, count: 128 },
  { name: 'DAQF', offset: 0xe200, count: 128 },
  { name: 'SDPQF', offset: 0xe400, count: 128 },
  { name: 'FTQF', offset: 0xe600, count: 128 },
  { name: 'L34T_IMIR', offset: 0xe800, count: 128 },
  { name: 'SYNQF', offset: 0xec30 },
  { name: 'RQTC', offset: 0xec70 },
  { name: 'FCRECTL', offset: 0xed00, writable: 1 },
  { name: 'FCRETA', offset: 0xed10, count: 8, writable: 0x7f },
  { name: 'PFVMTXSW', offset: 0x5180, count: 2 },
  { name: 'PFVTCTL', offset: 0x51b0, writable: 0x60001f81 },
  { name: 'PFVFRE', offset: 0x51e0, count: 2 },
  { name: 'MTA', offset: 0x5200, count: 128 },
  { name: 'PSRTYPE', offset: 0xea00, count: 64, aliases: [{ offset: 0x5480, stride: 4, count: 16 }] },
  // The first place is that of Linux and DPDK, the second the manual's, which Snabb takes.
  // 15:4 and 31:25 reserved; the header names 18, 19 and 24 too, which DPDK writes and looks for.
  { name: 'MRQC', offset: 0x5818, writable: 0x01ff000f, aliases: [{ offset: 0xec80, stride: 4, count: 1 }] },
  { name: 'RETA', offset: 0x5c00, count: 32, aliases: [{ offset: 0xeb00, stride: 4, count: 32 }] },
  { name: 'RSSRK', offset: 0x5c80, count: 10, aliases: [{ offset: 0xeb80, stride: 4, count: 10 }] },
  { name: 'PFVMVIR', offset: 0x8000, count: 64, writable: 0xc000ffff },
  { name: 'PFVFTE', offset: 0x8110, count: 2 },
  { name: 'PFVFSPOOF', offset: 0x8200, count: 8, writable: 0xffff },
  { name: 'PFDTXGSWC', offset: 0x8220, writable: 1 },
  { name: 'VMECM', offset: 0x8790, count: 2 },
  { name: 'VFTA', offset: 0xa000, count: 128 },
  { name: 'RAL', offset: 0xa200, count: 128, stride: 8, aliases: [{ offset: 0x5400, stride: 8, count: 16 }] },
  {
    name: 'RAH',
    offset: 0xa204,
    count: 128,
    stride: 8,
    writable: 0x8000ffff,
    aliases: [{ offset: 0x5404, stride: 8, count: 16 }],
  },
  { name: 'MPSAR', offset: 0xa600, count: 256 },
  { name: 'PFVML2FLT', offset: 0xf000, count: 64, writable: 0x1f000000 },
  { name: 'PFVLVF', offset: 0xf100, count: 64, writable: 0x80000fff },
  { name: 'PFVLVFB', offset: 0xf200, count: 128 },
  { name: 'PFUTA', offset: 0xf400, count: 128 },
  { name: 'PFMRCTL', offset: 0xf600, count: 4, writable: 0x3f0f },
  { name: 'PFMRVLAN', offset: 0xf610, count: 8 },
  { name: 'PFMRVM', offset: 0xf630, count: 8 },
  { name: 'LVMMC_RX', offset: 0x2fa8, kind: 'rc' },
  { name: 'WQBR_RX', offset: 0x2fb0, count: 4, kind: 'w1c' },
  { name: 'LMVM_RX', offset: 0x2fa4, kind: 'ro' },
  { name: 'LVMMC_TX', offset: 0x8108, kind: 'rc' },
  { name: 'WQBR_TX', offset: 0x8130, count: 4, kind: 'w1c' },
  { name: 'LMVM_TX', offset: 0x8124, kind: 'ro' },
  { name: 'FDIRCTRL', offset: 0xee00, reset: 8, writable: 0xfffffff7 },
  { name: 'FDIRHASH', offset: 0xee28 },
  { name: 'FDIRCMD', offset: 0xee2c, writable: 0 },
  { name: 'FDIRFREE', offset: 0xee38 },
  { name: 'FDIRHKEY', offset: 0xee68 },
  { name: 'FDIRSKEY', offset: 0xee6c },
  // Fields and masks of perfect filters, which are not there: a command ends and has done nothing.
  { name: 'FDIRSIPV6', offset: 0xee0c, count: 3 },
  { name: 'FDIRIPSA', offset: 0xee18 },
  { name: 'FDIRIPDA', offset: 0xee1c },
  { name: 'FDIRPORT', offset: 0xee20 },
  { name: 'FDIRVLAN', offset: 0xee24 },
  { name: 'FDIRDIP4M', offset: 0xee3c },
  { name: 'FDIRSIP4M', offset: 0xee40 },
  { name: 'FDIRTCPM', offset: 0xee44 },
  { name: 'FDIRUDPM', offset: 0xee48 },
  { name: 'FDIRM', offset: 0xee70 },
  { name: 'FDIRIP6M', offset: 0xee74 },
  { name: 'FDIRSCTPM', offset: 0xee78 },
  { name: 'FDIRLEN', offset: 0xee4c, kind: 'rc' },
  { name: 'FDIRUSTAT', offset: 0xee50, kind: 'rc' },
  { name: 'FDIRFSTAT', offset: 0xee54, kind: 'rc' },
  { name: 'FDIRMATCH', offset: 0xee58, kind: 'rc' },
  { name: 'FDIRMISS', offset: 0xee5c, kind: 'rc' },
]

/** Mailboxes and resets of virtual functions (8.2.3.27), and what only these reach (8.3). */
export const VIRTUAL: readonly RegisterSpec[] = [
  { name: 'PVFCTRL', offset: 0x300, count: 64 },
  { name: 'PFVFLRE', offset: 0x600, kind: 'ro' },
  { name: 'PFVFLRE_HIGH', offset: 0x1c0, kind: 'ro' },
  { name: 'PFVFLREC', offset: 0x700, count: 2 },
  { name: 'PFMBICR', offset: 0x710, count: 4, kind: 'w1c' },
  { name: 'PFMBIMR', offset: 0x720, count: 2, reset: 0xffffffff },
  { name: 'PFMAILBOX', offset: 0x4b00, count: 64 },
  { name: 'PFMBMEM', offset: 0x13000, count: 1024 },
  { name: 'VFMAILBOX', offset: HIDDEN.mailbox, count: 64 },
  { name: 'VTEITR', offset: HIDDEN.vteitr, count: 256, writable: 0x00008ff8 },
  {
    name: 'VTIVAR',
    offset: HIDDEN.vtivar,
    count: 256,
    writable: 0x83838383,
    aliases: [{ offset: 0x12500, stride: 4, count: 64, step: 4 }],
  },
  { name: 'VTRSCINT', offset: HIDDEN.vtrscint, count: 512 },
  { name: 'VFLINKS', offset: HIDDEN.vflinks, kind: 'ro' },
]
