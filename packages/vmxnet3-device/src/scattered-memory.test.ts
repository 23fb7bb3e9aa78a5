import { COST_KINDS } from '@npa/core'
import { PAGE } from '@npa/memory'
import { RxMode } from '@npa/vmxnet3-spec'
import { expect, test } from 'vitest'
import { TestDriver } from './testing/driver.js'
import { plainFrame } from './testing/frames.js'
import { Guest, RAM, RAM_BYTES } from './testing/guest.js'

test('rings and buffers whose pages are not one piece work as well', () => {
  const guest = new Guest()
  const driver = new TestDriver(guest, { txRing: 512, ring1: 512, ring2: 512 })
  // Every page becomes a mapping of its own, so neither a completion ring nor a buffer is one span.
  const pages = Array.from({ length: RAM_BYTES / PAGE }, (_, i) => i * PAGE)
  guest.space.unmap(RAM, RAM_BYTES)
  for (const page of pages) guest.space.map(RAM + page, PAGE, guest.ram + page)
  driver.open(RxMode.unicast)
  for (let i = 0; i < 600; i++) {
    driver.send(plainFrame(200, i), { cuts: [100] })
    guest.settle()
    expect(driver.completions()).toEqual([(2 * i + 1) % 512])
    guest.switch.deliver([{ bytes: plainFrame(3000, i) }])
    expect(driver.receive()[0].bytes).toEqual(plainFrame(3000, i))
  }
  expect(guest.switch.seen.at(-1)?.bytes).toEqual(plainFrame(200, 599))
}, 120_000)

test('copies and descriptors are charged as they happen', () => {
  const charged = new Map<string, number>(COST_KINDS.map((kind) => [kind, 0]))
  const guest = new Guest({ cost: { charge: (kind, n) => charged.set(kind, (charged.get(kind) ?? 0) + n) } })
  const driver = new TestDriver(guest)
  driver.open()
  driver.send(plainFrame(1000), { cuts: [100, 100] })
  driver.send(plainFrame(60))
  guest.settle()
  const now = (): (number | undefined)[] =>
    ['copyCall', 'copyByte', 'emulatedDescriptor'].map((kind) => charged.get(kind))
  expect(now()).toEqual([2, 1060, 4 + 2])
  guest.switch.deliver([
    { bytes: plainFrame(3000) },
    { bytes: plainFrame(42) },
    { bytes: plainFrame(60, 1, [2, 2, 2, 2, 2, 2]) },
  ])
  expect(now()).toEqual([4, 4120, 6 + 4 + 2])
})
