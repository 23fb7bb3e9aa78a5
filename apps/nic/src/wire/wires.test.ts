import { readFileSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { Arena } from '@npa/memory'
import { RealScheduler } from '@npa/vfio-user'
import { frameBatch, framed, FrameStream } from '@npa/wire'
import type { FrameBatch, Port } from '@npa/wire'
import { expect, onTestFinished, test } from 'vitest'
import { emptyFolder } from '../testing/command.js'
import { plug } from './plug.js'
import type { Cable } from './plug.js'
import { parseWires } from './wire-spec.js'

/** A card's end of a cable that keeps what comes. */
class CardEnd implements Port {
  readonly up = true
  readonly got: Buffer[] = []
  peer: Port | undefined
  readonly #arena: Arena
  readonly #at: number
  #changed: () => void = () => undefined

  constructor(arena: Arena) {
    this.#arena = arena
    this.#at = arena.allocate(4096)
  }
  connect(peer: Port): void {
    this.peer = peer
  }
  room(): void {
    // Every frame is taken at once.
  }
  send({ words }: FrameBatch, from: number, count: number): number {
    for (let n = from; n < from + count; n++)
      this.got.push(Buffer.from(this.#arena.u8.slice(words[n * 6], words[n * 6] + words[n * 6 + 1])))
    this.#changed()
    return count
  }
  out(text: string): void {
    const bytes = Buffer.alloc(60)
    bytes.write(text, 14)
    this.raw(bytes)
  }
  raw(bytes: Uint8Array): void {
    this.#arena.u8.set(bytes, this.#at)
    const batch = frameBatch(1)
    batch.words.set([this.#at, 60])
    batch.n = 1
    this.peer?.send(batch, 0, 1)
  }
  async comes(count: number): Promise<string[]> {
    while (this.got.length < count) await new Promise<void>((changed) => (this.#changed = changed))
    return this.got.map((frame) => frame.toString('latin1', 14).replace(/\0+$/, ''))
  }
}

async function plugged(...texts: string[]) {
  const arena = new Arena(1 << 22)
  const scheduler = new RealScheduler()
  const card = new CardEnd(arena)
  const carriers: boolean[] = []
  let changed = (): void => undefined
  const carrier = (up: boolean): void => {
    carriers.push(up)
    changed()
  }
  const cable: Cable = await plug(card, parseWires(texts), {
    arena,
    scheduler,
    carrier,
    folder: '/a',
    log: () => undefined,
  })
  let open = true
  const close = (): void => {
    if (open) cable.close()
    open = false
  }
  onTestFinished(() => {
    close()
    scheduler.stop()
  })
  const carrierIs = async (up: boolean): Promise<void> => {
    while (carriers.at(-1) !== up) await new Promise<void>((later) => (changed = later))
  }
  return { card, cable, close, carrierIs }
}

test('loop: what leaves comes back, counted', async () => {
  const { card, cable } = await plugged('loop')
  card.out('one')
  card.out('two')
  expect(await card.comes(2)).toEqual(['one', 'two'])
  expect(cable.frames()).toEqual({ out: 2, in: 2 })
})

test('capture: both ways, beside another far end', async () => {
  const file = join(emptyFolder(), 'wire.pcapng')
  const { card, close } = await plugged('loop', `capture:${file}`)
  card.out('captured')
  await card.comes(1)
  close()
  const bytes = readFileSync(file)
  expect(bytes.readUInt32LE(0)).toBe(0x0a0d0d0a)
  expect(bytes.toString('latin1').split('captured').length - 1).toBe(2)
})

test('pcap: begins with the first frame of the card, and comes in the order of the file', async () => {
  const file = join(emptyFolder(), 'some.pcap')
  const packets = ['a', 'b', 'c'].map((text, n) => {
    const packet = Buffer.alloc(16 + 60)
    packet.writeUInt32LE(1_000, 0)
    packet.writeUInt32LE(n * 1000, 4)
    packet.writeUInt32LE(60, 8)
    packet.writeUInt32LE(60, 12)
    packet.write(text, 16 + 14)
    return packet
  })
  const header = Buffer.alloc(24)
  for (const [at, value] of [
    [0, 0xa1b2c3d4],
    [4, 0x00040002],
    [16, 65535],
    [20, 1],
  ])
    header.writeUInt32LE(value, at)
  writeFileSync(file, Buffer.concat([header, ...packets]))
  const { card, cable } = await plugged(`pcap:${file}`)
  for (let n = 0; n < 20; n++) await new Promise((later) => setImmediate(later))
  expect(card.got.length).toBe(0)
  card.out('hello')
  expect(await card.comes(3)).toEqual(['a', 'b', 'c'])
  expect(cable.wire.counters()).toEqual({ frames: 1, replayed: 3, lost: 0 })
  await expect(plugged(`pcap:${join(emptyFolder(), 'no')}`)).rejects.toThrow('cannot be read: there is no such file')
  writeFileSync(file, 'hello, no capture at all here')
  await expect(plugged(`pcap:${file},fast`)).rejects.toThrow('byte 0: expected magic')
})

test('socket: listens, the carrier comes and goes with the caller, frames pass framed', async () => {
  const path = join(emptyFolder(), 's')
  const { card, carrierIs, cable } = await plugged(`socket:${path}`)
  card.out('nobody hears this')
  for (let n = 0; n < 5; n++) await new Promise((later) => setImmediate(later))
  const caller = net.connect(path)
  const heard: string[] = []
  const stream = new FrameStream((frame) => heard.push(Buffer.from(frame).toString('latin1', 14).replace(/\0+$/, '')))
  let told = (): void => undefined
  caller.on('data', (data) => {
    stream.feed(data)
    told()
  })
  await carrierIs(true)
  card.out('out')
  while (heard.length === 0) await new Promise<void>((later) => (told = later))
  const frame = Buffer.alloc(60)
  frame.write('in', 14)
  caller.write(framed(frame))
  expect([heard, await card.comes(1)]).toEqual([['out'], ['in']])
  caller.destroy()
  await carrierIs(false)
  const next = net.connect(path)
  await carrierIs(true)
  next.write(Buffer.alloc(4, 0xff))
  await carrierIs(false)
  expect(cable.wire.counters()).toMatchObject({ in: 1, out: 1, lost: 1 })
})

test('socket: calls whoever listens, and again when they have gone', async () => {
  const path = join(emptyFolder(), 's')
  const first = await plugged(`socket:${path}`)
  const second = await plugged(`socket:${path}`)
  await second.carrierIs(true)
  await first.carrierIs(true)
  second.card.out('across')
  expect(await first.card.comes(1)).toEqual(['across'])
  first.close()
  await second.carrierIs(false)
  const third = await plugged(`socket:${path}`)
  await third.carrierIs(true)
  third.card.out('back')
  expect(await second.card.comes(1)).toEqual(['back'])
})

test('the peer answers ARP', async () => {
  const { card } = await plugged('peer:10.0.0.9')
  const request = 'ffffffffffff0200000000aa0806000108000604000102000000' + '00aa0a000001' + '000000000000' + '0a000009'
  card.raw(Buffer.from(request.padEnd(120, '0'), 'hex'))
  await card.comes(1)
  // Its own address, as the sender of the answer.
  expect(card.got[0].toString('hex', 12, 32)).toBe('08060001080006040002' + '020000000002' + '0a000009')
})
