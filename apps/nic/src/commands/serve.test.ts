import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Region } from '@npa/vfio-user/testing'
import { expect, test } from 'vitest'
import { qemuLine } from '../card/qemu-line.js'
import { emptyFolder, npaNic, start } from '../testing/command.js'
import { enable, served } from '../testing/served.js'

const VF_MAILBOX = 0x2fc
const STATUS = 0x8

test('a card is served until the user ends it, and says how QEMU plugs it in', async () => {
  const { folder, memory, stdout, interrupt, code } = await served('--model', 'intel-82599', '--vfs', '3')
  expect(stdout.text).toContain(`share=on,mem-path=${memory}`)
  for (const which of ['pf', 'vf0', 'vf1', 'vf2']) expect(stdout.text).toContain(`"path":"${join(folder, which)}"`)
  expect(JSON.parse(readFileSync(join(folder, 'nic.json'), 'utf8'))).toMatchObject({
    ...{ model: 'intel-82599', vfs: 3, ports: 1, memory, peers: ['192.168.77.2'] },
  })
  interrupt()
  expect(await code).toBe(0)
  for (const gone of ['pf', 'vf0', 'control', 'nic.json']) expect(existsSync(join(folder, gone))).toBe(false)
})

test.each([
  ['intel-82599', 0x10fb8086, 0x10ed8086],
  ['intel-82576', 0x10c98086, 0x10ca8086],
])('%s: functions answer with who they are, virtual ones once they are enabled', async (model, who, whoVf) => {
  const { client, stdout } = await served('--model', model, '--vfs', '2')
  const pf = await client('pf')
  const vf = await client('vf1')
  expect(await pf.read32(Region.config, 0)).toBe(who)
  expect(await vf.read32(Region.config, 0)).toBe(0xffffffff)
  await enable(pf, 2)
  // A virtual function has no identity of its own on the bus; the device id is the capability's.
  expect(await vf.read32(0, model === 'intel-82599' ? VF_MAILBOX : STATUS)).not.toBe(0xffffffff)
  expect(whoVf >>> 16).toBe((await pf.read32(Region.config, 0x160 + 0x18)) >>> 16)
  await stdout.shows('pf: 2 virtual functions')
})

test('a guest comes and goes, and the next one finds the card as new', async () => {
  const { client, stdout } = await served('--model', 'intel-82599', '--vfs', '1')
  for (let guest = 0; guest < 3; guest++) {
    const pf = await client('pf')
    expect(await pf.read32(0, 0x10140)).toBe(0)
    expect(await pf.read32(0, 0x10140)).toBe(1)
    await enable(pf, 1)
    const before = stdout.text.length
    pf.socket.destroy()
    await stdout.shows('pf: detached', before)
  }
})

test('a virtual function for a guest of its own: its socket, memory and command line', async () => {
  const { folder, memory, stdout, client } = await served('--model', 'intel-82599', '--vfs', '2', '--hand', '1')
  const [own, other] = stdout.text.split('A guest with vf1, to be started once the first one has enabled it:')
  expect(other).toContain(`share=on,mem-path=${memory}-vf1`)
  expect(other).toContain(`"path":"${join(folder, 'vf1-handed')}"`)
  expect(own).not.toContain('handed')
  const state = async (): Promise<string> => {
    const { stdout: said } = await npaNic('ctl', folder, 'status')
    return /^vf1 +(\w+)/m.exec(said)?.[1] ?? 'nowhere'
  }
  const pf = await client('pf')
  await client('vf1')
  await enable(pf, 2)
  // The first guest's machine counts the function, and is not whom it waits for.
  expect(await state()).toBe('waiting')
  const vf = await client('vf1-handed')
  expect(await state()).toBe('attached')
  expect(await vf.read32(Region.config, 0)).toBe(0x10ed8086)
  expect(JSON.parse(readFileSync(join(folder, 'nic.json'), 'utf8'))).toMatchObject({
    handed: [{ function: 'vf1', memory: `${memory}-vf1` }],
  })
})

