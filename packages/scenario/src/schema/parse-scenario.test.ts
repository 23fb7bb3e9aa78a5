import { VirtualScheduler } from '@npa/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Simulation } from '../simulation.js'
import { parseScenario, ScenarioError } from './parse-scenario.js'

const GOOD = `version: 0
hosts:
  - name: host-a
    nic: { model: intel-82599, vfs: 2 }
    vms:
      - { name: vm-a, mac: '00:50:56:00:00:0a', ip: 10.1.0.1 }
  - name: host-b
    nic: { model: intel-82599 }
    vms:
      - name: vm-b
        mac: 00:50:56:00:00:0b
        ip: 10.1.0.2
        memory: 32 MiB
links:
  - { between: [host-a, host-b], rate: 10 Gb/s, delay: 1 us }
phases:
  - name: boot
    mode: emulated
  - name: stream
    mode: passthrough
    stream: { between: [vm-a, vm-b], frames: 100 }
    switch: { vms: [vm-a, vm-b], to: passthrough }
  - name: back
    mode: emulated
    replay: [x.pcap]
    switch: { vms: [vm-a, vm-b], to: emulated, force: true }
`

/** The one line about `GOOD` with a part of it changed. */
function refusal(part: string | RegExp, by: string): string {
  const text = GOOD.replace(part, by)
  expect(text).not.toBe(GOOD)
  return refusalOf(text)
}

function refusalOf(text: string): string {
  try {
    parseScenario(text, 's.yaml')
  } catch (error) {
    expect(error).toBeInstanceOf(ScenarioError)
    const { message } = error as ScenarioError
    expect(message).not.toContain('\n')
    return message
  }
  return 'accepted'
}

test('a good scenario comes out in bits, bytes and nanoseconds, with every default in it', () => {
  const scenario = parseScenario(GOOD, 's.yaml')
  expect(scenario).toMatchObject({ seed: 1, memory: 512 * 1048576, costs: 'nehalem' })
  expect(scenario.links).toEqual([{ between: ['host-a', 'host-b'], rate: 10e9, delay: 1000 }])
  expect(scenario.hosts.map(({ nic }) => nic.vfs)).toEqual([2, 4])
  expect(scenario.hosts.map(({ vms }) => vms[0].memory)).toEqual([64 * 1048576, 32 * 1048576])
  expect(scenario.phases[1].stream).toMatchObject({ message: 16384, window: 65536 })
  expect(scenario.phases[1].switch).toMatchObject({ afterFrames: 1000, force: false })
})

describe('YAML', () => {
  test.each([
    ['empty', '', 's.yaml:1:1: there is no scenario in this file'],
    ['only a comment', '# to do\n', 's.yaml:1:1: there is no scenario in this file'],
    ['a word', 'hello', 's.yaml:1:1: scenario: Invalid input: expected object, received string'],
    ['a list', '- 1\n- 2\n', 's.yaml:1:1: scenario: Invalid input: expected object, received array'],
    ['a syntax error', 'version: 0\nhosts: [\n', 's.yaml:3:1: not YAML: Flow sequence in block collection'],
    ['a bad indentation', 'a:\n  b: 1\n c: 2\n', 's.yaml:3:1: not YAML: '],
    ['a key twice', 'version: 0\nseed: 1\nversion: 0\n', 's.yaml:3:1: version: this key occurs twice'],
    ['two documents', 'version: 0\n---\nversion: 0\n', 's.yaml:2:1: not YAML: Source contains multiple documents'],
    ['an alias of nothing', 'version: *zero\n', 's.yaml:1:1: not YAML that can be read: Unresolved alias'],
  ])('%s', (_, text, expected) => {
    const message = refusalOf(text)
    expect(message.slice(0, expected.length)).toBe(expected)
  })

  test('aliases that grow to billions of values end at once', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
    for (let i = 1; i < 10; i++)
      lines.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      )
    expect(refusalOf(lines.join('\n'))).toContain('Excessive alias count')
  })

  test('ten thousand brackets do not overflow the stack', () => {
    expect(refusalOf('['.repeat(10000))).toMatch(/^s\.yaml:\d+:\d+: /)
  })

  test('anchors can say a thing once; a mistake under an alias is found where the value stands', () => {
    const anchored = GOOD.replace('nic: { model', 'nic: &nic { model').replace(
      'nic: { model: intel-82599 }',
      'nic: *nic',
    )
    expect(parseScenario(anchored, 's.yaml').hosts[1].nic.vfs).toBe(2)
    expect(refusalOf(anchored.replace('vfs: 2', 'vfs: 40'))).toMatch(/^s\.yaml:4:\d+: hosts\[0]\.nic\.vfs: /)
  })

  test('__proto__ is a key like any other', () => {
    expect(refusalOf(`${GOOD}__proto__: { a: 1 }\n`)).toMatch(/^s\.yaml:\d+:1: __proto__: no such key here/)
  })

  test('whatever text comes, it is accepted or refused in one line with a place', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), fc.nat(GOOD.length), fc.nat(40), (insert, at, cut) => {
        const message = refusalOf(GOOD.slice(0, at) + insert + GOOD.slice(at + cut))
        expect(message).toMatch(/^(accepted$|s\.yaml:\d+:\d+: .)/)
      }),
      { numRuns: 500 },
    )
  })
})

