import { expect, test } from 'vitest'
import { bootSteps, handedSteps } from './boot-steps.js'

const handed = (...names: string[]) => names.map((name) => ({ function: name, memory: null, qemu: [] }))
const card = { model: 'intel-82599' as const, vfs: 2, peers: ['192.168.77.2'] }
const titles = (steps: ReturnType<typeof bootSteps>): string[] => steps.map(({ title }) => title)
const all = (steps: ReturnType<typeof bootSteps>): string => steps.map(({ script }) => script).join('\n')

test('the card’s own guest: its driver, virtual functions and theirs, a ping', () => {
  const steps = bootSteps({ ...card, handed: [] })
  expect(titles(steps)).toEqual([
    'the driver of the physical function: ixgbe',
    '2 virtual functions',
    'their driver: ixgbevf',
    'ping of 192.168.77.2 over vf0',
  ])
  expect(steps.at(-1)?.script).toContain('ip addr add 192.168.77.1/24 dev vf0')
  expect(all(steps)).not.toContain('driver_override')
})

test.each([
  [handed('vf1'), ['virtfn1'], 'vf0'],
  [handed('vf0'), ['virtfn0'], 'vf1'],
  [handed('port0/vf0'), ['virtfn0'], 'vf1'],
  [handed('port1/vf0'), [], 'vf0'],
  [handed('vf0', 'vf1'), ['virtfn0', 'virtfn1'], 'pf'],
])('of %j it keeps its driver off, and pings over what is its own', (away, kept, over) => {
  const steps = bootSteps({ ...card, handed: away })
  expect([...all(steps).matchAll(/(virtfn\d)\/driver_override/g)].map(([, name]) => name)).toEqual(kept)
  expect(titles(steps).at(-1)).toBe(`ping of 192.168.77.2 over ${over}`)
})

test('a guest with one function has another address, and no physical function', () => {
  const steps = handedSteps({ ...card, handed: handed('vf1') }, 'vf1')
  expect(titles(steps)).toEqual(['the driver of vf1: ixgbevf', 'ping of 192.168.77.2 over vf1'])
  expect(steps[1].script).toContain('ip addr add 192.168.77.11/24 dev vf1')
})

test('whom to talk to, where nobody of ours stands at the far end', () => {
  const away = { ...card, handed: [], peers: [null] }
  expect(titles(bootSteps(away)).at(-1)).toBe('their driver: ixgbevf')
  expect(titles(bootSteps(away, { address: '10.0.0.1' })).at(-1)).toBe('10.0.0.1 on vf0')
  expect(bootSteps(away, { address: '10.0.0.1', ping: '10.0.0.9' }).at(-1)?.script).toBe(
    'ip addr add 10.0.0.1/24 dev vf0 || exit 1; ping -c 5 -i 0.2 -w 10 10.0.0.9',
  )
})
