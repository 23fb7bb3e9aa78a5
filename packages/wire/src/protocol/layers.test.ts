import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readPcap } from '../capture/pcap.js'
import { fixture } from '../testing/fixture.js'
import { Layer, LAYER_WORDS, parseLayers } from './layers.js'

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replace(/\s/g, '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

/** What was found, by name. */
function layersOf(frame: Uint8Array): Record<keyof typeof Layer | 'ok', number | boolean> {
  const out = new Int32Array(LAYER_WORDS)
  const ok = parseLayers(frame, 0, frame.length, out)
  const names = Object.keys(Layer) as (keyof typeof Layer)[]
  const found = Object.fromEntries(names.map((name) => [name, out[Layer[name]]])) as Record<keyof typeof Layer, number>
  return { ...found, ok }
}

const MACS = '00505600000b 00505600000a '
const V4_ADDRESSES = 'c000020a c000020b'
const V6_ADDRESSES = '20010db8000000000000000000000010 20010db8000000000000000000000011 '
const UDP = '0001 0002 0008 0000'

describe('layers of a frame', () => {
  test('UDP over IPv4 with options, and Ethernet padding', () => {
    const frame = hex(`${MACS} 0800 46 00 0020 0000 4000 40 11 0000 ${V4_ADDRESSES} 01010101 ${UDP} ${'00'.repeat(14)}`)
    expect(layersOf(frame)).toEqual({
      ok: true,
      etherType: 0x0800,
      vlan: -1,
      innerVlan: -1,
      l3: 14,
      l3Header: 24,
      protocol: 17,
      l4: 38,
      l4Header: 8,
      end: 46,
      fragment: 0,
    })
  })

  test('TCP with options behind two tags', () => {
    const tcp = `0001 0002 00000000 00000000 7002 0000 0000 0000 020405b4 01030307`
    const frame = hex(`${MACS} 88a8 0007 8100 6064 0800 45 00 0030 0000 4000 40 06 0000 ${V4_ADDRESSES} ${tcp}`)
    expect(layersOf(frame)).toMatchObject({
      ok: true,
      vlan: 7,
      innerVlan: 0x6064,
      l3: 22,
      l4: 42,
      l4Header: 28,
      end: 70,
    })
  })

  test('a third tag is left alone', () => {
    expect(layersOf(hex(`${MACS} 8100 0001 8100 0002 8100 0003 0800`))).toMatchObject({
      ok: true,
      etherType: 0x8100,
      l3: 22,
      l4: -1,
    })
  })

  test('IPv6 extension headers are walked', () => {
    const options = '3c00 000000000000 2b00 000000000000'
    const routingAndAuthentication = '3300 0000 00000000 1102 0000 00000000 00000000 00000000'
    const extensions = options + routingAndAuthentication
    const frame = hex(`${MACS} 86dd 60000000 0030 00 40 ${V6_ADDRESSES} ${extensions} ${UDP}`)
    expect(layersOf(frame)).toMatchObject({
      ok: true,
      l3Header: 80,
      protocol: 17,
      l4: 94,
      l4Header: 8,
      end: 102,
      fragment: 0,
    })
  })

  test('fragments: the first has an L4 header, later ones have none', () => {
    const v4 = (fragment: string): Uint8Array =>
      hex(`${MACS} 0800 45 00 001c 0000 ${fragment} 40 11 0000 ${V4_ADDRESSES} ${UDP}`)
    expect(layersOf(v4('2000'))).toMatchObject({ ok: true, fragment: 1, protocol: 17, l4: 34 })
    expect(layersOf(v4('0001'))).toMatchObject({ ok: true, fragment: 1, protocol: 17, l4: -1, l3Header: 20 })
    const v6 = (fragment: string): Uint8Array =>
      hex(`${MACS} 86dd 60000000 0010 2c 40 ${V6_ADDRESSES} 1100 ${fragment} 00000001 ${UDP}`)
    expect(layersOf(v6('0001'))).toMatchObject({ ok: true, fragment: 1, protocol: 17, l4: 62 })
    expect(layersOf(v6('0008'))).toMatchObject({ ok: true, fragment: 1, protocol: 17, l4: -1, l3Header: 48 })
    expect(layersOf(v6('0000'))).toMatchObject({ ok: true, fragment: 0, l4: 62 })
  })

  test('a routing header with segments left hides the L4, a finished one does not', () => {
    const frame = (left: string): Uint8Array =>
      hex(`${MACS} 86dd 60000000 0010 2b 40 ${V6_ADDRESSES} 1100 00${left} 00000000 ${UDP}`)
    expect(layersOf(frame('01'))).toMatchObject({ ok: true, protocol: 43, l4: -1 })
    expect(layersOf(frame('00'))).toMatchObject({ ok: true, protocol: 17, l4: 62 })
  })

  test('what contradicts itself is refused', () => {
    const v4 = (header: string, tail = UDP): Uint8Array => hex(`${MACS} 0800 ${header} ${V4_ADDRESSES} ${tail}`)
    for (const frame of [
      hex('00'.repeat(13)),
      hex(`${MACS} 8100 0001`),
      v4('55 00 001c 0000 4000 40 11 0000'), // version 5
      v4('44 00 001c 0000 4000 40 11 0000'), // header of 16 bytes
      v4('45 00 0013 0000 4000 40 11 0000'), // shorter than its header
      v4('45 00 001d 0000 4000 40 11 0000'), // longer than the frame
      v4('45 00 001b 0000 4000 40 11 0000'), // UDP header cut off
      v4('45 00 001c 0000 4000 40 06 0000'), // TCP header cut off
      v4('45 00 0028 0000 4000 40 06 0000', `${'00'.repeat(12)}40${'00'.repeat(7)}`), // TCP header of 16 bytes
      v4('45 00 0028 0000 4000 40 06 0000', `${'00'.repeat(12)}60${'00'.repeat(7)}`), // and one beyond the packet
      hex(`${MACS} 86dd 60000000 0009 11 40 ${V6_ADDRESSES} ${UDP}`), // longer than the frame
      hex(`${MACS} 86dd 60000000 0008 00 40 ${V6_ADDRESSES} 1101 000000000000`), // extension beyond the packet
      hex(`${MACS} 86dd 60000000 0050 00 40 ${V6_ADDRESSES} ${'0000000000000000'.repeat(8)} 1100000000000000 ${UDP}`), // nine extensions
      hex(`${MACS} 86dd 60000000 0008 00 40 ${V6_ADDRESSES} 3b01 000000000000`), // extension beyond the packet, nothing behind
    ]) {
      expect(layersOf(frame)).toMatchObject({ ok: false, l4: -1 })
    }
  })

  test('no next header, or a protocol without a known header', () => {
    const frame = (next: string): Uint8Array => hex(`${MACS} 86dd 60000000 0008 ${next} 40 ${V6_ADDRESSES} ${UDP}`)
    expect(layersOf(frame('3b'))).toMatchObject({ ok: true, protocol: 59, l4: -1 })
    expect(layersOf(frame('84'))).toMatchObject({ ok: true, protocol: 132, l4: 54, l4Header: 0 })
  })

  test('hostile frames: what is found lies inside, and nothing outside is read', () => {
    const file = fixture('vlan100.pcap')
    const packets = readPcap(file)
    const captured = fc.integer({ min: 0, max: packets.count - 1 }).map((i) => {
      return file.slice(packets.offsets[i], packets.offsets[i] + packets.lengths[i])
    })
    // IPv6 with extension headers: most of them too long, or one after the other up to the last byte.
    const wild = fc.uint8Array({ minLength: 2, maxLength: 60 })
    const whole = fc.array(fc.constantFrom(0, 43, 44, 51, 60), { minLength: 1, maxLength: 6 })
    const chain = whole.map((kinds) => Uint8Array.from(kinds.flatMap((kind) => [kind, 0, 0, 0, 0, 0, 0, 0])))
    const extended = fc.oneof(wild, chain).map((rest) => {
      const bytes = rest.length.toString(16).padStart(4, '0')
      return Uint8Array.of(...hex(`${MACS} 86dd 60000000 ${bytes} 00 40 ${V6_ADDRESSES}`), ...rest)
    })
    const edits = fc.array(fc.tuple(fc.nat(90), fc.nat(255)), { maxLength: 4 })
    const frames = fc.oneof(captured, extended, fc.uint8Array({ maxLength: 120 }))
    fc.assert(
      fc.property(frames, edits, fc.nat(200), (frame, changes, cut) => {
        for (const [place, value] of changes) if (place < frame.length) frame[place] = value
        const length = Math.min(cut, frame.length)
        const guarded = new Proxy(frame, {
          get: (bytes, key) => {
            if (Number(key) >= length) throw new Error(`byte ${String(key)} of ${length} was read`)
            return bytes[Number(key)]
          },
        })
        const out = new Int32Array(LAYER_WORDS)
        parseLayers(guarded, 0, length, out)
        const [, , , l3, l3Header, , l4, l4Header, end] = out
        expect(end).toBeLessThanOrEqual(length)
        expect(l3).toBeLessThanOrEqual(length)
        if (l3Header > 0) expect(l3 + l3Header).toBeLessThanOrEqual(end)
        if (l4 >= 0) expect(l4 + l4Header).toBeLessThanOrEqual(end)
      }),
      { numRuns: 3000 },
    )
  })
})
