import { describe, expect, test } from 'vitest'
import { postedDescriptor, txDescriptor, writtenBack } from './descriptor-words.js'
import { fieldsOf } from './fields.js'
import { mailboxMessage } from './mailbox-words.js'
import { passes } from './trace-event.js'
import type { TraceEvent } from './trace-event.js'

describe('mailbox', () => {
  test.each([
    [[1, 0, 0], 'RESET'],
    [[0x80000001, 0x12005452, 0x5634], 'RESET 52:54:00:12:34:56 granted'],
    [[2, 0x12005452, 0x5634], 'SET_MAC_ADDR 52:54:00:12:34:56'],
    [[0x00020003, 0, 0], 'SET_MULTICAST 2 addresses'],
    [[0x00010004, 100, 0], 'SET_VLAN add VLAN 100'],
    [[0x40000005, 9018, 0], 'SET_LPE longest frame 9018 refused'],
    [[8, 6, 0], 'API_NEGOTIATE 1.5'],
    [[0x0c, 1, 0], 'UPDATE_XCAST_MODE multicast'],
    [[0x20000100, 0, 0], 'PF control message'],
    [[0x100, 0, 0], 'PF control message, not clear to send'],
    [[0x77, 0, 0], 'message 0x77'],
    [[], 'message 0x0'],
  ])('%j', (words, text) => {
    expect(mailboxMessage(words)).toBe(text)
  })
})

describe('descriptors', () => {
  test.each([
    [[0x1000, 1, 0x0b00003c, 0], 'legacy, 60 bytes at 0x100001000 EOP IFCS RS'],
    [[0x2000, 0, 0x2b30003c | 0, 60 << 14], 'data, 60 bytes at 0x2000, payload 60 EOP IFCS RS'],
    [
      [0x2000, 0, 0xa93005dc | 0, (60000 << 14) | 0x300],
      'data, 1500 bytes at 0x2000, payload 60000 EOP RS TSE IXSM TXSM',
    ],
    [
      [0x00641c14, 0, 0x20200800, (1460 << 16) | (20 << 8)],
      'context 0: MAC header 14, IP header 20, VLAN 100, TCP, MSS 1460, L4 header 20',
    ],
    [[0x2000, 0, 0x21f0003c, 0], 'of unknown kind 15 at 0x2000 EOP'],
  ] as const)('transmit %#', (words, text) => {
    expect(txDescriptor(words)).toBe(text)
  })

  test('receive: posted and written back', () => {
    expect(postedDescriptor([0x3000, 0, 0, 0])).toBe('buffer at 0x3000')
    expect(postedDescriptor([0x3000, 0, 0x4000, 0])).toBe('buffer at 0x3000, header at 0x4000')
    expect(writtenBack('rx', [0, 0, 0x4000002b, (100 << 16) | 98])).toBe(
      'done, 98 bytes, EOP VP L4CS, VLAN 100, errors 0x400',
    )
    expect(writtenBack('tx', [0, 0, 0, 1])).toBe('done')
  })
})

test.each([
  ['intel-82599', 'CTRL', 0x04000008, 'LRST RST'],
  ['intel-82599', 'VFRXDCTL(1)', 0x42000000, 'ENABLE VME'],
  ['intel-82576', 'RCTL', 0x8002, 'RXEN BAM'],
  ['intel-82576', 'V2PMAILBOX', 0x81, 'REQ RSTD'],
  ['intel-82599', 'LINKS', 0x70000000, 'UP SPEED=3'],
  ['intel-82599', 'RDT(0)', 31, ''],
  ['vmxnet3', 'CMD', 0xcafe0000, ''],
])('%s %s', (model, register, value, words) => {
  expect(fieldsOf(model, register, value)).toBe(words)
})

test.each([
  [{}, true],
  [{ functions: ['vf0'] }, true],
  [{ functions: ['pf'] }, false],
  [{ kinds: ['write' as const] }, true],
  [{ kinds: ['read' as const, 'mailbox' as const] }, false],
  [{ registers: ['vfrdt'] }, true],
  [{ registers: ['VFR*'] }, true],
  [{ registers: ['RDT'] }, false],
])('a filter %j', (filter, through) => {
  const event: TraceEvent = { ns: 0, who: 'vf0', kind: 'write', register: 'VFRDT(0)', text: '' }
  expect(passes(filter)(event)).toBe(through)
})
