/**
 * Registers of the 82599's physical function, byte offsets in BAR0, and their bits (82599 datasheet 8.2.3; names as there). Arrays
 * are functions of the index.
 */

export const CTRL = 0x00000
export const Ctrl = { linkReset: 0x8, reset: 0x04000000 } as const

export const CTRL_EXT = 0x00018
export const CtrlExt = { pfResetDone: 0x4000, noSnoopDisable: 0x10000, driverLoaded: 0x10000000 } as const

export const EEC = 0x10010
export const EEC_AUTO_READ_DONE = 0x200

// Link
export const AUTOC = 0x042a0
export const AUTOC_RESTART = 0x1000
export const LINKS = 0x042a4
export const LINKS_UP = 0x40000000

// Interrupts
export const EICR = 0x00800
export const EICS = 0x00808
export const EIAC = 0x00810
export const EIMS = 0x00880
export const EIMC = 0x00888
export const GPIE = 0x00898
export const Gpie = {
  multipleMsix: 0x10,
  otherClearDisable: 0x20,
  vtModeShift: 14,
  autoMaskEnable: 0x40000000,
  pbaSupport: 0x80000000,
} as const
export const EIMS_EX0 = 0x00aa0
export const EIMC_EX0 = 0x00ab0
export const EIMC_EX1 = 0x00ab4
export const EIAM_EX0 = 0x00ad0
export const IVAR_MISC = 0x00a00
/** An entry of IVAR is a vector and this bit. */
export const IVAR_VALID = 0x80

export function EITR(vector: number): number {
  return 0x00820 + 4 * vector
}
export const EITR_KEEP_COUNT = 0x80000000

/** Serves queues 2n and 2n+1: byte (queue & 1) * 2 + (0 receive, 1 transmit). */
export function IVAR(n: number): number {
  return 0x00900 + 4 * n
}

/** Causes in EICR, EICS, EIMS and EIMC. */
export const Cause = { pciException: 0x40000, mailbox: 0x80000, linkChange: 0x100000 } as const

// Receive path
export const RXCTRL = 0x03000
export const RXCTRL_ENABLE = 1
export const RDRXCTL = 0x02f00
export const Rdrxctl = { crcStrip: 0x2, dmaInitDone: 0x8, rscFirstSize: 0x3e0000, rscAckFixes: 0x6000000 } as const
export const RXMEMWRAP = 0x03190
export const QDE = 0x02f04
export const Qde = { enable: 0x1, indexShift: 8, write: 0x10000 } as const
export const HLREG0 = 0x04240
export const Hlreg0 = { txCrc: 0x1, rxCrcStrip: 0x2, jumbo: 0x4, txPad: 0x400 } as const
export const MAXFRS = 0x04268
export const RXCSUM = 0x05000
/** PCSD: the RSS hash takes the place of the fragment checksum. */
export const RXCSUM_HASH = 0x2000
export const RFCTL = 0x05008
/** RSC and NFS header recognition off. */
export const RFCTL_PLAIN = 0xe0
export const SECRXCTRL = 0x08d00
export const SECRXCTRL_STOP = 0x2
export const SECRXSTAT = 0x08d04
export const SECRXSTAT_STOPPED = 0x1
export function RXPBSIZE(n: number): number {
  return 0x03c00 + 4 * n
}

// Transmit path
export const DMATXCTL = 0x04a80
export const DMATXCTL_ENABLE = 1
export const RTTDCS = 0x04900
export const RTTDCS_ARBITER_OFF = 0x40
export const MTQC = 0x08120
export function TXPBSIZE(n: number): number {
  return 0x0cc00 + 4 * n
}
export function TXPBTHRESH(n: number): number {
  return 0x04950 + 4 * n
}

// Queues: the first 64 receive queues and the last 64 lie apart
function rx(queue: number): number {
  return queue < 64 ? 0x1000 + 0x40 * queue : 0xd000 + 0x40 * (queue - 64)
}
function tx(queue: number): number {
  return 0x6000 + 0x40 * queue
}
export const RDBAL = (queue: number): number => rx(queue)
export const SRRCTL = (queue: number): number => rx(queue) + 0x14
export const RDT = (queue: number): number => rx(queue) + 0x18
export const RXDCTL = (queue: number): number => rx(queue) + 0x28
export const RSCCTL = (queue: number): number => rx(queue) + 0x2c
export const TDBAL = (queue: number): number => tx(queue)
export const TDLEN = (queue: number): number => tx(queue) + 0x08
export const TDH = (queue: number): number => tx(queue) + 0x10
export const TDT = (queue: number): number => tx(queue) + 0x18
export const TXDCTL = (queue: number): number => tx(queue) + 0x28
export const Rxdctl = { enable: 0x2000000, stripVlan: 0x40000000 } as const
/** TXDCTL: prefetch and host thresholds of 32 and 1 descriptors, write-back of each (WTHRESH 0). */
export const TXDCTL_THRESHOLDS = 0x120
/** Advanced descriptors, one buffer; drop when there is none. The buffer's KiB in the low bits. */
export const Srrctl = { advanced: 0x2000000, dropEnable: 0x10000000 } as const

