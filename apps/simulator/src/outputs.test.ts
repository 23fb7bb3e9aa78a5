import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { simulateHere } from './simulate.js'
import type { Simulate } from './simulate.js'
import { bootOnly, emptyFolder, filesIn, npaSim, QUICK } from './testing/command.js'

const linux = process.platform === 'linux'

/** A simulation that must not be reached: outputs are opened before anything runs. */
const never: Simulate = () => Promise.reject(new Error('the simulation has started'))

async function refusal(args: readonly string[], simulate: Simulate = never): Promise<string> {
  const { code, stdout, stderr } = await npaSim(['run', QUICK, ...args], simulate)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(/^npa-sim: [^\n]+\n$/)
  return stderr.slice('npa-sim: '.length, -1)
}

describe('outputs that cannot be: refused before anything runs, nothing is left', () => {
  test.each(['--json', '--trace'])('%s in a folder that is not there', async (option) => {
    const file = join(emptyFolder(), 'no/x')
    expect(await refusal([option, file])).toBe(`${option} ${file}: cannot be written: there is no such folder`)
  })

  test.each(['--json', '--trace'])('%s is a folder', async (option) => {
    const folder = emptyFolder()
    expect(await refusal([option, folder])).toBe(`${option} ${folder}: cannot be written: it is a folder`)
    expect(filesIn(folder)).toEqual([])
  })

  test.each(['--json', '--trace', '--pcap'])('%s below a file', async (option) => {
    const folder = emptyFolder()
    writeFileSync(join(folder, 'file'), 'mine')
    expect(await refusal([option, join(folder, 'file/x')])).toMatch(/: the path goes through a file, or ends in one$/)
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('mine')
  })

  test.skipIf(!linux)('a place where nobody can write, not even root', async () => {
    expect(await refusal(['--json', '/proc/npa.json'])).toMatch(/^--json \/proc\/npa\.json: cannot be written: /)
    expect(await refusal(['--pcap', '/proc/npa'])).toMatch(/^--pcap \/proc\/npa: cannot be used as a folder: /)
  })

  test('--pcap is a file', async () => {
    const file = join(emptyFolder(), 'file')
    writeFileSync(file, 'mine')
    expect(await refusal(['--pcap', file])).toBe(
      `--pcap ${file}: cannot be used as a folder: the path goes through a file, or ends in one`,
    )
    expect(readFileSync(file, 'utf8')).toBe('mine')
  })

  test('a folder stands where a capture would: the ones opened before it are gone again', async () => {
    const folder = emptyFolder()
    mkdirSync(join(folder, 'caps/vm-b.pcapng'), { recursive: true })
    expect(await refusal(['--pcap', join(folder, 'caps')])).toMatch(/vm-b\.pcapng: cannot be written: it is a folder$/)
    expect(filesIn(folder)).toEqual(['caps', 'caps/vm-b.pcapng'])
  })

  test('a folder that was made for the captures goes again, one that was there stays', async () => {
    const folder = emptyFolder()
    await refusal(['--pcap', join(folder, 'a/b/c'), '--json', folder])
    expect(filesIn(folder)).toEqual([])
    mkdirSync(join(folder, 'mine'))
    const broken = (): never => {
      throw new Error('broken on purpose')
    }
    await npaSim(['run', QUICK, '--pcap', join(folder, 'mine/caps')], broken)
    expect(filesIn(folder)).toEqual(['mine'])
  })

  test('--json and --trace are one file, however it is written', async () => {
    const folder = emptyFolder()
    const json = join(folder, 'x')
    const message = (trace: string): string => `--trace ${trace}: what --json writes has this name`
    expect(await refusal(['--json', json, '--trace', json])).toBe(message(json))
    mkdirSync(join(folder, 'd'))
    expect(await refusal(['--json', json, '--trace', `${folder}/d/../x`])).toBe(message(`${folder}/d/../x`))
    const elsewhere = join(emptyFolder(), 'link')
    symlinkSync(folder, elsewhere)
    expect(await refusal(['--json', json, '--trace', `${elsewhere}/x`])).toBe(message(`${elsewhere}/x`))
    expect(filesIn(folder)).toEqual(['d'])
  })

  test('--json is one of the captures', async () => {
    const folder = emptyFolder()
    const message = await refusal(['--json', join(folder, 'vm-a.pcapng'), '--pcap', folder])
    expect(message).toBe(`--pcap ${join(folder, 'vm-a.pcapng')}: what --json writes has this name`)
    expect(filesIn(folder)).toEqual([])
  })

  test('the scenario or its capture is not written over', async () => {
    const before = readFileSync(QUICK)
    expect(await refusal(['--json', QUICK])).toBe(`--json ${QUICK}: what the run reads has this name`)
    const capture = join(QUICK, '../../fixtures/mixed.pcap')
    expect(await refusal(['--trace', capture])).toBe(`--trace ${capture}: what the run reads has this name`)
    expect(readFileSync(QUICK)).toEqual(before)
  })
})

describe('what is there already', () => {
  const outputs = (folder: string): string[] => ['--json', join(folder, 'x.json'), '--trace', join(folder, 'x.trace')]

  test('stays as it is when the run fails', async () => {
    const folder = emptyFolder()
    writeFileSync(join(folder, 'x.json'), 'old')
    writeFileSync(join(folder, 'x.trace'), 'old')
    const broken: Simulate = (job, progress) => {
      simulateHere(job, progress)
      return Promise.reject(new Error('broken on purpose'))
    }
    expect(await npaSim(['run', bootOnly(), ...outputs(folder)], broken)).toMatchObject({ code: 1 })
    expect(filesIn(folder)).toEqual(['x.json', 'x.trace'])
    expect(readFileSync(join(folder, 'x.trace'), 'utf8')).toBe('old')
  })

  test('is replaced when it succeeds; a link stays a link', async () => {
    const folder = emptyFolder()
    mkdirSync(join(folder, 'real'))
    writeFileSync(join(folder, 'real/x.json'), 'old')
    symlinkSync(join(folder, 'real/x.json'), join(folder, 'x.json'))
    expect(await npaSim(['run', bootOnly(), ...outputs(folder)])).toMatchObject({ code: 0 })
    expect(filesIn(folder)).toEqual(['real', 'real/x.json', 'x.json', 'x.trace'])
    expect(JSON.parse(readFileSync(join(folder, 'real/x.json'), 'utf8'))).toMatchObject({ verdict: 'pass' })
  })
})

describe.skipIf(!linux || !existsSync('/dev/full'))('devices', () => {
  test('/dev/null takes everything and stays a device', async () => {
    expect(await npaSim(['run', bootOnly(), '--json', '/dev/null', '--trace', '/dev/zero'])).toMatchObject({ code: 0 })
    expect(readFileSync('/dev/null', 'utf8')).toBe('')
  })

  test.each(['--json', '--trace'])('%s on a disk without space', async (option) => {
    const folder = emptyFolder()
    const { code, stdout, stderr } = await npaSim([
      'run',
      bootOnly(),
      option,
      '/dev/full',
      '--pcap',
      join(folder, 'caps'),
    ])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    const last = stderr.split('\n').filter((line) => !line.startsWith('phase '))
    expect(last).toEqual([`npa-sim: ${option} /dev/full: cannot be written: no space is left`, ''])
    expect(filesIn(folder)).toEqual([])
  })
})
