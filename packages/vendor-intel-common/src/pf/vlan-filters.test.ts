import { expect, test } from 'vitest'
import { VlanFilters } from './vlan-filters.js'

const PF = 7

function table(): { filters: VlanFilters; entries: () => Record<number, number> } {
  const valid = new Map<number, [vlan: number, pools: number]>()
  const filters = new VlanFilters(
    {
      entries: 64,
      start: () => valid.clear(),
      set: (entry, vlan, pools) => void valid.set(entry, [vlan, pools]),
      members: (entry, vlan, pools) => {
        expect(valid.get(entry)?.[0]).toBe(vlan)
        valid.set(entry, [vlan, pools])
      },
      clear: (entry) => void valid.delete(entry),
    },
    PF,
  )
  return { filters, entries: () => Object.fromEntries(valid.values()) }
}

test('an entry that the PF uses as well outlives the VFs in it', () => {
  const { filters, entries } = table()
  filters.join(5, 0, [5])
  filters.use(5)
  filters.join(6, 0, [6])
  filters.leave(5, 0)
  filters.leave(6, 0)
  expect(entries()).toEqual({ 5: 1 << PF })
})

test('a full table refuses the PF, and gives its entries to VFs, but none of those that they are joining', () => {
  const { filters, entries } = table()
  for (let vlan = 1; vlan <= 65; vlan++) filters.use(vlan)
  expect(Object.keys(entries())).toHaveLength(64)
  expect(entries()[65]).toBeUndefined()
  const wanted = [1, 100, 101]
  expect(filters.hasRoomFor(wanted)).toBe(true)
  for (const vlan of wanted) filters.join(vlan, 0, wanted)
  expect(entries()).toMatchObject({ 1: (1 << PF) | 1, 100: (1 << PF) | 1, 101: (1 << PF) | 1 })
  expect(entries()[2]).toBeUndefined()
  expect(Object.keys(entries())).toHaveLength(64)
  filters.leave(100, 0)
  filters.use(2)
  expect(entries()[2]).toBe(1 << PF)
  const all = Array.from({ length: 63 }, (_, n) => 200 + n)
  expect(filters.hasRoomFor(all)).toBe(false)
  expect(filters.hasRoomFor(all.slice(1))).toBe(true)
})
