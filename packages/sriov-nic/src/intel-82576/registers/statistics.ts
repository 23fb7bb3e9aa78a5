import type { RegisterSpec } from '../../engine/register-file.js'

function cleared(name: string, offset: number): RegisterSpec {
  return { name, offset, kind: 'rc' }
}

/** A 64-bit counter: the high word clears both when it is read. */
function wide(name: string, offset: number): RegisterSpec[] {
  return [
    { name: `${name}L`, offset, kind: 'ro' },
    { name: `${name}H`, offset: offset + 4, kind: 'rc' },
  ]
}

/** Counters of one virtual function, 0x100 apart. */
function free(name: string, offset: number): RegisterSpec {
  return { name, offset, count: 8, stride: 0x100, kind: 'ro' }
}

/** Statistics (82576 datasheet 8.18): those of the port are cleared by reading, those of virtual functions run freely. */
export const STATISTICS: readonly RegisterSpec[] = [
  cleared('CRCERRS', 0x4000),
  cleared('ALGNERRC', 0x4004),
  cleared('SYMERRS', 0x4008),
  cleared('RXERRC', 0x400c),
  cleared('MPC', 0x4010),
  cleared('SCC', 0x4014),
  cleared('ECOL', 0x4018),
  cleared('MCC', 0x401c),
  cleared('LATECOL', 0x4020),
  cleared('COLC', 0x4028),
  cleared('CBTMPC', 0x402c),
  cleared('DC', 0x4030),
  cleared('TNCRS', 0x4034),
  cleared('SEC', 0x4038),
  cleared('HTDPMC', 0x403c),
  cleared('RLEC', 0x4040),
  cleared('CBRDPC', 0x4044),
  cleared('XONRXC', 0x4048),
  cleared('XONTXC', 0x404c),
  cleared('XOFFRXC', 0x4050),
  cleared('XOFFTXC', 0x4054),
  cleared('FCRUC', 0x4058),
  cleared('PRC64', 0x405c),
  cleared('PRC127', 0x4060),
  cleared('PRC255', 0x4064),
  cleared('PRC511', 0x4068),
  cleared('PRC1023', 0x406c),
  cleared('PRC1522', 0x4070),
  cleared('GPRC', 0x4074),
  cleared('BPRC', 0x4078),
  cleared('MPRC', 0x407c),
  cleared('GPTC', 0x4080),
  ...wide('GORC', 0x4088),
  ...wide('GOTC', 0x4090),
  cleared('RNBC', 0x40a0),
  cleared('RUC', 0x40a4),
  cleared('RFC', 0x40a8),
  cleared('ROC', 0x40ac),
  cleared('RJC', 0x40b0),
  cleared('MGTPRC', 0x40b4),
  cleared('MGTPDC', 0x40b8),
  cleared('MGTPTC', 0x40bc),
  ...wide('TOR', 0x40c0),
  ...wide('TOT', 0x40c8),
  cleared('TPR', 0x40d0),
  cleared('TPT', 0x40d4),
  cleared('PTC64', 0x40d8),
  cleared('PTC127', 0x40dc),
  cleared('PTC255', 0x40e0),
  cleared('PTC511', 0x40e4),
  cleared('PTC1023', 0x40e8),
  cleared('PTC1522', 0x40ec),
  cleared('MPTC', 0x40f0),
  cleared('BPTC', 0x40f4),
  cleared('TSCTC', 0x40f8),
  cleared('CBRMPC', 0x40fc),
  cleared('IAC', 0x4100),
  cleared('RPTHC', 0x4104),
  cleared('ICRXATC', 0x4108),
  cleared('ICTXPTC', 0x410c),
  cleared('ICTXATC', 0x4110),
  cleared('HGPTC', 0x4118),
  cleared('ICTXQMTC', 0x411c),
  cleared('RXDMTC', 0x4120),
  cleared('HTCBDPC', 0x4124),
  ...wide('HGORC', 0x4128),
  ...wide('HGOTC', 0x4130),
  cleared('LENERRS', 0x4138),
  cleared('SSVPC', 0x41a0),
  cleared('SDPC', 0x41a4),
  cleared('SCVPC', 0x4228),
  free('PVFGPRC', 0x10010),
  free('PVFGPTC', 0x10014),
  free('PVFGORC', 0x10018),
  free('PVFGOTC', 0x10034),
  // At 0x1003C by QEMU and by its place in a virtual function, at 0x10038 by Intel's header and its igb.
  { ...free('PVFMPRC', 0x1003c), aliases: [{ offset: 0x10038, stride: 0x100, count: 8 }] },
  free('PVFGPRLBC', 0x10040),
  free('PVFGPTLBC', 0x10044),
  free('PVFGORLBC', 0x10048),
  free('PVFGOTLBC', 0x10050),
]
