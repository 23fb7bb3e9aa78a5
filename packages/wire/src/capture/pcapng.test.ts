import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fixture } from '../testing/fixture.js'
import { readPcap } from './pcap.js'
import { Direction, PcapngWriter } from './pcapng.js'

/** Everything a program writes with a writer, in one piece. */
function written(program: (writer: PcapngWriter) => void): Uint8Array {
  const chunks: Uint8Array[] = []
  program(new PcapngWriter((chunk) => chunks.push(chunk), 'npa test'))
  return Buffer.concat(chunks)
}

interface Block {
  type: number
  body: DataView
}

/** The blocks of a file; checks their framing. */
function blocksOf(file: Uint8Array): Block[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const blocks: Block[] = []
  for (let at = 0; at < file.length;) {
    const total = view.getUint32(at + 4, true)
    expect(total % 4).toBe(0)
    expect(view.getUint32(at + total - 4, true)).toBe(total)
    blocks.push({
      type: view.getUint32(at, true),
      body: new DataView(file.buffer, file.byteOffset + at + 8, total - 12),
    })
    at += total
  }
  return blocks
}

/** The options of a block from `at`, as [code, bytes]. */
function optionsOf({ body }: Block, at: number): [number, string][] {
  const options: [number, string][] = []
  for (let place = at; ;) {
    const code = body.getUint16(place, true)
    const length = body.getUint16(place + 2, true)
    if (code === 0) {
      expect(place + 4).toBe(body.byteLength)
      return options
    }
    options.push([code, Buffer.from(body.buffer, body.byteOffset + place + 4, length).toString('latin1')])
    place += 4 + ((length + 3) & ~3)
  }
}

describe('a pcapng section', () => {
  test('begins with its header and describes its interfaces', () => {
    const [section, eth0, eth1] = blocksOf(
      written((writer) => {
        expect(writer.addInterface('eth0')).toBe(0)
        expect(writer.addInterface('vf-1', 96)).toBe(1)
        writer.close()
      }),
    )
    expect([section.type, section.body.getUint32(0, true)]).toEqual([0x0a0d0d0a, 0x1a2b3c4d])
    expect([section.body.getUint16(4, true), section.body.getUint16(6, true)]).toEqual([1, 0])
    expect(section.body.getBigInt64(8, true)).toBe(-1n)
    expect(optionsOf(section, 16)).toEqual([[4, 'npa test']])
    expect([eth0.type, eth0.body.getUint16(0, true), eth0.body.getUint32(4, true)]).toEqual([1, 1, 0])
    expect(optionsOf(eth0, 8)).toEqual([
      [2, 'eth0'],
      [9, '\t'],
    ])
    expect(eth1.body.getUint32(4, true)).toBe(96)
    expect(optionsOf(eth1, 8)).toEqual([
      [2, 'vf-1'],
      [9, '\t'],
    ])
  })

  test('packets keep bytes, nanoseconds beyond 2^32, direction and snap length', () => {
    const u8 = Uint8Array.from({ length: 80 }, (_, i) => i)
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        fc.integer({ min: 0, max: 60 }),
        fc.constantFrom(0, 1, 20, 21),
        fc.constantFrom(...Object.values(Direction)),
        (timeNs, length, snap, direction) => {
          const block = blocksOf(
            written((writer) => {
              writer.packet(writer.addInterface('a', snap), timeNs, direction, u8, 9, length)
              writer.close()
            }),
          )[2]
          const captured = snap === 0 ? length : Math.min(snap, length)
          const words = [0, 4, 8, 12, 16].map((at) => block.body.getUint32(at, true))
          expect(block.type).toBe(6)
          expect(words).toEqual([0, Math.floor(timeNs / 2 ** 32), timeNs % 2 ** 32, captured, length])
          const bytes = Buffer.from(block.body.buffer, block.body.byteOffset + 20, captured)
          expect(Buffer.compare(bytes, u8.subarray(9, 9 + captured))).toBe(0)
          expect(optionsOf(block, 20 + ((captured + 3) & ~3))).toEqual([[2, String.fromCharCode(direction, 0, 0, 0)]])
        },
      ),
    )
  })

  test('a tag that is not in the bytes is put in, whatever the snap length', () => {
    const frame = Uint8Array.from({ length: 20 }, (_, i) => i)
    const whole = [...frame.subarray(0, 12), 0x81, 0, 0x60, 0x64, ...frame.subarray(12)]
    for (const snap of [0, 24, 23, 16, 15, 14, 13, 12, 5]) {
      const block = blocksOf(
        written((writer) => {
          writer.packet(writer.addInterface('a', snap), 0, 0, frame, 0, 20, 0x6064)
          writer.close()
        }),
      )[2]
      const captured = snap === 0 ? 24 : snap
      expect([block.body.getUint32(12, true), block.body.getUint32(16, true)]).toEqual([captured, 24])
      expect([...new Uint8Array(block.body.buffer, block.body.byteOffset + 20, captured)]).toEqual(
        whole.slice(0, captured),
      )
    }
  })

  test('comments go to the next packet, each with its instant, and to no other', () => {
    const blocks = blocksOf(
      written((writer) => {
        writer.addInterface('a')
        writer.comment(5, 'mode: passthrough')
        writer.comment(1_000_000_007, 'VF 3 activated')
        writer.packet(0, 2_000_000_000, 1, new Uint8Array(14), 0, 14)
        writer.packet(0, 2_000_000_000, 1, new Uint8Array(14), 0, 14)
        writer.close()
      }),
    )
    expect(blocks.map((block) => block.type)).toEqual([0x0a0d0d0a, 1, 6, 6])
    expect(optionsOf(blocks[2], 36).slice(0, 2)).toEqual([
      [1, '0.000000005 s: mode: passthrough'],
      [1, '1.000000007 s: VF 3 activated'],
    ])
    expect(optionsOf(blocks[3], 36)).toHaveLength(1)
  })

  test('chunks are whole, and belong to the receiver', () => {
    const chunks: Uint8Array[] = []
    const writer = new PcapngWriter((chunk) => chunks.push(chunk), 'npa')
    writer.addInterface('a')
    const frame = new Uint8Array(15000)
    for (let i = 0; i < 20; i++) writer.packet(0, i, 0, frame.fill(i), 0, frame.length)
    writer.comment(20, 'x'.repeat(60_000))
    writer.comment(20, 'y'.repeat(60_000))
    writer.packet(0, 20, 0, frame, 0, 14)
    writer.flush()
    expect(chunks.length).toBeGreaterThan(5)
    for (const chunk of chunks) blocksOf(chunk)
    const packets = blocksOf(Buffer.concat(chunks)).slice(2)
    packets.slice(0, 20).forEach(({ body }, i) => expect([body.getUint8(20), body.getUint8(15019)]).toEqual([i, i]))
    expect(packets).toHaveLength(21)
  })

  test('time never goes back, an interface is known, a text fits', () => {
    written((writer) => {
      writer.addInterface('a')
      writer.packet(0, 10, 0, new Uint8Array(14), 0, 14)
      expect(() => writer.packet(0, 9, 0, new Uint8Array(14), 0, 14)).toThrow('time goes back from 10 to 9 ns')
      expect(() => writer.comment(9, 'late')).toThrow(RangeError)
      expect(() => writer.packet(1, 11, 0, new Uint8Array(14), 0, 14)).toThrow('no interface 1')
      expect(() => writer.comment(11, 'x'.repeat(65536))).toThrow(RangeError)
    })
  })
})

