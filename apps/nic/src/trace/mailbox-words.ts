import { formatMac } from '@npa/wire'

/** Word 0 (82599, mailbox API of Linux's ixgbe and igb): what was answered, and extra information. */
const SUCCESS = 0x80000000
const FAILURE = 0x40000000
const CTS = 0x20000000
const INFO_SHIFT = 16

const NAMES: Readonly<Record<number, string>> = {
  0x01: 'RESET',
  0x02: 'SET_MAC_ADDR',
  0x03: 'SET_MULTICAST',
  0x04: 'SET_VLAN',
  0x05: 'SET_LPE',
  0x06: 'SET_MACVLAN',
  0x08: 'API_NEGOTIATE',
  0x09: 'GET_QUEUES',
  0x0a: 'GET_RETA',
  0x0b: 'GET_RSS_KEY',
  0x0c: 'UPDATE_XCAST_MODE',
  0x0d: 'IPSEC_ADD',
  0x0e: 'IPSEC_DEL',
  0x10: 'GET_LINK_STATE',
  0x11: 'GET_PF_LINK_STATE',
}
/** Of the PF's own accord. */
const CONTROL = 0x100

/** By the number in the message. */
const VERSIONS = ['1.0', '2.0', '1.1', '1.2', '1.3', '1.4', '1.5', '1.6', '1.7']
const XCAST = ['none', 'multicast', 'all multicast', 'promiscuous']

/** What a message of the mailbox says; igb has the same numbers for the first six. */
export function mailboxMessage(words: readonly number[]): string {
  const [first = 0] = words
  const id = first & 0xffff
  const info = (first >>> INFO_SHIFT) & 0xff
  const answer = (first & SUCCESS) !== 0 ? 'granted' : (first & FAILURE) !== 0 ? 'refused' : ''
  if ((first & 0x1ff) === CONTROL) return `PF control message${(first & CTS) === 0 ? ', not clear to send' : ''}`
  const name = NAMES[id] ?? `message 0x${id.toString(16)}`
  return [name, details(id, info, words), answer].filter((part) => part !== '').join(' ')
}

function details(id: number, info: number, words: readonly number[]): string {
  const [, second = 0, third = 0] = words
  switch (id) {
    case 0x01:
    case 0x02:
      return second === 0 && third === 0 ? '' : formatMac(macOf(second, third))
    case 0x03:
      return `${info} addresses`
    case 0x04:
      return `${info === 0 ? 'remove' : 'add'} VLAN ${second & 0xfff}`
    case 0x05:
      return `longest frame ${second}`
    case 0x06:
      return info === 0 ? 'clear' : `add ${formatMac(macOf(second, third))}`
    case 0x08:
      return VERSIONS[second] ?? `version number ${second}`
    case 0x0c:
      return XCAST[second] ?? `mode ${second}`
    default:
      return ''
  }
}

function macOf(low: number, high: number): Uint8Array {
  return Uint8Array.of(low, low >>> 8, low >>> 16, low >>> 24, high, high >>> 8)
}
