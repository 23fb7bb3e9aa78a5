import { expect, test } from 'vitest'
import * as R from './registers.js'
import { FakeChip } from './testing/fake-chip.js'

/** A driver that writes down what it reports, and an interrupt of its third vector. */
function bench(): { chip: FakeChip; log: string[]; interrupt: (causes: number) => void } {
  const chip = new FakeChip()
  const log: string[] = []
  chip.running({
    events: {
      link: (up) => log.push(`link ${up}`),
      malicious: (one) => log.push(`malicious ${JSON.stringify(one)}`),
    },
  })
  const interrupt = (causes: number): void => {
    chip.set(R.ICR, causes)
    chip.handlers[2]()
    chip.scheduler.run(() => false, chip.scheduler.nowNs() + 1000)
  }
  return { chip, log, interrupt }
}

test('the link is reported when it comes up and when it changes; the vector is unmasked again', () => {
  const { chip, log, interrupt } = bench()
  expect(log).toEqual(['link true'])
  interrupt(R.Cause.linkChange)
  chip.set(R.STATUS, 0)
  interrupt(R.Cause.linkChange)
  expect(log).toEqual(['link true', 'link false'])
  expect(chip.taken()).toEqual([
    { offset: R.EIMS, value: 4 },
    { offset: R.EIMS, value: 4 },
  ])
})

test('a stopped queue is reported by its cause: the chip does not say which one it was', () => {
  const { chip, log, interrupt } = bench()
  log.length = 0
  chip.clearedByRead.add(R.LVMMC)
  chip.set(R.LVMMC, 0x8000)
  interrupt(R.Cause.misbehaviour)
  interrupt(R.Cause.misbehaviour)
  expect(log).toEqual(['malicious {"cause":32768}'])
})

test('resets of VFs that nobody holds are taken away and not reported', () => {
  const { chip, log, interrupt } = bench()
  log.length = 0
  chip.taken()
  chip.set(R.VFLRE, 0b101)
  interrupt(R.Cause.mailbox)
  expect(chip.taken()).toContainEqual({ offset: R.VFLRE, value: 0b101 })
  expect(log).toEqual([])
})
