import { Implementation } from '@npa/vmxnet3-spec'
import { describe, expect, test } from 'vitest'
import { modeInput, modeTable } from './index.js'
import type { ModeState } from './index.js'

const states = Object.keys(modeTable) as ModeState[]

function after(state: ModeState): ModeState[] {
  return Object.values(modeTable[state]).flatMap((step) => [step.next, step.otherwise])
}

describe('the mode table', () => {
  test('leads everywhere from emulation', () => {
    const reached = new Set<ModeState>(['emulated'])
    for (const state of reached) for (const next of after(state)) reached.add(next)
    expect([...reached].sort()).toEqual([...states].sort())
  })

  test('leads back from everywhere when the hypervisor takes the VF away', () => {
    for (const state of states.filter((one) => one !== 'down')) {
      expect(modeTable[state].revoked).toMatchObject({ action: 'forget', next: 'emulated' })
    }
  })

  test('an event seen twice changes nothing the second time', () => {
    for (const state of states) {
      for (const [input, step] of Object.entries(modeTable[state])) {
        if (input === 'revoked') continue // the device says it only until it is activated
        const again = modeTable[step.next][input as keyof typeof Implementation]
        expect(`${state} ${input}: ${again?.action ?? 'nothing'}`).toBe(
          `${state} ${input}: ${input === 'offered' && step.action !== 'load' ? 'load' : 'nothing'}`,
        )
      }
    }
  })

  test('unknown answers of the device are no input', () => {
    expect(modeInput(Implementation.ready)).toBe('ready')
    expect(modeInput(0xffffffff)).toBeUndefined()
    expect(modeInput(6)).toBeUndefined()
  })
})
