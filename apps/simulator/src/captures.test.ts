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

/** What tshark prints of the frames that a filter takes. */
function tshark(file: string, filter: string, ...fields: string[]): string[] {
  const checks = ['tcp', 'ip', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`])
  const shown = fields.length === 0 ? [] : ['-T', 'fields', ...fields.flatMap((field) => ['-e', field])]
  const args = ['-r', join(folder, 'caps', file), ...checks, '-Y', filter, ...shown]
  return execFileSync('tshark', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    .split('\n')
    .filter((line) => line !== '')
}

describe.skipIf(missing).each(FILES)(`%s, read by tshark${missing ? ' (SKIPPED: not installed)' : ''}`, (file) => {
  test('every frame of the replays and hundreds of the streams are in it', () => {
    expect(tshark(file, 'eth').length).toBeGreaterThan(2 * 722 + 4 * 400)
    expect(tshark(file, 'tcp.port == 5001').length).toBeGreaterThan(4 * 400)
  })

  test('no checksum is bad, no frame malformed', () => {
    const sums = ['ip', 'tcp', 'udp', 'icmp', 'icmpv6'].map((protocol) => `${protocol}.checksum.status == 0`)
    expect(tshark(file, sums.join(' || '))).toEqual([])
    expect(tshark(file, '_ws.malformed')).toEqual([])
  })

  test('no segment of the streams comes twice, late or after a gap', () => {
    const troubles = ['retransmission', 'out_of_order', 'lost_segment', 'duplicate_ack', 'zero_window']
    const filter = troubles.map((trouble) => `tcp.analysis.${trouble}`).join(' || ')
    expect(tshark(file, `tcp.port == 5001 && (${filter})`)).toEqual([])
  })

  test('time does not go back', () => {
    const times = tshark(file, 'frame', 'frame.time_epoch').map(Number)
    expect(times.every((time, i) => i === 0 || time >= times[i - 1])).toBe(true)
  })
})

describe.skipIf(missing)('comments where the mode switches', () => {
  test.each(['vm-a', 'vm-b'])('%s', (vm) => {
    const comments = tshark(`${vm}.pcapng`, 'frame.comment', 'frame.comment').join('\n')
    expect(comments).toContain(`${vm}: emulated to passthrough`)
    expect(comments).toContain(`${vm}: passthrough to emulated`)
    expect(comments).not.toContain(vm === 'vm-a' ? 'vm-b' : 'vm-a')
  })
})
