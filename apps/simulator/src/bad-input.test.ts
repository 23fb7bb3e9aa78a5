import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { emptyFolder, filesIn, npaSim, QUICK, ROOT } from './testing/command.js'

const SCENARIO = `version: 0
memory: 112 MiB
hosts:
  - name: host-a
    nic: { model: intel-82599, vfs: 1 }
    vms: [{ name: vm-a, mac: '00:50:56:00:00:0a', ip: 10.1.0.1, memory: 32 MiB }]
  - name: host-b
    nic: { model: intel-82599, vfs: 1 }
    vms: [{ name: vm-b, mac: '00:50:56:00:00:0b', ip: 10.1.0.2, memory: 32 MiB }]
links:
  - { between: [host-a, host-b], rate: 10 Gb/s, delay: 1 us }
phases:
  - { name: boot, mode: emulated }
  - { name: replay, mode: emulated, replay: [traffic.pcap] }
`

const CAPTURE = readFileSync(join(ROOT, 'fixtures/mixed.pcap'))

/** Runs and validates a scenario and its capture: the one line of both, and nothing else is left of them. */
async function refusal(scenario: string | Buffer, capture?: Buffer): Promise<string> {
  const folder = emptyFolder()
  const file = join(folder, 's.yaml')
  writeFileSync(file, scenario)
  if (capture !== undefined) writeFileSync(join(folder, 'traffic.pcap'), capture)
  const before = filesIn(folder)
  const outputs = ['json', 'trace', 'pcap'].flatMap((option) => [`--${option}`, join(folder, `new-${option}`)])
  const run = await npaSim(['run', file, ...outputs])
  expect(filesIn(folder)).toEqual(before)
  const validate = await npaSim(['validate', file])
  expect(validate).toEqual(run)
  expect({ code: run.code, stdout: run.stdout }).toEqual({ code: 2, stdout: '' })
  expect(run.stderr).toMatch(/^npa-sim: [^\n]+\n$/)
  return run.stderr.slice('npa-sim: '.length, -1).replaceAll(`${folder}/`, '')
}

test('the scenario of these tests is good as it stands', async () => {
  const folder = emptyFolder()
  writeFileSync(join(folder, 's.yaml'), SCENARIO)
  writeFileSync(join(folder, 'traffic.pcap'), CAPTURE)
  expect(await npaSim(['run', join(folder, 's.yaml')])).toMatchObject({ code: 0 })
})