describe('keys', () => {
  test.each([
    [
      'unknown, in a list',
      'frames: 100',
      'frame: 100',
      '21:38: phases[1].stream.frame: no such key here: there are between, message, window, frames',
    ],
    [
      'unknown, at the top',
      'version: 0',
      'version: 0\ncost: x',
      '2:1: cost: no such key here: there are version, seed, clock, memory, costs, hosts, links, phases',
    ],
    [
      'misspelt and so missing: the misspelling counts',
      'mac: 00',
      'mack: 00',
      '11:9: hosts[1].vms[0].mack: no such key here: there are name, mac, ip, memory, vlans',
    ],
    ['missing', '        ip: 10.1.0.2\n', '', '10:9: hosts[1].vms[0].ip: is missing'],
    ['null', 'ip: 10.1.0.2', 'ip:', '12:9: hosts[1].vms[0].ip: Invalid input: expected string, received null'],
    ['version of the future', 'version: 0', 'version: 1', '1:1: version: Invalid input: expected 0'],
    [
      'not a NIC that there is',
      'intel-82599, vfs',
      'intel-82574, vfs',
      '4:12: hosts[0].nic.model: Invalid option: expected one of "intel-82599"|"intel-82576"',
    ],
    [
      'not a mode',
      'mode: emulated',
      'mode: fast',
      '18:5: phases[0].mode: Invalid option: expected one of "emulated"|"passthrough"',
    ],
    [
      'frames with a unit',
      'frames: 100',
      'frames: 1k',
      '21:38: phases[1].stream.frames: Invalid input: expected number, received string',
    ],
    ['no frames', 'frames: 100', 'frames: 0', '21:38: phases[1].stream.frames: Too small: expected number to be >=1'],
    [
      'a seed too large',
      'version: 0',
      'version: 0\nseed: 4294967296',
      '2:1: seed: Too big: expected number to be <=4294967295',
    ],
    ['not a cost profile', 'version: 0', 'version: 0\ncosts: skylake', '2:1: costs: Invalid input: expected "nehalem"'],
  ])('%s', (_, part, by, expected) => {
    expect(refusal(part, by)).toBe(`s.yaml:${expected}`)
  })
})

describe('quantities', () => {
  test.each([
    ['10 Gb/s', '10 Gbps', 'links[0].rate: expected a rate: a whole number of Mb/s, written with one of Mb/s, Gb/s'],
    ['10 Gb/s', '1', 'links[0].rate: expected a rate: a whole number of Mb/s, written with one of Mb/s, Gb/s'],
    ['10 Gb/s', '0 Gb/s', 'links[0].rate: expected a rate from 1 Mb/s to 1000 Gb/s, such as 10 Gb/s'],
    ['1 us', '1 µs', 'links[0].delay: expected a time: a whole number of ns, written with one of ns, us, ms, s'],
    ['1 us', '2 s', 'links[0].delay: expected a time from 0 ns to 10 ms, such as 1 us'],
    [
      '32 MiB',
      '32 MB',
      'hosts[1].vms[0].memory: expected a size: a whole number of B, written with one of B, KiB, MiB, GiB',
    ],
    ['32 MiB', '16 MiB', 'hosts[1].vms[0].memory: expected a size from 32 MiB to 1 GiB'],
    ['32 MiB', '32769 KiB', 'hosts[1].vms[0].memory: expected a multiple of 64 KiB'],
  ])('%s becomes %s', (part, by, expected) => {
    expect(refusal(part, by).replace(/^s\.yaml:\d+:\d+: /, '')).toBe(expected)
  })
})

