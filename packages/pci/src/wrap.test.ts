import type { Dma } from '@npa/memory'
import { expect, test } from 'vitest'
import { through, wrapVirtual } from './index.js'
import type { PciFunction } from './index.js'

const dma: Dma = { read: () => false, write: () => false, view: () => undefined, epoch: 0 }
const msi = { message: (): void => undefined }

/** A function that notes what is asked of it. */
function noting(name: string, told: string[]): PciFunction & { become: (vfs: readonly PciFunction[]) => void } {
  let changed: (vfs: readonly PciFunction[]) => void = () => undefined
  return {
    configRead: (...what) => told.push(`${name} configRead ${what.join()}`),
    configWrite: (...what) => void told.push(`${name} configWrite ${what.join()}`),
    barRead: (...what) => told.push(`${name} barRead ${what.join()}`),
    barWrite: (...what) => void told.push(`${name} barWrite ${what.join()}`),
    attach: (_dma, _msi, vfsChanged) => void (changed = vfsChanged),
    reset: (kind) => void told.push(`${name} reset ${kind}`),
    become: (vfs) => changed(vfs),
  }
}

test('everything goes through', () => {
  const told: string[] = []
  const fn = through(noting('fn', told))
  expect(fn.configRead(1, 2)).toBe(1)
  fn.configWrite(4, 4, 7)
  expect(fn.barRead(0, 8, 4)).toBe(3)
  fn.barWrite(3, 12, 4, 9)
  fn.reset('bus')
  expect(told).toEqual([
    'fn configRead 1,2',
    'fn configWrite 4,4,7',
    'fn barRead 0,8,4',
    'fn barWrite 3,12,4,9',
    'fn reset bus',
  ])
})

test('virtual functions are wrapped once, and the same when they come again', () => {
  const told: string[] = []
  const pf = noting('pf', told)
  const vfs = [0, 1, 2].map((vf) => noting(`vf${vf}`, told))
  const made: number[] = []
  const card = wrapVirtual(pf, (fn, vf) => {
    made.push(vf)
    return through(fn)
  })
  const seen: (readonly PciFunction[])[] = []
  card.attach(dma, msi, (now) => seen.push(now))
  for (const count of [2, 0, 3]) pf.become(vfs.slice(0, count))
  expect(made).toEqual([0, 1, 2])
  expect(seen.map((now) => now.length)).toEqual([2, 0, 3])
  expect(seen[2].slice(0, 2)).toEqual(seen[0])
  expect(seen[2][0]).toBe(seen[0][0])
  seen[2][2].reset('function')
  expect(told).toEqual(['vf2 reset function'])
})
