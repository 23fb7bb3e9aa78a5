/** A field of a register: its name, its lowest bit, and how many bits it has. */
type Field = readonly [name: string, bit: number, bits?: number]

/** Fields by register. */
type Fields = Readonly<Partial<Record<string, readonly Field[]>>>

/**
 * Fields of the registers that people look at most, by the manual's name without its number. Sources: 82599 datasheet 8.2.3 and 8.3, 82576
 * datasheet 8.2 to 8.26; the two have most of them in common.
 */
const COMMON = {
  EERD: [
    ['START', 0],
    ['DONE', 1],
    ['ADDR', 2, 14],
    ['DATA', 16, 16],
  ],
  SWSM: [
    ['SMBI', 0],
    ['SWESMBI', 1],
  ],
  RXDCTL: [
    ['ENABLE', 25],
    ['SWFLSH', 26],
    ['VME', 30],
    ['PTHRESH', 0, 7],
    ['HTHRESH', 8, 7],
    ['WTHRESH', 16, 7],
  ],
  TXDCTL: [
    ['ENABLE', 25],
    ['SWFLSH', 26],
    ['PTHRESH', 0, 7],
    ['HTHRESH', 8, 7],
    ['WTHRESH', 16, 7],
  ],
  SRRCTL: [
    ['BSIZEPACKET', 0, 7],
    ['BSIZEHEADER', 8, 6],
    ['DESCTYPE', 25, 3],
    ['DROP_EN', 28],
  ],
  VFMAILBOX: [
    ['REQ', 0],
    ['ACK', 1],
    ['VFU', 2],
    ['PFU', 3],
    ['PFSTS', 4],
    ['PFACK', 5],
    ['RSTI', 6],
    ['RSTD', 7],
  ],
  PFMAILBOX: [
    ['STS', 0],
    ['ACK', 1],
    ['VFU', 2],
    ['PFU', 3],
    ['RVFU', 4],
  ],
  VFCTRL: [['RST', 26]],
  VFLINKS: [
    ['UP', 30],
    ['SPEED', 28, 2],
  ],
  RAH: [
    ['ADDR', 0, 16],
    ['AV', 31],
  ],
  MRQC: [
    ['MRQE', 0, 4],
    ['TcpIPv4', 16],
    ['IPv4', 17],
    ['IPv6', 20],
    ['TcpIPv6', 21],
    ['UdpIPv4', 22],
    ['UdpIPv6', 23],
  ],
} as const satisfies Fields

const OF_82599: Fields = {
  ...COMMON,
  CTRL: [
    ['PCIeMasterDisable', 2],
    ['LRST', 3],
    ['RST', 26],
  ],
  STATUS: [
    ['LAN', 2, 2],
    ['LinkUp', 7],
    ['NUMVFS', 10, 7],
    ['IOV', 18],
    ['PCIeMasterEnable', 19],
  ],
  CTRL_EXT: [
    ['PFRSTD', 14],
    ['RO_DIS', 17],
    ['DRV_LOAD', 28],
  ],
  EEC: [
    ['SK', 0],
    ['CS', 1],
    ['DI', 2],
    ['DO', 3],
    ['REQ', 6],
    ['GNT', 7],
    ['PRES', 8],
    ['AUTO_RD', 9],
  ],
  EICR: [
    ['RTxQ', 0, 16],
    ['MAILBOX', 19],
    ['LSC', 20],
    ['LINKSEC', 21],
    ['ECC', 28],
    ['OTHER', 31],
  ],
  EIMS: [
    ['RTxQ', 0, 16],
    ['MAILBOX', 19],
    ['LSC', 20],
    ['OTHER', 31],
  ],
  GPIE: [
    ['MSIX', 4],
    ['OCD', 5],
    ['EIMEN', 6],
    ['VTMODE', 14, 2],
    ['EIAME', 30],
    ['PBA', 31],
  ],
  LINKS: [
    ['UP', 30],
    ['SPEED', 28, 2],
  ],
  AUTOC: [
    ['FLU', 0],
    ['RESTART_AN', 12],
    ['LMS', 13, 3],
  ],
  HLREG0: [
    ['TXCRCEN', 0],
    ['RXCRCSTRP', 1],
    ['JUMBOEN', 2],
    ['TXPADEN', 10],
    ['LPBK', 15],
  ],
  RXCTRL: [['RXEN', 0]],
  DMATXCTL: [
    ['TE', 0],
    ['GDV', 3],
    ['MDP_EN', 5],
    ['MBINTEN', 6],
  ],
  FCTRL: [
    ['SBP', 1],
    ['MPE', 8],
    ['UPE', 9],
    ['BAM', 10],
  ],
  VLNCTRL: [
    ['VET', 0, 16],
    ['CFIEN', 29],
    ['VFE', 30],
  ],
  PFVTCTL: [
    ['VT_Ena', 0],
    ['DEF_PL', 7, 6],
    ['DIS_DEF_PL', 29],
    ['REPL_EN', 30],
  ],
  PFVML2FLT: [
    ['AUPE', 24],
    ['ROMPE', 25],
    ['ROPE', 26],
    ['BAM', 27],
    ['MPE', 28],
  ],
  PFVLVF: [
    ['VLAN', 0, 12],
    ['VI_En', 31],
  ],
  MTQC: [
    ['RT_Ena', 0],
    ['VT_Ena', 1],
    ['NUM_TC_OR_Q', 2, 2],
  ],
  GCR_EXT: [['VT_Mode', 0, 2]],
  PFDTXGSWC: [['LBE', 0]],
}