test('with koffi: memory without a name, and the functions answer', async () => {
  const { folder, stdout, client } = await served('--model', 'intel-82599', '--vfs', '2', '--hand', '1', '--accelerate')
  expect(stdout.text.match(/-object memory-backend-memfd,id=mem,size=512M,share=on \\/g)?.length).toBe(2)
  expect(stdout.text).not.toContain('mem-path')
  const pf = await client('pf')
  expect(await pf.read32(Region.config, 0)).toBe(0x10fb8086)
  await enable(pf, 2)
  expect(await (await client('vf0')).read32(0, VF_MAILBOX)).not.toBe(0xffffffff)
  expect(JSON.parse(readFileSync(join(folder, 'nic.json'), 'utf8'))).toMatchObject({
    ...{ memory: null, handed: [{ function: 'vf1', memory: null }] },
  })
})

test('vmxnet3 is served too', async () => {
  const { client, folder } = await served('--model', 'vmxnet3')
  const pf = await client('pf')
  expect(await pf.read32(Region.config, 0)).toBe(0x07b015ad)
  const { stdout } = await npaNic('ctl', folder, 'status')
  expect(stdout).toMatch(/^pf +attached/m)
})

test('a card with two ports', async () => {
  const { client, folder } = await served('--model', 'intel-82599', '--ports', '2', '--vfs', '1', '--wire', '1:loop')
  const first = await client('port0/pf')
  const second = await client('port1/pf')
  expect([(await first.read32(0, STATUS)) & 0xc, (await second.read32(0, STATUS)) & 0xc]).toEqual([0, 4])
  const { stdout } = await npaNic('ctl', folder, 'status')
  expect(stdout).toMatch(/^port1\/pf +attached/m)
  expect(stdout).toMatch(/^wire of port 1: up/m)
})

test('lines of JSON', async () => {
  const { stdout, client, interrupt, code } = await served('--model', 'vmxnet3', '--json')
  await client('pf')
  await stdout.shows('pf: attached')
  interrupt()
  await code
  const lines = stdout.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(lines.map((line) => Object.keys(line)[0]).slice(-1)).toEqual(['counters'])
  expect(lines.at(-1)).toMatchObject({ counters: { functions: [{ name: 'pf' }], ports: [{ link: true, out: 0 }] } })
})

test.each([
  ['a model that there is not', ['--model', 'intel-i350'], /Allowed choices are intel-82599, intel-82576, vmxnet3/],
  ['too many virtual functions', ['--model', 'intel-82576', '--vfs', '9'], /--vfs 9: Intel 82576 can have 8 here/],
  ['virtual functions of vmxnet3', ['--model', 'vmxnet3', '--vfs', '1'], /--vfs 1: VMware vmxnet3 has none/],
  ['two ports of vmxnet3', ['--model', 'vmxnet3', '--ports', '2'], /--ports 2: VMware vmxnet3 has one port/],
  ['a multicast address', ['--model', 'vmxnet3', '--mac', '01:00:00:00:00:01'], /expected a unicast address/],
  ['a fault that there is not', ['--model', 'vmxnet3', '--fault', 'fire'], /no such fault: there are link-down, /],
  ['a fault of another card', ['--model', 'vmxnet3', '--fault', 'eeprom-checksum'], /no such fault of VMware vmxnet3/],
  [
    'a schedule that is not there',
    ['--model', 'vmxnet3', '--schedule', 'no.yaml'],
    /--schedule no.yaml: cannot be read: there is no such file/,
  ],
  [
    'a far end that there is not',
    ['--model', 'vmxnet3', '--wire', 'moon'],
    /--wire moon: no such far end: there are loop, peer/,
  ],
  [
    'a handed function that there is not',
    ['--model', 'intel-82599', '--vfs', '2', '--hand', '2'],
    /--hand 2: .* 0 to 1/,
  ],
  ['a handed function of none', ['--model', 'vmxnet3', '--hand', '0'], /--hand 0: there are no virtual functions/],
  ['a port that there is not', ['--model', 'vmxnet3', '--wire', '1:loop'], /there is no port 1: serve with --ports 2/],
])('%s: one line, exit code 2, nothing left', async (_, options, expected) => {
  const folder = emptyFolder()
  const { code, stdout, stderr } = await npaNic('serve', '--sockets', folder, ...options)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(/^npa-nic: [^\n]+\n$/)
  expect(stderr).toMatch(expected)
  expect(existsSync(join(folder, 'pf'))).toBe(false)
})

