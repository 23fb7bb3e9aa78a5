import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseAnswer, requestLine } from './answer.js'

const token = '00112233445566778899aabbccddeeff'
const line = `${token} 7 0 d41d8cd98f00b204e9800998ecf8427e `

test('an answer without output, and one with', () => {
  expect(parseAnswer(line, token)).toEqual({ number: 7, code: 0, output: '' })
  const hello = `${token} 12 143 b1946ac92492d2347c6235b4d2611184 aGVsbG8K`
  expect(parseAnswer(hello, token)).toEqual({ number: 12, code: 143, output: 'hello\n' })
})

test('a request that was begun', () => {
  expect(parseAnswer(`${token} 3 begun`, token)).toBe(3)
  expect(parseAnswer(`${token} x begun`, token)).toBeUndefined()
})

test('any damage is noticed, and so is another token', () => {
  const good = `${token} 12 143 b1946ac92492d2347c6235b4d2611184 aGVsbG8K`
  const numbers = [33, 34, 36, 37, 38]
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.constantFrom('', 'x', '=', ' '), (at, put) => {
      // Number and exit code have no check of their own: the number is the one asked for, or the answer is not taken.
      if (numbers.includes(at) || good[at] === put) return
      expect(parseAnswer(good.slice(0, at) + put + good.slice(at + 1), token)).toBeUndefined()
    }),
  )
  expect(parseAnswer('[    2.401254] ACPI: IRQ 3 override to edge(!), high(!)', token)).toBeUndefined()
  expect(parseAnswer(good, token.replace('0', '1'))).toBeUndefined()
})

test('a request is what the guest checks: number, seconds, MD5 and script', () => {
  const [number, seconds, sum, script] = requestLine(5, 30, 'echo "a b"\n').trim().split(' ')
  expect([number, seconds]).toEqual(['5', '30'])
  const shell = 'echo "$1" | base64 -d | md5sum | cut -c 1-32'
  expect(execFileSync('sh', ['-c', shell, 'sh', script], { encoding: 'utf8' }).trim()).toBe(sum)
})