describe('scenarios', () => {
  test.each<[string, string | Buffer, string]>([
    ['an empty file', '', 's.yaml:1:1: there is no scenario in this file'],
    ['a syntax error', SCENARIO.replace('[{ name: vm-b', '[{{ name: vm-b'), 's.yaml:9:82: not YAML: '],
    ['a key twice', SCENARIO.replace('memory', 'version: 0\nmemory'), 's.yaml:2:1: version: this key occurs twice'],
    [
      'an unknown key',
      SCENARIO.replace('rate', 'speed'),
      's.yaml:11:34: links[0].speed: no such key here: there are between, rate, delay',
    ],
    ['a wrong unit', SCENARIO.replace('10 Gb/s', '10 GB/s'), 's.yaml:11:34: links[0].rate: expected a rate'],
    [
      'more VFs than the chip has',
      SCENARIO.replace('vfs: 1', 'vfs: 65'),
      's.yaml:5:32: hosts[0].nic.vfs: the 82599 has 64 pools',
    ],
    [
      'equal MACs',
      SCENARIO.replace('00:0b', '00:0a'),
      's.yaml:9:25: hosts[1].vms[0].mac: the MAC address 00:50:56:00:00:0a is that of hosts[0].vms[0] already',
    ],
    [
      'a multicast MAC',
      SCENARIO.replace("'00:50", "'01:50"),
      's.yaml:6:25: hosts[0].vms[0].mac: a NIC cannot have a multicast address',
    ],
    [
      'equal names',
      SCENARIO.replace('vm-b', 'vm-a'),
      's.yaml:9:13: hosts[1].vms[0].name: the name vm-a is that of hosts[0].vms[0] already',
    ],
    [
      'a link to nobody',
      SCENARIO.replace('[host-a, host-b]', '[host-a, host-x]'),
      's.yaml:11:25: links[0].between[1]: no host is called host-x',
    ],
    [
      'a phase of nobody',
      SCENARIO.replace('name: boot', 'switch: { vms: [vm-x], to: emulated }, name: boot'),
      's.yaml:13:23: phases[0].switch.vms[0]: no VM is called vm-x: there are vm-a, vm-b',
    ],
    ['a zero byte', Buffer.from('version: 0\0\n'), 's.yaml: byte 10: a zero; expected YAML text'],
    ['a picture', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a]), 's.yaml: byte 0: not UTF-8; expected YAML text'],
    ['Latin-1', Buffer.from('# µs\nversion: 0\n', 'latin1'), 's.yaml: byte 2: not UTF-8; expected YAML text'],
    ['a character cut in two', Buffer.from('# µ').subarray(0, 3), 's.yaml: byte 2: not UTF-8; expected YAML text'],
  ])('%s', async (_, text, expected) => {
    const message = await refusal(text, CAPTURE)
    expect(message.slice(0, expected.length)).toBe(expected)
  })

  test('a file that is not there, a folder', async () => {
    const folder = emptyFolder()
    const missing = join(folder, 'no.yaml')
    expect((await npaSim(['run', missing])).stderr).toBe(`npa-sim: ${missing}: cannot be read: there is no such file\n`)
    expect(await npaSim(['validate', folder])).toEqual({
      code: 2,
      stdout: '',
      stderr: `npa-sim: ${folder}: cannot be read: it is a folder\n`,
    })
  })

  test('more capture files of one name than one', async () => {
    const twice = SCENARIO.replaceAll('vm-b', 'host-a-wire')
    const folder = emptyFolder()
    writeFileSync(join(folder, 's.yaml'), twice)
    writeFileSync(join(folder, 'traffic.pcap'), CAPTURE)
    const { code, stderr } = await npaSim(['run', join(folder, 's.yaml'), '--pcap', join(folder, 'caps')])
    const file = join(folder, 'caps/host-a-wire.pcapng')
    expect({ code, stderr }).toEqual({ code: 2, stderr: `npa-sim: --pcap ${file}: what --pcap writes has this name\n` })
    expect(filesIn(folder)).toEqual(['s.yaml', 'traffic.pcap'])
  })
})

/** A capture with a part of it changed. */
function changed(change: (view: DataView) => void): Buffer {
  const copy = Buffer.from(CAPTURE)
  change(new DataView(copy.buffer, copy.byteOffset, copy.byteLength))
  return copy
}