describe('what does not fit together', () => {
  test.each([
    [
      'equal MACs, written differently',
      "'00:50:56:00:00:0a'",
      '00:50:56:00:00:0B',
      'hosts[1].vms[0].mac: the MAC address 00:50:56:00:00:0b is that of hosts[0].vms[0] already',
    ],
    [
      'multicast MAC',
      '00:50:56:00:00:0b',
      '01:00:5e:00:00:0b',
      'hosts[1].vms[0].mac: a NIC cannot have a multicast address',
    ],
    [
      'no MAC',
      '00:50:56:00:00:0b',
      "'00:00:00:00:00:00'",
      'hosts[1].vms[0].mac: a NIC cannot have the address that is all zeros',
    ],
    [
      'a MAC of the NIC',
      '00:50:56:00:00:0b',
      '02:4E:50:41:00:01',
      "hosts[1].vms[0].mac: addresses that start with 02:4e:50:41:00: are the NICs' own",
    ],
    [
      'half a MAC',
      '00:50:56:00:00:0b',
      '00:50:56',
      'hosts[1].vms[0].mac: expected a MAC address, such as 00:50:56:00:00:0a',
    ],
    [
      'equal IPs',
      '10.1.0.2',
      '10.1.0.1',
      'hosts[1].vms[0].ip: the IP address 10.1.0.1 is that of hosts[0].vms[0] already',
    ],
    ['no IP', '10.1.0.2', '10.1.0.256', 'hosts[1].vms[0].ip: expected an IPv4 address, such as 10.1.0.1'],
    [
      'a broadcast address',
      '10.1.0.2',
      '10.1.0.255',
      'hosts[1].vms[0].ip: a VM cannot have this address: it is no host in a network with the mask 255.255.255.0',
    ],
    [
      'a multicast group',
      '10.1.0.2',
      '224.0.0.1',
      'hosts[1].vms[0].ip: a VM cannot have this address: it is no host in a network with the mask 255.255.255.0',
    ],
    ['equal host names', 'name: host-b', 'name: host-a', 'hosts[1].name: the name host-a is that of hosts[0] already'],
    [
      'a VM named like a host',
      'name: vm-b',
      'name: host-a',
      'hosts[1].vms[0].name: the name host-a is that of hosts[0] already',
    ],
    [
      'a name that leaves the folder',
      'name: vm-b',
      'name: ../vm',
      'hosts[1].vms[0].name: expected a name: small letters, digits, hyphens; at most 32',
    ],
    [
      'more VFs than the driver gives',
      'vfs: 2',
      'vfs: 32',
      'hosts[0].nic.vfs: the 82599 has 64 pools, of which its PF driver gives at most 31 to VFs; the 82576 gives 7 of 8',
    ],
    [
      'more VFs than the chip has',
      'vfs: 2',
      'vfs: 65',
      'hosts[0].nic.vfs: the 82599 has 64 pools, of which its PF driver gives at most 31 to VFs; the 82576 gives 7 of 8',
    ],
    [
      'more VFs than an 82576 has',
      'intel-82599, vfs: 2',
      'intel-82576, vfs: 8',
      'hosts[0].nic.vfs: an intel-82576 has at most 7 VFs',
    ],
    [
      'a cable that is faster than a port',
      'model: intel-82599 }',
      'model: intel-82576 }',
      'links[0].rate: the intel-82576 of host-b has a port of 1 Gb/s',
    ],
    [
      'a cable that is faster than every port',
      '10 Gb/s',
      '40 Gb/s',
      'links[0].rate: the intel-82599 of host-a has a port of 10 Gb/s',
    ],
    [
      'more VMs than VFs',
      /vfs: 2 }\n {4}vms:/,
      "vfs: 1 }\n    vms:\n      - { name: vm-c, mac: '00:50:56:00:00:0c', ip: 10.1.0.3 }",
      'hosts[0].nic.vfs: 2 VMs need as many VFs in passthrough, and there are 1',
    ],
    [
      'a link to nobody',
      'host-b], rate',
      'host-c], rate',
      'links[0].between[1]: no host is called host-c: there are host-a, host-b',
    ],
    [
      'a link to itself',
      'host-b], rate',
      'host-a], rate',
      'links[0].between[1]: the NIC of host-a has one port, and that is linked already',
    ],
    [
      'a third end',
      'host-b], rate',
      'host-b, host-a], rate',
      'links[0].between: Too big: expected array to have <=2 items',
    ],
    ['memory for half of it', 'version: 0', 'version: 0\nmemory: 128 MiB', 'memory: hosts and VMs need 140 MiB'],
    ['equal phase names', 'name: back', 'name: boot', 'phases[2].name: another phase is called boot already'],
    [
      'a stream with nobody',
      '[vm-a, vm-b], frames',
      '[vm-a, vm-c], frames',
      'phases[1].stream.between[1]: no VM is called vm-c: there are vm-a, vm-b',
    ],
    [
      'a stream to itself',
      '[vm-a, vm-b], frames',
      '[vm-a, vm-a], frames',
      'phases[1].stream.between: vm-a cannot stream to itself',
    ],
    ['a stream without a link', /links:\n.*\n/, '', 'phases[1].stream.between: no link joins host-a and host-b'],
    [
      'a stream between networks',
      '10.1.0.2',
      '10.2.0.2',
      'phases[1].stream.between: vm-a and vm-b are in networks that no router joins: 10.1.0.1, 10.2.0.2',
    ],
    [
      'a switch of nobody',
      'vms: [vm-a, vm-b], to: p',
      'vms: [vm-a, vm-b, vm-x], to: p',
      'phases[1].switch.vms[2]: no VM is called vm-x: there are vm-a, vm-b',
    ],
    [
      'another mode than the switch leads to',
      'to: passthrough',
      'to: emulated',
      'phases[1].mode: at the end of this phase vm-a is in mode emulated',
    ],
    [
      'a mode without a switch',
      'mode: emulated',
      'mode: passthrough',
      'phases[0].mode: at the end of this phase vm-a is in mode emulated',
    ],
    [
      'forced into passthrough',
      'to: passthrough',
      'to: passthrough, force: true',
      'phases[1].switch.force: only the way out of passthrough can be forced',
    ],
    [
      'stream and replay',
      'replay: [x.pcap]',
      'replay: [x.pcap]\n    stream: { between: [vm-a, vm-b], frames: 1 }',
      'phases[2].replay: a phase has a stream or a replay',
    ],
    ['no replay', '[x.pcap]', '[]', 'phases[2].replay: Too small: expected array to have >=1 items'],
    [
      'other messages later',
      'replay: [x.pcap]',
      'stream: { between: [vm-a, vm-b], frames: 1, message: 1 KiB }',
      'phases[2].stream.message: the stream of vm-a and vm-b is one connection for the whole run: its messages have one size',
    ],
    [
      'another window later',
      'replay: [x.pcap]',
      'stream: { between: [vm-a, vm-b], frames: 1, window: 8 KiB }',
      'phases[2].stream.window: the stream of vm-a and vm-b is one connection for the whole run: its window has one size',
    ],
  ])('%s', (_, part, by, expected) => {
    expect(refusal(part, by).replace(/^s\.yaml:\d+:\d+: /, '')).toBe(expected)
  })
})

