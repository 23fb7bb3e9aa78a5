import { expect, test } from 'vitest'
import { parseRate, parseSize, parseTime, quantityPattern, SIZE_UNITS } from './units.js'

test.each([
  ['10 Gb/s', 10e9],
  ['10Gb/s', 10e9],
  ['2.5 Gb/s', 2.5e9],
  ['1.1 Gb/s', 1.1e9],
  ['100 Mb/s', 100e6],
])('rate %s', (text, bitsPerSecond) => {
  expect(parseRate(text)).toBe(bitsPerSecond)
})

test.each([
  ['7 ns', 7],
  ['1 us', 1000],
  ['0.5 us', 500],
  ['3 ms', 3e6],
  ['1 s', 1e9],
])('time %s', (text, ns) => {
  expect(parseTime(text)).toBe(ns)
})

test.each([
  ['60 B', 60],
  ['16 KiB', 16384],
  ['1.5 KiB', 1536],
  ['64 MiB', 67108864],
  ['1 GiB', 1073741824],
])('size %s', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes)
})

test.each(['10', '10 ', '10 kB', '10 KB', '10 kib', '-1 B', '1e3 B', '1,5 KiB', ' 1 B', '1  B', '1 B s', '', 'B'])(
  'no size: "%s"',
  (text) => {
    expect(parseSize(text)).toBeUndefined()
    expect(new RegExp(quantityPattern(SIZE_UNITS)).test(text)).toBe(false)
  },
)

test('what every object has is no unit', () => {
  expect(parseSize('1 constructor')).toBeUndefined()
  expect(parseSize('1 toString')).toBeUndefined()
})

test('units of another kind are refused', () => {
  expect(parseRate('10 GB/s')).toBeUndefined()
  expect(parseTime('10 MiB')).toBeUndefined()
  expect(parseSize('10 ms')).toBeUndefined()
})

test('a part of a byte, of a bit per second or of a nanosecond is none', () => {
  expect(parseSize('1.0001 KiB')).toBeUndefined()
  expect(parseTime('0.1 ns')).toBeUndefined()
  expect(parseRate('0.0000001 Mb/s')).toBeUndefined()
})