describe('captures', () => {
  test('one that is not there: the key that names it', async () => {
    const message = 's.yaml: phases[1].replay[0]: traffic.pcap: cannot be read: there is no such file'
    expect(await refusal(SCENARIO)).toBe(message)
  })

  test('a folder', async () => {
    const folder = emptyFolder()
    writeFileSync(join(folder, 's.yaml'), SCENARIO)
    mkdirSync(join(folder, 'traffic.pcap'))
    const { code, stderr } = await npaSim(['run', join(folder, 's.yaml')])
    expect(code).toBe(2)
    expect(stderr).toMatch(/phases\[1]\.replay\[0]: .*traffic\.pcap: cannot be read: it is a folder\n$/)
  })

  const second = 24 + 16 + CAPTURE.readUInt32LE(24 + 8)

  test.each<[string, Buffer, string]>([
    ['empty', Buffer.alloc(0), 'traffic.pcap: pcap file, byte 0: expected a file header of 24 bytes, found 0 bytes'],
    ['without a packet', CAPTURE.subarray(0, 24), 'traffic.pcap: byte 24: the capture ends without a packet'],
    [
      'cut in a packet header',
      CAPTURE.subarray(0, second + 7),
      `traffic.pcap: pcap file, byte ${second}: expected a packet header of 16 bytes, found 7 bytes`,
    ],
    [
      'cut in a packet',
      CAPTURE.subarray(0, second + 20),
      `traffic.pcap: pcap file, byte ${second + 16}: expected a packet of `,
    ],
    [
      'no capture at all',
      Buffer.from('hello, this is a text and no capture\n'),
      'traffic.pcap: pcap file, byte 0: expected magic a1b2c3d4 or a1b23c4d, found 68656c6c',
    ],
    [
      'pcapng',
      Buffer.concat([Buffer.from('0a0d0d0a', 'hex'), Buffer.alloc(60)]),
      'traffic.pcap: pcap file, byte 0: expected magic a1b2c3d4 or a1b23c4d, found 0a0d0d0a; this is pcapng: editcap -F pcap makes pcap of it',
    ],
    [
      'of another link type',
      changed((view) => view.setUint32(20, 113, true)),
      'traffic.pcap: byte 20: link type 113; expected 1, Ethernet',
    ],
    [
      'of packets that were cut',
      changed((view) => view.setUint32(second + 12, 9000, true)),
      `traffic.pcap: byte ${second + 8}: packet 2 was cut to `,
    ],
    [
      'of strangers',
      changed((view) => view.setUint8(second + 16 + 11, 0x77)),
      `traffic.pcap: byte ${second}: packet 2 is from 00:50:56:00:00:77, which no VM has`,
    ],
    [
      'of a packet too long for the VMs',
      Buffer.concat([CAPTURE.subarray(0, second), oversize()]),
      `traffic.pcap: byte ${second + 8}: packet 2 has 1515 bytes; expected 14 to 1514`,
    ],
  ])('%s', async (_, capture, expected) => {
    const message = await refusal(SCENARIO, capture)
    expect(message.slice(0, expected.length)).toBe(expected)
  })

  test('wherever a capture is cut, it is refused at a byte or is whole packets', async () => {
    const folder = emptyFolder()
    writeFileSync(join(folder, 's.yaml'), SCENARIO)
    for (let size = 24; size < 600; size += 7) {
      writeFileSync(join(folder, 'traffic.pcap'), CAPTURE.subarray(0, size))
      const { code, stderr } = await npaSim(['validate', join(folder, 's.yaml')])
      if (code !== 0) expect(stderr).toMatch(/^npa-sim: .*traffic\.pcap: .*byte \d+: [^\n]+\n$/)
    }
  })
})

/** One packet, longer by a byte than an MTU of 1500 allows. */
function oversize(): Buffer {
  const packet = Buffer.alloc(16 + 1515)
  packet.writeUInt32LE(1515, 8)
  packet.writeUInt32LE(1515, 12)
  Buffer.from('0050560000000a', 'hex').copy(packet, 16 + 5)
  return packet
}

test('a capture is found from the folder of its scenario, wherever the program runs', async () => {
  const folder = emptyFolder()
  mkdirSync(join(folder, 'scenarios'))
  mkdirSync(join(folder, 'fixtures'))
  copyFileSync(QUICK, join(folder, 'scenarios/quick.yaml'))
  writeFileSync(join(folder, 'fixtures/mixed.pcap'), CAPTURE)
  expect(await npaSim(['validate', join(folder, 'scenarios/quick.yaml')])).toMatchObject({ code: 0, stderr: '' })
})

test.each(['trace', 'pcap'])('--%s is of virtual time', async (option) => {
  const args = ['run', QUICK, '--clock', 'real', `--${option}`, join(emptyFolder(), 'out')]
  const { code, stderr } = await npaSim(args)
  expect([code, stderr]).toEqual([2, `npa-sim: --${option}: only with the clock virtual\n`])
})