const OF_82576: Fields = {
  ...COMMON,
  CTRL: [
    ['FD', 0],
    ['GIOMasterDisable', 2],
    ['SLU', 6],
    ['SPEED', 8, 2],
    ['FRCSPD', 11],
    ['RST', 26],
    ['PHY_RST', 31],
  ],
  STATUS: [
    ['FD', 0],
    ['LU', 1],
    ['LAN', 2, 2],
    ['SPEED', 6, 2],
    ['PHYRA', 10],
    ['NumVFs', 14, 4],
    ['IOV', 18],
    ['GIOMasterEnable', 19],
  ],
  CTRL_EXT: [
    ['PFRSTD', 14],
    ['DRV_LOAD', 28],
  ],
  MDIC: [
    ['DATA', 0, 16],
    ['REGADD', 16, 5],
    ['PHYADD', 21, 5],
    ['OP', 26, 2],
    ['R', 28],
    ['E', 30],
  ],
  ICR: [
    ['TXDW', 0],
    ['LSC', 2],
    ['RXDMT0', 4],
    ['RXDW', 7],
    ['VMMB', 8],
    ['FER', 22],
    ['MDDET', 28],
    ['DRSTA', 30],
    ['INTA', 31],
  ],
  IMS: [
    ['TXDW', 0],
    ['LSC', 2],
    ['RXDMT0', 4],
    ['RXDW', 7],
    ['VMMB', 8],
    ['DRSTA', 30],
  ],
  GPIE: [
    ['NSICR', 0],
    ['MSIX', 4],
    ['EIAME', 30],
    ['PBA', 31],
  ],
  RCTL: [
    ['RXEN', 1],
    ['SBP', 2],
    ['UPE', 3],
    ['MPE', 4],
    ['LPE', 5],
    ['LBM', 6, 2],
    ['BAM', 15],
    ['VFE', 18],
    ['SECRC', 26],
  ],
  TCTL: [
    ['EN', 1],
    ['PSP', 3],
    ['CT', 4, 8],
  ],
  V2PMAILBOX: COMMON.VFMAILBOX,
  P2VMAILBOX: COMMON.PFMAILBOX,
  VTCTRL: [['RST', 26]],
  VT_CTL: [
    ['DEF_PL', 7, 3],
    ['DIS_DEF_PL', 29],
    ['REPL_EN', 30],
  ],
  VMOLR: [
    ['RLPML', 0, 14],
    ['LPE', 16],
    ['AUPE', 24],
    ['ROMPE', 25],
    ['ROPE', 26],
    ['BAM', 27],
    ['MPE', 28],
    ['STRVLAN', 30],
    ['STRCRC', 31],
  ],
  VLVF: [
    ['VLAN', 0, 12],
    ['POOLSEL', 12, 8],
    ['VI_En', 31],
  ],
}

const BY_MODEL: Readonly<Partial<Record<string, Fields>>> = {
  'intel-82599': OF_82599,
  'intel-82576': OF_82576,
}

/** The fields of a register's value in words: set bits by name, wider fields that are not 0 as `NAME=n`; empty for a register without fields. */
export function fieldsOf(model: string, register: string, value: number): string {
  const name = register.replace(/\(\d+\)$/, '').replace(/^VF(?=RXDCTL|TXDCTL|SRRCTL)/, '')
  const fields = BY_MODEL[model]?.[name] ?? []
  const words = fields.flatMap(([field, bit, bits = 1]) => {
    const part = (value >>> bit) & (2 ** bits - 1)
    if (part === 0) return []
    return bits === 1 ? [field] : [`${field}=${part > 9 ? `0x${part.toString(16)}` : part}`]
  })
  return words.join(' ')
}