const tshark = spawnSync('tshark', ['--version'], { encoding: 'utf8' })
const missing = tshark.status !== 0
if (missing)
  console.warn('SKIPPED: what Wireshark shows of our pcapng files is not checked, because tshark is not installed')

describe.skipIf(missing)(`read by tshark${missing ? ' (SKIPPED: tshark is not installed)' : ''}`, () => {
  /** The lines that tshark prints for a file. */
  function shown(file: Uint8Array, ...args: string[]): string[] {
    const folder = mkdtempSync(join(tmpdir(), 'npa-pcapng-'))
    try {
      writeFileSync(join(folder, 'x.pcapng'), file)
      const text = execFileSync('tshark', ['-r', join(folder, 'x.pcapng'), ...args], {
        encoding: 'utf8',
        stdio: 'pipe',
      })
      return text.split('\n').filter((line) => line !== '')
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  const fields = (...names: string[]): string[] => ['-T', 'fields', ...names.flatMap((name) => ['-e', name])]

  test('frames, nanoseconds, interfaces, directions and comments', () => {
    const source = fixture('mixed.pcap')
    const packets = readPcap(source)
    const file = written((writer) => {
      writer.addInterface('vm1')
      writer.addInterface('vf3')
      for (let i = 0; i < 40; i++) {
        if (i === 7) writer.comment(7_000_000_001, 'mode switch: emulation to passthrough')
        writer.packet(
          i & 1,
          i * 1_000_000_001,
          1 + (i & 1),
          source,
          packets.offsets[i],
          packets.lengths[i],
          i === 8 ? 100 : -1,
        )
      }
      writer.close()
    })
    const lines = shown(
      file,
      ...fields(
        'frame.time_epoch',
        'frame.interface_name',
        'frame.packet_flags_direction',
        'frame.len',
        'vlan.id',
        'frame.comment',
      ),
    )
    expect(lines).toHaveLength(40)
    lines.forEach((line, i) => {
      const [time, name, direction, length, vlan, comment] = line.split('\t')
      expect(time).toBe(`${i}.${String(i).padStart(9, '0')}`)
      expect([name, Number(direction)]).toEqual([['vm1', 'vf3'][i & 1], 1 + (i & 1)])
      expect([Number(length), vlan]).toEqual(i === 8 ? [packets.lengths[i] + 4, '100'] : [packets.lengths[i], ''])
      expect(comment).toBe(i === 7 ? '7.000000001 s: mode switch: emulation to passthrough' : '')
    })
    expect(shown(file, '-Y', '_ws.malformed')).toEqual([])
  })

  test('a comment without a packet behind it is an event of its own', () => {
    const file = written((writer) => {
      writer.addInterface('vm1')
      writer.packet(0, 1_000_000_500, 1, new Uint8Array(60), 0, 60)
      writer.comment(1_000_000_501, 'mode switch: forced\nout')
      writer.comment(1_000_001_001, 'VF released')
      writer.close()
    })
    const lines = shown(file)
    expect(lines).toHaveLength(2)
    expect(lines[1]).toContain('mode switch: forced out; VF released')
    expect(shown(file, ...fields('frame.time_epoch'))).toEqual(['1.000000500', '1.000002000'])
  })
})
