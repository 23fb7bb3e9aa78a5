import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { parseScenario } from '@npa/scenario'
import type { PhaseFigures, PhaseResult, RealPhaseResult, VirtualResult } from '@npa/scenario'
import { describe, expect, test } from 'vitest'
import { formatReport } from './report.js'
import { costTable } from './report/cost-table.js'
import { emptyFolder, npaSim, QUICK } from './testing/command.js'

const scenario = parseScenario(readFileSync(QUICK, 'utf8'), QUICK)
const paper = new Writable({ write: (_, __, done) => done() })

const figures: PhaseFigures = {
  name: 'stream-emulated-again',
  mode: 'emulated',
  tx: { frames: 20_028, bytes: 20_821_816 },
  rx: { frames: 20_027, bytes: 20_860_678 },
  lost: 1,
  duplicated: 2,
  reordered: 3,
  vmExits: 15_205,
  interrupts: 2758,
  cpuCopies: 60_084,
  dmaBytes: 42_964_350,
  goodputMbps: 10_905,
}
const phase: PhaseResult = { ...figures, guestCyclesPerFrame: 4076.6, hostCyclesPerFrame: 4829.9 }

const result: VirtualResult = {
  version: 0,
  seed: 5,
  clock: 'virtual',
  phases: [phase],
  switches: [
    {
      vm: 'vm-a',
      from: 'emulated',
      to: 'passthrough',
      forced: false,
      blackoutNs: 20_040,
      framesHeld: 5,
      framesDropped: 0,
    },
    { vm: 'vm-a', from: 'passthrough', to: 'emulated', forced: true, blackoutNs: 0, framesHeld: 0, framesDropped: 4 },
  ],
  payloads: [{ from: 'vm-a', to: 'vm-b', bytes: 70_000, hash: 0x89abcdef }],
  drops: { 'host-a.nic.QPRDC': 1234, 'host-a.nic.MPC': 0 },
  leaks: 0,
  verdict: 'pass',
  findings: [],
}

const lines = formatReport(result, scenario, paper).split('\n')

describe('the report', () => {
  test('has every figure of a phase under its head', () => {
    expect(lines[0].trim().split(/ {2,}/)).toEqual([
      'frames',
      'frames',
      'MB',
      'MB',
      'frames',
      'frames',
      'frames',
      'VM',
      'inter-',
      'CPU',
      'DMA',
      'guest cyc.',
      'host cyc.',
      'payload',
    ])
    expect(lines[1].split(/ {2,}/)).toEqual([
      'phase',
      'mode',
      'sent',
      'received',
      'sent',
      'received',
      'lost',
      'doubled',
      'reordered',
      'exits',
      'rupts',
      'copies',
      'MB',
      'per frame',
      'per frame',
      'Mbit/s',
    ])
    expect(lines[2].split(/ {2,}/)).toEqual([
      'stream-emulated-again',
      'emulated',
      '20,028',
      '20,027',
      '20.8',
      '20.9',
      '1',
      '2',
      '3',
      '15,205',
      '2,758',
      '60,084',
      '43.0',
      '4,077',
      '4,830',
      '10,905',
    ])
  })

  test('says what its figures are: virtual time, and cycles by which profile', () => {
    const text = lines.join('\n')
    expect(text).toContain('Time is virtual')
    expect(text).toContain('times the costs of profile nehalem')
  })

  test('has a line for each switch and each drop that happened', () => {
    expect(lines).toContain('  vm-a: emulated to passthrough: blackout 20.0 us, 5 frames held, 0 dropped')
    expect(lines).toContain('  vm-a: passthrough to emulated, forced: blackout 0.0 us, 0 frames held, 4 dropped')
    expect(lines).toContain('  host-a.nic.QPRDC 1,234')
    expect(lines.join('\n')).not.toContain('MPC')
    expect(lines.at(-1)).toBe('verdict: PASS (seed 5, leaks 0)')
  })

  test('is plain where there is no terminal', () => {
    expect(lines.join('\n')).not.toContain('\x1b')
  })

  test('says none where there is nothing', () => {
    const text = formatReport({ ...result, switches: [], drops: {} }, scenario, paper)
    expect(text.match(/^ {2}none$/gm)).toHaveLength(2)
  })

  test('fits 160 columns with the names and figures of the default scenario', () => {
    const through: PhaseResult = { ...phase, name: 'stream-passthrough', mode: 'passthrough' }
    const text = formatReport({ ...result, phases: [phase, through] }, scenario, paper)
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(160)
  })
})