test('a host that says nothing of its card has an 82599 with four VFs', () => {
  for (const by of ['', '    nic: {}\n']) {
    const { hosts } = parseScenario(GOOD.replace('    nic: { model: intel-82599 }\n', by), 's.yaml')
    expect(hosts[1].nic).toEqual({ model: 'intel-82599', vfs: 4 })
  }
})

test('some of the VMs may switch while the others stay', () => {
  expect(refusal('vms: [vm-a, vm-b], to: p', 'vms: [vm-a], to: p')).toBe('accepted')
})

test('what the schema says that fits the memory does fit', () => {
  const counts = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(counts, fc.constantFrom(5, 31), (vmsOfHosts, vfs) => {
      const hosts = vmsOfHosts.map((vms, h) => ({
        name: `h${h}`,
        nic: { model: 'intel-82599', vfs },
        vms: Array.from({ length: vms }, (_, v) => {
          return { name: `v${h}-${v}`, mac: `00:50:56:00:0${h}:0${v}`, ip: `10.1.${h}.${v + 1}`, memory: '32 MiB' }
        }),
      }))
      const least = vmsOfHosts.reduce((sum, vms) => sum + vms * 34, hosts.length * 20)
      const file = { version: 0, memory: `${least} MiB`, hosts, phases: [{ name: 'boot', mode: 'emulated' }] }
      new Simulation({ scenario: parseScenario(JSON.stringify(file), 's.yaml'), scheduler: new VirtualScheduler() })
      const less = JSON.stringify({ ...file, memory: `${least - 1} MiB` })
      expect(refusalOf(less)).toContain(`memory: hosts and VMs need ${least} MiB`)
    }),
    { numRuns: 8 },
  )
})
