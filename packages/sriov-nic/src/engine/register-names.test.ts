import { expect, test } from 'vitest'
import { registerNames as names76 } from '../intel-82576/index.js'
import { registerNames as names99 } from '../intel-82599/index.js'

test.each([
  ['82599', names99, 'pf', { 0x0: 'CTRL', 0x4: 'CTRL', 0x1018: 'RDT(0)', 0xd058: 'RDT(65)', 0x5408: 'RAL(1)' }],
  ['82599', names99, 'pf', { 0xa208: 'RAL(1)', 0x820: 'EITR(0)', 0x10014: 'EERD', 0x13040: 'PFMBMEM(16)' }],
  ['82599', names99, 'vf', { 0x2fc: 'VFMAILBOX', 0x204: 'VFMBMEM(1)', 0x1058: 'VFRDT(1)', 0x2018: 'VFTDT(0)' }],
  ['82576', names76, 'pf', { 0x14: 'EERD', 0x2818: 'RDT(0)', 0xc018: 'RDT(0)', 0xc58: 'V2PMAILBOX(6)' }],
  [
    '82576',
    names76,
    'vf',
    { 0x0: 'VTCTRL', 0xc40: 'V2PMAILBOX', 0x804: 'VMBMEM(1)', 0x2918: 'RDT(1)', 0x1580: 'VTEICR' },
  ],
] as const)('%s, %s: the manual’s names', (_chip, names, of, expected) => {
  const found = names(of)
  expect(Object.fromEntries(Object.keys(expected).map((at) => [at, found.get(Number(at))]))).toEqual(expected)
})