describe('processor time of streams', () => {
  const through: PhaseResult = { ...phase, mode: 'passthrough', guestCyclesPerFrame: 4000, hostCyclesPerFrame: 0 }
  const cells = (text: string | undefined, row: string): string[] => {
    const line = text?.split('\n').find((one) => one.startsWith(`  ${row} `)) ?? ''
    return line.trim().split(/ {2,}/)
  }

  test('bits by cycles, beside what was published: sending and receiving, 1 / (1 / a + 1 / b)', () => {
    const table = costTable([phase, { ...through, goodputMbps: 1 }, through])
    // 20,821,816 bytes in 20,028 frames of 8906.5 and 4000 cycles each
    expect(cells(table, 'emulated')).toEqual(['emulated', '4,077', '4,830', '934', '953'])
    expect(cells(table, 'passthrough')).toEqual(['passthrough', '4,000', '0', '2,079', '1,531'])
    expect(cells(table, 'passthrough against emulated')).toEqual(['passthrough against emulated', 'x 2.23', 'x 1.61'])
  })

  test('phases without a stream, or in which the mode changes, do not count', () => {
    const replay = { ...through, goodputMbps: 0 }
    expect(costTable([replay])).toBeUndefined()
    expect(cells(costTable([phase, through]), 'passthrough')).toEqual([''])
    expect(cells(costTable([phase, { ...phase, hostCyclesPerFrame: 0 }]), 'emulated')[2]).toBe('2,415')
  })
})

describe('the report of a run in real time', () => {
  const real: RealPhaseResult = {
    ...figures,
    goodputMbps: 512,
    wallMs: 1234.5,
    cpuMs: { guest: 400.4, host: 200.2, nic: 300.3 },
    cpuMsPerGbit: { guest: 1, host: 2, nic: 3 },
  }
  const through: RealPhaseResult = { ...real, mode: 'passthrough', cpuMs: { guest: 400.4, host: 0.2, nic: 300.3 } }
  const text = formatReport({ ...result, clock: 'real', phases: [real, through, through] }, scenario, paper)

  test('says which clock it was, and has processor time in place of cycles', () => {
    expect(text).toContain('Time is real')
    expect(text).toContain('longest real time')
    expect(text).not.toMatch(/virtual|cyc|modelled:/)
    expect(text.split('\n')[2].split(/ {2,}/).slice(-5)).toEqual(['400', '200', '300', '1,235', '512'])
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(160)
  })

  test('processor time for a gigabit, by role and by what carried the frames', () => {
    const rows = text.split('\n').map((line) => line.trim().split(/ {2,}/))
    // 20,860,678 bytes are 0.16689 Gbit; the phase in which the mode changes does not count
    expect(rows).toContainEqual(['emulated', '2399.3', '1199.6', '1799.4', '3598.9'])
    expect(rows).toContainEqual(['passthrough', '2399.3', '1.2', '1799.4', '2400.4'])
  })
})

test('the table of a run keeps its columns under their heads', async () => {
  const folder = emptyFolder()
  const file = join(folder, 's.yaml')
  writeFileSync(file, readFileSync(QUICK, 'utf8').split('  - name: into-passthrough')[0])
  const { code, stdout } = await npaSim(['run', file])
  expect(code).toBe(0)
  const [, head, boot, stream] = stdout.split('\n')
  const end = (line: string, word: RegExp): number => {
    const found = word.exec(line)
    return found === null ? -1 : found.index + found[0].length
  }
  expect(end(boot, /\S+$/)).toBe(end(head, /Mbit\/s$/))
  expect(end(stream, /\S+$/)).toBe(end(head, /Mbit\/s$/))
  expect(end(stream, /^\S+ +\S+/)).toBeLessThan(end(head, /sent/))
})