test('a folder that cannot be made: one line, at once', async () => {
  const { code, stderr } = await npaNic('serve', '--model', 'vmxnet3', '--sockets', '/proc/nobody/below')
  expect([code, stderr]).toEqual([
    2,
    'npa-nic: --sockets /proc/nobody/below: cannot be made: there is no such file or folder\n',
  ])
})

test.each([[[]], [['--accelerate']]])('a folder that takes no sockets, %j: one line', async (options) => {
  const { code, stderr } = await npaNic('serve', '--model', 'vmxnet3', '--sockets', '/proc', ...options)
  expect(code).toBe(2)
  expect(stderr).toMatch(/^npa-nic: \/proc: cannot serve: [^\n]+\n$/)
})

test('a folder too deep for sockets', async () => {
  const deep = join(emptyFolder(), 'x'.repeat(100))
  const { stderr } = await npaNic('serve', '--model', 'vmxnet3', '--sockets', deep)
  expect(stderr).toContain('too long for unix sockets, which take 107 bytes: choose another folder')
})

test('a file for the memory that cannot be one, and one whose name has a comma', async () => {
  const folder = emptyFolder()
  const serve = ['serve', '--model', 'vmxnet3', '--sockets', join(folder, 's'), '--memory']
  expect((await npaNic(...serve, folder)).stderr).toBe(
    `npa-nic: --memory ${folder}: it is a folder, a file is expected\n`,
  )
  expect((await npaNic(...serve, join(folder, 'none/m'))).stderr).toBe(
    `npa-nic: --memory ${join(folder, 'none/m')}: there is no such folder\n`,
  )
  expect(qemuLine({ memory: '/dev/shm/a,b', qemu: [] }, 64)).toContain('share=on,mem-path=/dev/shm/a,,b ')
})

test('a folder with a card in it is refused, and the card goes on; one that a dead server has left is taken', async () => {
  const { folder } = await served('--model', 'intel-82599', '--vfs', '1')
  const again = ['serve', '--model', 'vmxnet3', '--sockets', folder]
  expect(await npaNic(...again)).toEqual({
    ...{ code: 2, stdout: '' },
    stderr: `npa-nic: ${folder}: a card is served there already: choose another folder, or end it with npa-nic ctl ${folder} stop\n`,
  })
  expect((await npaNic('ctl', folder, 'status', '--json')).stdout).toContain('"model":"intel-82599"')
  expect(existsSync(join(folder, 'nic.json'))).toBe(true)
  const left = emptyFolder()
  const program = `require('net').createServer().listen(${JSON.stringify(join(left, 'control'))}, () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', program])
  expect(existsSync(join(left, 'control'))).toBe(true)
  const { stdout, code, interrupt } = start('serve', '--model', 'vmxnet3', '--sockets', left)
  await stdout.shows('A guest with it')
  interrupt()
  expect(await code).toBe(0)
})

test.each([
  ['nic:FOLDER', "this is the card's own folder: loop is a loopback plug"],
  ['socket:FOLDER/none/s', 'none/s: there is no such folder'],
  ['socket:FOLDER/file', 'file: it is no socket'],
])('--wire %s is refused', async (wire, why) => {
  const folder = emptyFolder()
  writeFileSync(join(folder, 'file'), 'kept')
  const far = wire.replace('FOLDER', folder)
  const { code, stderr } = await npaNic('serve', '--model', 'vmxnet3', '--sockets', folder, '--wire', far)
  expect(code).toBe(2)
  expect(stderr).toMatch(/^npa-nic: [^\n]+\n$/)
  expect(stderr).toContain(why)
  expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('kept')
})

test('two ports have no cable to the same folder: a folder has one socket for it', async () => {
  const folder = emptyFolder()
  const both = ['--wire', `0:nic:${folder}`, '--wire', `1:nic:${folder}`]
  const { code, stderr } = await npaNic(
    'serve',
    '--model',
    'intel-82599',
    '--ports',
    '2',
    '--sockets',
    `${folder}/s`,
    ...both,
  )
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: `npa-nic: --wire nic:${folder}: one cable goes there: give the other port, at both ends, socket:PATH\n`,
  })
})
