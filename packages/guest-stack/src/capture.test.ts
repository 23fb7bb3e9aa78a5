import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Direction, PcapngWriter } from '@npa/wire'
import { describe, expect, test } from 'vitest'
import { StreamSink } from './apps/stream-sink.js'
import { StreamSource } from './apps/stream-source.js'
import { IP_B, pair, runFor } from './testing/pair.js'
import type { StackChoice } from './testing/pair.js'
import type { WireOptions } from './testing/fake-wire.js'

const missing = spawnSync('tshark', ['--version']).error !== undefined
if (missing) console.warn('SKIPPED: tshark is not installed, so that nobody but ourselves has judged our frames')

/** The capture of two streams, an echo request and both closes, as a file; what tshark prints of it. */
function judged(options: WireOptions, choice: StackChoice, filter: string, fields: string[] = []): string[] {
  const chunks: Uint8Array[] = []
  const writer = new PcapngWriter((chunk) => chunks.push(chunk), 'guest-stack test')
  const id = writer.addInterface('wire')
  const p = pair(options, choice)
  p.wire.spy = (bytes, from, timeNs) =>
    writer.packet(id, timeNs, from === 0 ? Direction.outbound : Direction.inbound, bytes, 0, bytes.length)
  let ended = 0
  const onEnd = (): void => {
    ended++
  }
  p.b.listen(7, (server) => {
    new StreamSink(server, { seed: 1, close: false, onEnd })
    new StreamSource(server, { seed: 2, bytes: 150_000 })
  })
  p.a.ping(IP_B, 1, 333)
  const client = p.a.connect(IP_B, 7)
  new StreamSource(client, { seed: 1, bytes: 200_000 })
  new StreamSink(client, { seed: 2, close: false, onEnd })
  p.scheduler.run(() => ended === 2, 1e12)
  runFor(p, 1e9)
  p.b.bindUdp(9).send(0xffffffff, 9, Uint8Array.of(1, 2, 3), 0, 3)
  writer.close()
  const folder = mkdtempSync(join(tmpdir(), 'guest-stack-'))
  try {
    const file = join(folder, 'stream.pcapng')
    writeFileSync(file, Buffer.concat(chunks))
    const checks = ['tcp', 'ip', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`])
    const shown = fields.length === 0 ? [] : ['-T', 'fields', ...fields.flatMap((field) => ['-e', field])]
    const args = ['-r', file, ...checks, '-Y', filter, ...shown]
    const printed = execFileSync('tshark', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return printed.split('\n').filter((line) => line !== '')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const BAD_SUMS =
  'ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0 || icmp.checksum.status == 0'

describe.skipIf(missing)('tshark', () => {
  test.each<[string, WireOptions, StackChoice]>([
    ['own checksums', {}, {}],
    ['offloaded checksums', {}, { csumOffload: true }],
    ['a VLAN in the bytes', {}, { vlan: 100, vlanOffload: false }],
    ['a VLAN beside them', { strip: true }, { vlan: 100 }],
    ['long frames in several buffers', { mtu: 9000 }, {}],
    ['scaled windows', { rate: 0.1 }, { tcp: { receiveBuffer: 1 << 20 } }],
  ])('finds nothing wrong with a clean stream: %s', (_, options, choice) => {
    expect(judged(options, choice, `${BAD_SUMS} || _ws.malformed || tcp.analysis.flags`)).toEqual([])
    const frames = judged(options, choice, 'tcp.checksum.status == 1 && ip.checksum.status == 1', ['tcp.stream'])
    expect(frames.length).toBeGreaterThan(50)
    expect(new Set(frames)).toEqual(new Set(['0']))
  })

  test('sees the losses of a bad one, and still no wrong checksum', () => {
    const options = { loss: 0.02 }
    expect(judged(options, {}, `${BAD_SUMS} || _ws.malformed`)).toEqual([])
    expect(judged(options, {}, 'tcp.analysis.retransmission || tcp.analysis.fast_retransmission')).not.toEqual([])
  })
})
