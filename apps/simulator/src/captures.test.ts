import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { filesIn, npaSim, QUICK } from './testing/command.js'

const missing = spawnSync('tshark', ['--version']).error !== undefined
if (missing) console.warn('SKIPPED: tshark is not installed, so that nobody but ourselves has judged the capture files')

const FILES = ['host-a-wire.pcapng', 'host-b-wire.pcapng', 'vm-a.pcapng', 'vm-b.pcapng']

let folder = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'npa-sim-pcap-'))
  const { code } = await npaSim(['run', QUICK, '--pcap', join(folder, 'caps')])
  expect(code).toBe(0)
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

test('a file for each interface, and nothing else', () => {
  expect(filesIn(join(folder, 'caps'))).toEqual(FILES)
})

const SUMS = ['ip', 'tcp', 'udp', 'icmp', 'icmpv6'].map((protocol) => `${protocol}.checksum.status`)
const BAD = '0'
const TROUBLES = ['retransmission', 'out_of_order', 'lost_segment', 'duplicate_ack', 'zero_window'].map(
  (trouble) => `tcp.analysis.${trouble}`,
)
const FIELDS = ['frame.time_epoch', 'frame.comment', 'tcp.port', '_ws.malformed', ...SUMS, ...TROUBLES]

type Seen = Readonly<Record<string, string>>

/** What tshark has to say about each frame of a file, by field; empty where it has not. */
function tshark(file: string): Seen[] {
  const checks = ['tcp', 'ip', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`])
  const fields = FIELDS.flatMap((field) => ['-e', field])
  const args = ['-r', join(folder, 'caps', file), ...checks, '-T', 'fields', ...fields]
  const printed = execFileSync('tshark', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const rows = printed.replace(/\n$/, '').split('\n')
  return rows.map((row) => Object.fromEntries(row.split('\t').map((value, i) => [FIELDS[i], value])))
}

const STREAM = (frame: Seen): boolean => frame['tcp.port'].split(',').includes('5001')

describe.skipIf(missing).each(FILES)(`%s, read by tshark${missing ? ' (SKIPPED: not installed)' : ''}`, (file) => {
  let frames: Seen[] = []

  beforeAll(() => {
    frames = tshark(file)
  })

  test('every frame of the replays and hundreds of the streams are in it', () => {
    expect(frames.length).toBeGreaterThan(2 * 722 + 4 * 400)
    expect(frames.filter(STREAM).length).toBeGreaterThan(4 * 400)
  })

  test('checksums were looked at, and none is bad; no frame is malformed', () => {
    for (const sum of SUMS) {
      const found = new Set(frames.flatMap((frame) => frame[sum].split(',')).filter((status) => status !== ''))
      expect(found.size, sum).toBeGreaterThan(0)
      expect(found, sum).not.toContain(BAD)
    }
    expect(frames.filter((frame) => frame['_ws.malformed'] !== '')).toEqual([])
  })

  test('no segment of the streams comes twice, late or after a gap', () => {
    for (const trouble of TROUBLES) {
      expect(frames.filter((frame) => STREAM(frame) && frame[trouble] !== '')).toEqual([])
    }
  })

  test('time does not go back', () => {
    const times = frames.map((frame) => Number(frame['frame.time_epoch']))
    expect(times.every((time, i) => i === 0 || time >= times[i - 1])).toBe(true)
  })

  test('comments say when the mode of the VM switched, and of no other', () => {
    const comments = frames.map((frame) => frame['frame.comment']).join('\n')
    const [own, other] = /-a/.test(file) ? ['vm-a', 'vm-b'] : ['vm-b', 'vm-a']
    expect(comments).toContain(`${own}: emulated to passthrough`)
    expect(comments).toContain(`${own}: passthrough to emulated`)
    expect(comments).not.toContain(other)
  })
})
