import net from 'node:net'
import { join } from 'node:path'
import { writeFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { emptyFolder, npaNic } from '../testing/command.js'
import { served } from '../testing/served.js'

const EERD = 0x10014
const CHECKSUM_WORD = 0x3f

test('a fault begins, is listed, strikes and ends', async () => {
  const { folder, client } = await served('--model', 'intel-82599', '--vfs', '1')
  const pf = await client('pf')
  const checksum = async (): Promise<number> => {
    await pf.write32(0, EERD, (CHECKSUM_WORD << 2) | 1)
    return (await pf.read32(0, EERD)) >>> 16
  }
  const right = await checksum()
  const begun = await npaNic('ctl', folder, 'fault', 'eeprom-checksum', 'seed=5')
  expect(begun).toEqual({ code: 0, stdout: 'fault 1 has begun\n', stderr: '' })
  expect(await checksum()).toBe(right ^ 0x5555)
  const { stdout } = await npaNic('ctl', folder, 'status')
  expect(stdout).toContain('fault 1: eeprom-checksum at pf, seed 5, struck 1 times\nstruck so far: eeprom-checksum 1\n')
  expect(await npaNic('ctl', folder, 'clear', '1')).toMatchObject({ code: 0 })
  expect(await checksum()).toBe(right)
  expect((await npaNic('ctl', folder, 'clear', '1')).stderr).toContain('no fault has the number 1')
})

test('a fault from the start on, and one of a schedule after so many reads', async () => {
  const folder = emptyFolder()
  const schedule = join(folder, 'faults.yaml')
  writeFileSync(schedule, 'version: 1\nfaults: [{ fault: surprise-removal, function: pf, after: { reads: 20 } }]\n')
  const { client, stdout } = await served(
    '--model',
    'intel-82576',
    '--vfs',
    '1',
    '--fault',
    'eeprom-checksum',
    '--schedule',
    schedule,
  )
  await stdout.shows('pf: fault 1, eeprom-checksum')
  const pf = await client('pf')
  for (let n = 0; n < 20; n++) expect(await pf.read32(0, 8)).not.toBe(0xffffffff)
  await stdout.shows('fault 2, surprise-removal')
  expect(await pf.read32(0, 8)).toBe(0xffffffff)
})

test('the link goes down and up, the card tells its driver', async () => {
  const { folder, client } = await served('--model', 'intel-82576', '--vfs', '1')
  const pf = await client('pf')
  const linked = async (): Promise<boolean> => ((await pf.read32(0, 8)) & 2) !== 0
  await npaNic('ctl', folder, 'link', 'down')
  expect((await npaNic('ctl', folder, 'status')).stdout).toMatch(/^wire: down/m)
  expect(await linked()).toBe(false)
})

test('stop ends the server', async () => {
  const { folder, code } = await served('--model', 'vmxnet3')
  expect(await npaNic('ctl', folder, 'stop')).toMatchObject({ code: 0 })
  expect(await code).toBe(0)
})

test.each([
  [['restart'], 'no such command: there are status, fault, clear, link, stop'],
  [['fault'], 'which one? npa-nic ctl --help lists them'],
  [['fault', 'link-down', 'flap'], 'flap: expected NAME=VALUE'],
  [['fault', 'link-down', 'flap=5'], 'flap: expected a time'],
  [['fault', 'mailbox-silent'], 'there is no such fault of VMware vmxnet3'],
  [['fault', 'link-down', 'function=vf0'], 'vf0: no such function: there are pf'],
  [['link', 'sideways'], 'expected up or down'],
  [['link', 'up', '1'], 'there is no port 1: the card has 1'],
  [['clear', 'x'], 'expected the number of a fault'],
])('%j is refused in one line', async (words, why) => {
  const { folder } = await served('--model', 'vmxnet3')
  const { code, stderr } = await npaNic('ctl', folder, ...words)
  expect(code).toBe(2)
  expect(stderr).toMatch(/^npa-nic: [^\n]+\n$/)
  expect(stderr).toContain(why)
})

test('whatever comes over the control socket, the server goes on', async () => {
  const { folder } = await served('--model', 'vmxnet3')
  const answers: string[] = []
  const socket = net.connect(join(folder, 'control'))
  socket.setEncoding('utf8').on('data', (text: string) => answers.push(...text.trim().split('\n')))
  for (const line of [
    '',
    '{',
    '[]',
    '{"do":"dance"}',
    '{"do":"clear","id":"1"}',
    '{"do":"fault","fault":{"fault":7}}',
    '{"do":"status","more":1}',
  ])
    socket.write(`${line}\n`)
  socket.write('x'.repeat(70_000))
  await new Promise((closed) => socket.once('close', closed))
  expect(answers.length).toBe(8)
  for (const answer of answers)
    expect(JSON.parse(answer)).toMatchObject({ ok: false, error: expect.any(String) as string })
  expect((await npaNic('ctl', folder, 'status')).code).toBe(0)
})

test('no card, no answer', async () => {
  const folder = emptyFolder()
  expect((await npaNic('ctl', folder, 'status')).stderr).toBe(
    `npa-nic: ${folder}: no card is served here (there is no such file or folder): start one with npa-nic serve --sockets ${folder}\n`,
  )
})

test.each(['hello', 'null', '[]', '{"ok":false}', '{"event":1}'])('%s is no answer of a card', async (line) => {
  const folder = emptyFolder()
  const other = net.createServer((socket) => socket.once('data', () => socket.write(`${line}\n`)))
  await new Promise<void>((listening) => other.listen(join(folder, 'control'), listening))
  onTestFinished(() => void other.close())
  const why = `npa-nic: ${folder}: who listens there is no card of this version of npa-nic serve\n`
  for (const command of [
    ['ctl', folder, 'status'],
    ['trace', folder],
  ])
    expect(await npaNic(...command)).toEqual({ code: 2, stdout: '', stderr: why })
})
