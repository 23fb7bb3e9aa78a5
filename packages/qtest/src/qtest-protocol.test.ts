import fc from 'fast-check'
import { expect, test } from 'vitest'
import { QtestError } from './errors.js'
import { Qtest } from './qtest-protocol.js'
import { FakeMachine } from './testing/fake-machine.js'

function machine(): { qtest: Qtest; fake: FakeMachine } {
  const fake = new FakeMachine()
  return { qtest: new Qtest(fake), fake }
}

test('registers of three widths, little-endian, unsigned', () => {
  const { qtest, fake } = machine()
  qtest.writel(0x1000, -2)
  expect(fake.commands).toEqual(['writel 0x1000 0xfffffffe'])
  expect(qtest.readl(0x1000)).toBe(0xfffffffe)
  expect(qtest.readw(0x1000)).toBe(0xfffe)
  expect(qtest.readb(0x1000)).toBe(0xfe)
  qtest.writeb(0x1001, 0x112)
  qtest.writew(0x1002, 0x34567)
  expect(qtest.readl(0x1000)).toBe(0x456712fe)
})

test('addresses above 4 GiB are written out in full', () => {
  const { qtest, fake } = machine()
  qtest.writel(0x1_2345_6789, 1)
  expect(fake.commands).toEqual(['writel 0x123456789 0x1'])
})

test('any range of memory arrives as it was sent, and nothing beside it changes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(64), (data, at) => {
      const { qtest, fake } = machine()
      const from = new Uint8Array(at + data.length + 8)
      from.set(data, at)
      qtest.write(0x5000, from, at, data.length)
      expect(fake.bytes(0x4fff, data.length + 2)).toEqual([0, ...data, 0])
      const to = new Uint8Array(at + data.length + 8).fill(0xaa)
      qtest.read(0x5000, to, at, data.length)
      const expected = new Uint8Array(to.length).fill(0xaa)
      expected.set(data, at)
      expect(to).toEqual(expected)
    }),
  )
})

test('a transfer larger than a pipe goes in pieces that fit it', () => {
  const { qtest, fake } = machine()
  const data = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7) >> 3)
  qtest.write(0x10000, data, 0, data.length)
  expect(fake.commands.every((line) => line.length < 65536)).toBe(true)
  const back = new Uint8Array(data.length)
  qtest.read(0x10000, back, 0, back.length)
  expect(Buffer.compare(back, data)).toBe(0)
})

test('a refusal names the command and what QEMU said', () => {
  const { qtest } = machine()
  const refused = (): void => qtest.clockStep(1000)
  expect(refused).toThrow(QtestError)
  expect(refused).toThrow("qtest command 'clock_step 1000': FAIL Unknown command 'clock_step'")
})

test('a reply of the wrong length is an error, not a half-filled buffer', () => {
  const qtest = new Qtest({ send: () => undefined, receive: () => 'OK AQI=' })
  expect(() => qtest.read(0, new Uint8Array(8), 0, 8)).toThrow('2 bytes instead of 8')
})

test('a channel that fails does so under the name of the command', () => {
  const gone = (): never => {
    throw new Error('QEMU has ended')
  }
  const qtest = new Qtest({ send: () => undefined, receive: gone })
  expect(() => qtest.readl(0x20)).toThrow(QtestError)
  expect(() => qtest.readl(0x20)).toThrow("'readl 0x20': QEMU has ended")
})

test('lines about interrupts are skipped', () => {
  const { qtest, fake } = machine()
  fake.poke(0x30, [7])
  fake.news.push('IRQ raise 4', 'IRQ lower 4')
  expect(qtest.readb(0x30)).toBe(7)
})