// Filters
export const FCTRL = 0x05080
export const Fctrl = { allMulticast: 0x100, allUnicast: 0x200, broadcast: 0x400 } as const
export const VLNCTRL = 0x05088
export const VLNCTRL_FILTER = 0x40000000
export const MCSTCTRL = 0x05090
export const MCSTCTRL_ENABLE = 0x4
export const RAH_VALID = 0x80000000
export const VLVF_ENABLE = 0x80000000
export const MTA = (n: number): number => 0x05200 + 4 * n
export const RAL = (n: number): number => (n < 16 ? 0x05400 : 0x0a200) + 8 * n
export const RAH = (n: number): number => RAL(n) + 4
/** Pools 0 to 31 of a RAR entry, then pools 32 to 63. */
export const MPSAR_LO = (n: number): number => 0x0a600 + 8 * n
export const MPSAR_HI = (n: number): number => 0x0a604 + 8 * n
export const VFTA = (n: number): number => 0x0a000 + 4 * n
export const PFUTA = (n: number): number => 0x0f400 + 4 * n
export const PFVLVF = (n: number): number => 0x0f100 + 4 * n
export const PFVLVFB_LO = (n: number): number => 0x0f200 + 8 * n
export const PFVLVFB_HI = (n: number): number => 0x0f204 + 8 * n

// Pools
export const PFVTCTL = 0x051b0
export const Pfvtctl = { enable: 0x1, defaultPoolShift: 7, replication: 0x40000000 } as const
export const PFVFRE_LO = 0x051e0
export const PFVFRE_HI = 0x051e4
export const PFVFTE_LO = 0x08110
export const PFVFTE_HI = 0x08114
export const PFDTXGSWC = 0x08220
export const PFDTXGSWC_LOOPBACK = 1
export const GCR_EXT = 0x11050
export const GCR_EXT_MSIX = 0x80000000
export const MRQC = 0x05818
export const PFVML2FLT = (pool: number): number => 0x0f000 + 4 * pool
export const Pfvml2flt = {
  untagged: 0x1000000,
  multicastTable: 0x2000000,
  broadcast: 0x8000000,
  allMulticast: 0x10000000,
} as const
export const PFPSRTYPE = (pool: number): number => 0x0ea00 + 4 * pool
/** RQPL: of a pool's RSS index so many bits count. */
export const PSRTYPE_RSS_BITS_SHIFT = 29
export const RSSRK = (n: number): number => 0x05c80 + 4 * n
export const RETA = (n: number): number => 0x05c00 + 4 * n

// Virtual functions
export const PVFCTRL = (vf: number): number => 0x00300 + 4 * vf
export const PVFCTRL_RESET = 0x04000000
export const PFVFLRE = 0x00600
export const PFVFLREC = 0x00700
export const PFMBIMR = (n: number): number => 0x00720 + 4 * n
export const PVTEIMC = (vf: number): number => 0x00e00 + 4 * vf
export const PVTEICR = (vf: number): number => 0x00b00 + 4 * vf
export const PVTEIAC = (vf: number): number => 0x00f00 + 4 * vf
export const PVTEIAM = (vf: number): number => 0x04d00 + 4 * vf
/** Queues 0 and 1 of a VF, as IVAR. */
export const PVTIVAR = (vf: number): number => 0x12500 + 4 * vf
export const PVTIVAR_MISC = (vf: number): number => 0x04e00 + 4 * vf
export const PFVMVIR = (vf: number): number => 0x08000 + 4 * vf
export const PFVFSPOOF = (n: number): number => 0x08200 + 4 * n
export const VMECM = (n: number): number => 0x08790 + 4 * n
/** Cause of the last misbehaviour, cleared by reading, and the queue that it happened on. */
export const LVMMC_RX = 0x02fa8
export const LMVM_RX = 0x02fa4
export const LVMMC_TX = 0x08108
export const LMVM_TX = 0x08124
export const LMVM_QUEUE = 0x7f
