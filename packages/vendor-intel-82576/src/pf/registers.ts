/**
 * Registers of the 82576's physical function, byte offsets in BAR0, and their bits (82576 datasheet 8; names as there). Arrays are
 * functions of the index.
 */

export const CTRL = 0x00000
export const Ctrl = { setLinkUp: 0x40, forceSpeed: 0x800, forceDuplex: 0x1000, reset: 0x04000000 } as const
export const STATUS = 0x00008
export const STATUS_LINK_UP = 0x2
export const EEC = 0x00010
export const EEC_AUTO_READ_DONE = 0x200
export const CTRL_EXT = 0x00018
export const CtrlExt = { pfResetDone: 0x4000, noSnoopDisable: 0x10000, driverLoaded: 0x10000000 } as const
/** One access to the PHY: data in 15:0, register from bit 16, PHY from bit 21. */
export const MDIC = 0x00020
export const Mdic = { registerShift: 16, phyShift: 21, write: 0x04000000, ready: 0x10000000 } as const

// Interrupts
export const ICR = 0x000c0
export const IMS = 0x000d0
export const IMC = 0x000d8
export const IAM = 0x000e0
/** Causes in ICR, IMS and IMC. */
export const Cause = { linkChange: 0x4, mailbox: 0x100, misbehaviour: 0x10000000 } as const
export const GPIE = 0x01514
export const Gpie = {
  nonSelectiveClear: 0x1,
  multipleMsix: 0x10,
  autoMaskEnable: 0x40000000,
  pbaSupport: 0x80000000,
} as const
export const EIMS = 0x01524
export const EIMC = 0x01528
export const EIAC = 0x0152c
export const EIAM = 0x01530
export const EICR = 0x01580
export const EITR = (vector: number): number => 0x01680 + 4 * vector
export const EITR_KEEP_COUNT = 0x80000000
/** Serves queues n and n + 8: receive and transmit of the one, then of the other, a byte each. */
export const IVAR = (n: number): number => 0x01700 + 4 * n
export const IVAR_MISC = 0x01740
/** An entry of IVAR is a vector and this bit. */
export const IVAR_VALID = 0x80

// Receive path
export const RCTL = 0x00100
export const Rctl = {
  enable: 0x2,
  allUnicast: 0x8,
  allMulticast: 0x10,
  longPackets: 0x20,
  broadcast: 0x8000,
  vlanFilter: 0x40000,
  stripCrc: 0x4000000,
} as const
export const QDE = 0x02408
export const QDE_ALL = 0xffff
/** Runs through the receive packet buffer in 2:0, empty in bit 3. */
export const PBRWAC = 0x024e8
export const RXCSUM = 0x05000
/** IPOFLD and TUOFLD; PCSD: the RSS hash takes the place of the fragment checksum. */
export const Rxcsum = { ip: 0x100, l4: 0x200, hash: 0x2000 } as const
export const RLPML = 0x05004
export const MRQC = 0x05818
/** Pools, with RSS of two queues inside those that VMOLR says; IPv4, TCP over IPv4, IPv6, TCP over IPv6 are hashed. */
export const MRQC_POOLS_RSS = 0x00330005
export const RETA = (n: number): number => 0x05c00 + 4 * n
export const RSSRK = (n: number): number => 0x05c80 + 4 * n
export const PSRTYPE = (pool: number): number => 0x05480 + 4 * pool

// Transmit path
export const TCTL = 0x00400
export const Tctl = { enable: 0x2, padShort: 0x8 } as const
export const DTXCTL = 0x03590
/** What raises the cause of misbehaviour: a queue out of step, a malicious driver, a spoofed frame. */
export const Dtxctl = { outOfStep: 0x10, maliciousDriver: 0x20, spoof: 0x40 } as const

// Queues: of pool v are v and v + 8
export const RX = (queue: number): number => 0x0c000 + 0x40 * queue
export const TX = (queue: number): number => 0x0e000 + 0x40 * queue
/** Offset in a receive queue's registers. */
export const SRRCTL = 0x0c
/** Advanced descriptors, one buffer; drop when there is none. */
export const Srrctl = { advanced: 0x2000000, dropEnable: 0x80000000 } as const
/**
 * RXDCTL: prefetch and host thresholds of 8 descriptors, write-back of each. With a write-back threshold of 0 completions of a VF
 * can be left unwritten: drivers of the 82576 set 1.
 */
export const RXDCTL_THRESHOLDS = 0x10808
/** TXDCTL: prefetch and host thresholds of 8 and 1 descriptors; of completions those that ask for it (WTHRESH 0). */
export const TXDCTL_THRESHOLDS = 0x108

// Filters
export const RAL = (n: number): number => (n < 16 ? 0x05400 + 8 * n : 0x054e0 + 8 * (n - 16))
export const RAH = (n: number): number => RAL(n) + 4
export const Rah = { poolShift: 18, valid: 0x80000000 } as const
export const VFTA = (n: number): number => 0x05600 + 4 * n
export const UTA = (n: number): number => 0x0a000 + 4 * n
export const VLVF = (n: number): number => 0x05d00 + 4 * n
export const Vlvf = { poolShift: 12, enable: 0x80000000 } as const

// Pools
export const VT_CTL = 0x0581c
export const VtCtl = { defaultPoolShift: 7, replication: 0x40000000 } as const
export const VFRE = 0x00c8c
export const VFTE = 0x00c90
export const DTXSWC = 0x03500
/** Anti-spoof of addresses from bit 0, of VLANs from bit 8. */
export const Dtxswc = { macShift: 0, vlanShift: 8, loopback: 0x80000000 } as const
export const RPLOLR = 0x05af0
export const Rplolr = { stripVlan: 0x40000000, stripCrc: 0x80000000 } as const
export const VMOLR = (pool: number): number => 0x05ad0 + 4 * pool
/** The longest frame, with FCS and tag, in the low bits. */
export const Vmolr = {
  longPackets: 0x10000,
  rss: 0x20000,
  untagged: 0x1000000,
  multicastTable: 0x2000000,
  broadcast: 0x8000000,
  allMulticast: 0x10000000,
  stripVlan: 0x40000000,
  stripCrc: 0x80000000,
} as const

// Virtual functions
export const MBVFIMR = 0x00c84
export const VFLRE = 0x00c88
export const VMVIR = (vf: number): number => 0x03700 + 4 * vf
/** Cause of the last misbehaviour, cleared by reading. */
export const LVMMC = 0x03548
const vf = (n: number): number => 0x10000 + 0x100 * n
export const PVTCTRL = (n: number): number => vf(n)
export const PVTCTRL_RESET = 0x04000000
export const PVTEIMC = (n: number): number => vf(n) + 0x28
export const PVTEIAC = (n: number): number => vf(n) + 0x2c
export const PVTEIAM = (n: number): number => vf(n) + 0x30
export const PVTEICR = (n: number): number => vf(n) + 0x80
