import { expect, test } from 'vitest'
import { verdicts } from './court.mjs'

const row = (check, result) => ({
  driver: 'vmxnet3',
  device: 'npa vmxnet3',
  kernel: '6.1',
  check,
  result,
  detail: 'said',
})
const json = (...rows) => JSON.stringify({ versions: {}, rows })

test('rows that passed and failed are counted, those that did not run are complained of', () => {
  const { rows, complaints } = verdicts(json(row('ping', 'pass'), row('RSS', 'fail'), row('LRO', 'not run')), false)
  expect(rows.map(({ name, ok }) => [name, ok])).toEqual([
    ['vmxnet3 of 6.1 on npa vmxnet3: ping', true],
    ['vmxnet3 of 6.1 on npa vmxnet3: RSS', false],
  ])
  expect(complaints).toEqual(['vmxnet3 of 6.1 on npa vmxnet3: LRO: said'])
})

test('a download that failed fails nothing, and is said', () => {
  const { rows, complaints } = verdicts(json(row('ping', 'not run')), false)
  expect(rows).toEqual([])
  expect(complaints).toHaveLength(2)
})

test('a court that broke down is a failure, with rows or without', () => {
  expect(verdicts(undefined, false).rows).toMatchObject([{ ok: false }])
  expect(verdicts(json(row('ping', 'pass')), false).rows.filter(({ ok }) => !ok)).toHaveLength(1)
  expect(verdicts(json(row('ping', 'pass')), true).rows.filter(({ ok }) => !ok)).toEqual([])
})
