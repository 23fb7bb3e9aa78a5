/** Bits by the manual's names (82599 datasheet 7.1.5, 7.1.6, 7.2.3; 82576 has the same places). */
const TX_COMMAND = [
  [24, 'EOP'],
  [25, 'IFCS'],
  [27, 'RS'],
  [30, 'VLE'],
  [31, 'TSE'],
] as const
const DEXT = 1 << 29
const CONTEXT = 2
const DATA = 3
const RX_STATUS = [
  [1, 'EOP'],
  [3, 'VP'],
  [4, 'UDPCS'],
  [5, 'L4CS'],
  [6, 'IPCS'],
  [7, 'PIF'],
] as const
const L4_TYPES = ['UDP', 'TCP', 'SCTP', 'L4=3']

/** Four words. */
export type Descriptor = readonly [number, number, number, number]

/** A transmit descriptor as its driver wrote it. */
export function txDescriptor([low, high, command, info]: Descriptor): string {
  const flags = bits(command, TX_COMMAND)
  const at = `0x${address(low, high)}`
  if ((command & DEXT) === 0) return `legacy, ${command & 0xffff} bytes at ${at}${flags}`
  const kind = (command >>> 20) & 0xf
  if (kind === CONTEXT) {
    const mac = (low >>> 9) & 0x7f
    const ip = low & 0x1ff
    const l4 = `${L4_TYPES[(command >>> 11) & 3]}, MSS ${info >>> 16}, L4 header ${(info >>> 8) & 0xff}`
    return `context ${(info >>> 4) & 7}: MAC header ${mac}, IP header ${ip}, VLAN ${(low >>> 16) & 0xfff}, ${l4}`
  }
  if (kind !== DATA) return `of unknown kind ${kind} at ${at}${flags}`
  const offloads = [(info & 0x100) === 0 ? '' : ' IXSM', (info & 0x200) === 0 ? '' : ' TXSM'].join('')
  return `data, ${command & 0xffff} bytes at ${at}, payload ${info >>> 14}${flags}${offloads}`
}

/** A receive descriptor as its driver posted it. */
export function postedDescriptor([low, high, header, headerHigh]: Descriptor): string {
  const split = header === 0 && headerHigh === 0 ? '' : `, header at 0x${address(header, headerHigh)}`
  return `buffer at 0x${address(low, high)}${split}`
}

/** What the chip wrote back. */
export function writtenBack(kind: 'rx' | 'tx', [hash, , status, length]: Descriptor): string {
  if (kind === 'tx') return (length & 1) === 0 ? 'nothing' : 'done'
  const errors = status >>> 20
  const coalesced = (hash >>> 17) & 0xf
  return [
    (status & 1) === 0 ? 'not done' : 'done',
    `${length & 0xffff} bytes`,
    bits(status, RX_STATUS).trim(),
    (status & 8) === 0 ? '' : `VLAN ${(length >>> 16) & 0xfff}`,
    coalesced === 0 ? '' : `RSCCNT ${coalesced}`,
    errors === 0 ? '' : `errors 0x${errors.toString(16)}`,
  ]
    .filter((part) => part !== '')
    .join(', ')
}

function bits(word: number, names: readonly (readonly [number, string])[]): string {
  return names.map(([bit, name]) => (((word >>> bit) & 1) === 0 ? '' : ` ${name}`)).join('')
}

function address(low: number, high: number): string {
  return ((high >>> 0) * 4294967296 + (low >>> 0)).toString(16)
}
