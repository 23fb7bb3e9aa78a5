import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { runResultSchema } from '@npa/scenario'
import { beforeAll, describe, expect, test } from 'vitest'
import { bootOnly, emptyFolder, filesIn, QUICK, ROOT } from './testing/command.js'

const APP = join(ROOT, 'apps/simulator')
const DIST = join(APP, 'dist')
const BUILT = join(DIST, 'main.js')
const DEFAULT = join(ROOT, 'scenarios/default.yaml')

beforeAll(() => {
  const advice = 'run npm run build (npx tsc -b) first'
  if (!existsSync(BUILT)) throw new Error(`apps/simulator/dist/main.js is not there: ${advice}`)
  const built = statSync(join(DIST, '.tsbuildinfo')).mtimeMs
  for (const name of readdirSync(join(APP, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts') || name.endsWith('.test.ts') || name.startsWith('testing')) continue
    if (statSync(join(APP, 'src', name)).mtimeMs > built)
      throw new Error(`apps/simulator/dist is older than src/${name}: ${advice}`)
  }
})

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, args, { env: { ...process.env, ...env } })
}

function ended(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr })))
}

describe('the built program', () => {
  test('runs a scenario: report on stdout, phases on stderr, exit code 0', async () => {
    const json = join(emptyFolder(), 'x.json')
    const { code, stdout, stderr } = await ended(start([BUILT, 'run', QUICK, '--json', json]))
    expect(code).toBe(0)
    expect(stdout).toMatch(/\nverdict: PASS \(seed 1, leaks 0\)\n$/)
    expect(stderr.split('\n').filter((line) => !line.startsWith('phase '))).toEqual([''])
    expect(existsSync(json)).toBe(true)
  })

  test('runs the same scenario in real time, a thread for each guest, host and NIC', async () => {
    const json = join(emptyFolder(), 'x.json')
    const { code, stdout } = await ended(start([BUILT, 'run', QUICK, '--clock', 'real', '--json', json]))
    expect(stdout).toMatch(/\nverdict: PASS \(seed 1, leaks 0\)\n$/)
    expect(code).toBe(0)
    const result = runResultSchema.parse(JSON.parse(readFileSync(json, 'utf8')))
    if (result.clock !== 'real') throw new Error(`the clock was ${result.clock}`)
    const [, emulated, , passthrough] = result.phases
    expect([emulated.mode, passthrough.mode]).toEqual(['emulated', 'passthrough'])
    expect(emulated.cpuMs.host).toBeGreaterThan(0)
    expect(passthrough.vmExits).toBe(0)
    expect(passthrough.cpuMsPerGbit.host).toBeLessThan(emulated.cpuMsPerGbit.host)
  }, 300_000)

  test('colours the verdict where it is wanted, unless NO_COLOR is set', async () => {
    const wanted = { NO_COLOR: undefined, FORCE_COLOR: '1' }
    expect((await ended(start([BUILT, 'run', bootOnly()], wanted))).stdout).toContain('\x1b[32mPASS\x1b[39m')
    const unwanted = { NO_COLOR: '1', FORCE_COLOR: undefined }
    expect((await ended(start([BUILT, 'run', bootOnly()], unwanted))).stdout).not.toContain('\x1b')
  })

  test('refuses in one line with exit code 2', async () => {
    const { code, stdout, stderr } = await ended(start([BUILT, 'run', 'no.yaml']))
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: '',
      stderr: 'npa-sim: no.yaml: cannot be read: there is no such file\n',
    })
  })

  test('does not mind a reader of its output that goes', async () => {
    const child = start([BUILT, 'run', bootOnly()])
    child.stdout.destroy()
    const { code, stderr } = await ended(child)
    expect(code).toBe(0)
    expect(stderr.split('\n').filter((line) => !line.startsWith('phase '))).toEqual([''])
  })

  test('nor one of its progress', async () => {
    const child = start([BUILT, 'run', bootOnly()])
    child.stderr.destroy()
    const { code, stdout } = await ended(child)
    expect(code).toBe(0)
    expect(stdout).toContain('verdict: PASS')
  })

  test.skipIf(!existsSync('/dev/full'))('says so when its output cannot be printed', async () => {
    const args = ['-c', `"${process.execPath}" "${BUILT}" schema > /dev/full`]
    const { code, stderr } = await ended(spawn('/bin/sh', args))
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'npa-sim: stdout: cannot be written: ENOSPC\n' })
  })
})

describe('a signal while it runs', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s: the program dies of it and leaves nothing', async (signal) => {
    const folder = emptyFolder()
    const outputs = ['json', 'trace'].flatMap((option) => [`--${option}`, join(folder, option)])
    const child = start([BUILT, 'run', DEFAULT, ...outputs, '--pcap', join(folder, 'caps')])
    const end = ended(child)
    await new Promise<void>((resolve) => {
      child.stderr.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('phase 2')) resolve()
      })
    })
    expect(filesIn(folder).filter((name) => name.endsWith('.part'))).toHaveLength(6)
    // as npm does: the process group gets it, and the process once more
    child.kill(signal)
    await setTimeout(10)
    child.kill(signal)
    const { stdout, ...how } = await end
    expect({ stdout, signal: how.signal }).toEqual({ stdout: '', signal })
    expect(filesIn(folder)).toEqual([])
  })
})

test('a fault in the thread of the run is a fault of ours: exit code 1, and how to repeat it', async () => {
  const url = (name: string): string => JSON.stringify(pathToFileURL(join(DIST, name)).href)
  const code = `
    import { main } from ${url('cli.js')}
    import { simulateInWorker } from ${url('simulate-in-worker.js')}
    const simulate = (job, progress, signal) => simulateInWorker({ ...job, scenario: null }, progress, signal)
    const around = { console: process, simulate, signal: new AbortController().signal }
    process.exitCode = await main(process.argv.slice(2), around)`
  const script = join(emptyFolder(), 'faulty.mjs')
  writeFileSync(script, code)
  const { code: status, stdout, stderr } = await ended(start([script, 'run', QUICK, '--seed', '5']))
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toContain(`npa-sim: internal failure; to repeat it: npa-sim run ${QUICK} --seed 5\n`)
  expect(stderr).toMatch(/TypeError: .*null.*\n {4}at /)
})
