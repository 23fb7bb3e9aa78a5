import { isDeepStrictEqual } from 'node:util'
import { SendFlag, Xsum } from '@npa/plugin-api/guest'
import { FrameFlag } from '@npa/wire'
import type { Bench } from './bench.js'
import { BROADCAST, datagram, FAR_MAC, HOST_MAC, numbered, numberOf, tagged, VF_MAC } from './frames.js'

/** A question to our driver and plugin on somebody else's card. */
export interface PluginCheck {
  readonly name: string
  readonly run: (bench: Bench) => Promise<void>
}

/** Sizes of frames, the shortest and the longest among them. */
const SIZES = [60, 61, 512, 1513, 1514]

function same(what: string, got: unknown, wanted: unknown): void {
  if (isDeepStrictEqual(got, wanted)) return
  const show = (value: unknown): string =>
    JSON.stringify(value, (_, part: unknown) => (part instanceof Uint8Array ? hex(part) : part))
  throw new Error(`${what}: ${show(got)}, wanted ${show(wanted)}`)
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** What our PF driver and plugin must do on any 82576. Each check has a machine of its own. */
export const PLUGIN_CHECKS: readonly PluginCheck[] = [
  { name: 'pf: frames of all sizes go out and come in', run: pfFrames },
  { name: 'pf: a checksum is completed, a tag inserted and taken out', run: pfOffloads },
  { name: 'plugin: frames of all sizes go out and come in by a virtual function', run: vfFrames },
  { name: 'plugin: checksums are completed and judged', run: vfChecksums },
  { name: 'plugin: a tag is inserted and taken out; other VLANs do not arrive', run: vfVlans },
  { name: 'plugin: PF and virtual function reach each other inside the card', run: inside },
  { name: 'filters: an address moves into passthrough and out; each frame is on one of the two', run: moves },
  { name: 'quiesce: what was sent is reported, what came is there, and nothing follows', run: quiesces },
  { name: 'release: a virtual function is taken again', run: takenAgain },
  { name: 'drain: a quiet instant is found', run: drains },
  { name: 'close: memory and virtual functions are given back', run: closes },
]

async function pfFrames(bench: Bench): Promise<void> {
  SIZES.forEach((bytes, n) => bench.host.put(numbered(FAR_MAC, HOST_MAC, n, bytes)))
  bench.arrive(...SIZES.map((bytes, n) => numbered(HOST_MAC, FAR_MAC, n, bytes)))
  await bench.until('all frames', () => bench.wire.length >= SIZES.length && bench.host.got.length >= SIZES.length)
  same(
    'on the wire',
    bench.wire,
    SIZES.map((bytes, n) => numbered(FAR_MAC, HOST_MAC, n, bytes)),
  )
  const got = bench.host.got.map(({ bytes }) => bytes)
  same(
    'on the host',
    got,
    SIZES.map((bytes, n) => numbered(HOST_MAC, FAR_MAC, n, bytes)),
  )
  const { GPRC, GPTC } = bench.driver.statistics()
  same('GPRC and GPTC', [GPRC, GPTC], [SIZES.length, SIZES.length])
}

async function pfOffloads(bench: Bench): Promise<void> {
  bench.host.put(datagram(FAR_MAC, HOST_MAC, 'wanted'), FrameFlag.csumWanted, 34, 6)
  bench.host.put(numbered(FAR_MAC, HOST_MAC, 1), FrameFlag.vlan, 0, 0, 0xe007)
  await bench.until('both frames', () => bench.wire.length >= 2)
  const out = [datagram(FAR_MAC, HOST_MAC, 'right'), tagged(numbered(FAR_MAC, HOST_MAC, 1), 0xe007)]
  same('on the wire', bench.wire, out)
  const back = numbered(BROADCAST, FAR_MAC, 2)
  bench.arrive(datagram(HOST_MAC, FAR_MAC, 'right'), tagged(back, 0x2007))
  await bench.until('both frames', () => bench.host.got.length >= 2)
  const [first, second] = bench.host.got
  same('flags of a right checksum', first.flags, FrameFlag.csumGood)
  same('a tagged frame', second, { bytes: back, flags: FrameFlag.vlan, vlan: 0x2007 })
}

async function vfFrames(bench: Bench): Promise<void> {
  const { vf, guest } = await bench.guest()
  await bench.activate(vf, VF_MAC)
  SIZES.forEach((bytes, n) => guest.send(numbered(FAR_MAC, VF_MAC, n, bytes)))
  bench.arrive(...SIZES.map((bytes, n) => numbered(VF_MAC, FAR_MAC, n, bytes)))
  const all = (): boolean => bench.wire.length >= SIZES.length && guest.taken.length >= SIZES.length
  await bench.until('all frames', () => all() && guest.completed >= SIZES.length)
  same(
    'on the wire',
    bench.wire,
    SIZES.map((bytes, n) => numbered(FAR_MAC, VF_MAC, n, bytes)),
  )
  same(
    'in the guest',
    guest.taken.map(({ bytes }) => bytes),
    SIZES.map((bytes, n) => numbered(VF_MAC, FAR_MAC, n, bytes)),
  )
  same('completed', guest.completed, SIZES.length)
  same('on the host', bench.host.got.length, 0)
}

async function vfChecksums(bench: Bench): Promise<void> {
  const { vf, guest } = await bench.guest()
  await bench.activate(vf, VF_MAC)
  guest.send(datagram(FAR_MAC, VF_MAC, 'wanted'), SendFlag.checksum | SendFlag.ipv4 | SendFlag.udp)
  guest.send(numbered(FAR_MAC, VF_MAC, 1))
  await bench.until('both frames', () => bench.wire.length >= 2)
  same('on the wire', bench.wire, [datagram(FAR_MAC, VF_MAC, 'right'), numbered(FAR_MAC, VF_MAC, 1)])
  const wrongIp = datagram(VF_MAC, FAR_MAC, 'right')
  wrongIp[24] ^= 1
  bench.arrive(datagram(VF_MAC, FAR_MAC, 'right'), datagram(VF_MAC, FAR_MAC, 'wrong'), wrongIp)
  await bench.until('three frames', () => guest.taken.length >= 3)
  const verdicts = guest.taken.map(({ ipXsum, l4Xsum }) => [ipXsum, l4Xsum])
  // A wrong sum of UDP is left to the stack: it can be a datagram without one.
  same('verdicts of IP and UDP', verdicts.slice(0, 2), [
    [Xsum.correct, Xsum.correct],
    [Xsum.correct, Xsum.unknown],
  ])
  same('verdict of a wrong IP header', verdicts[2][0], Xsum.incorrect)
}

async function vfVlans(bench: Bench): Promise<void> {
  const { vf, guest } = await bench.guest()
  await bench.activate(vf, VF_MAC)
  await bench.run({ op: 'addVlanRange', vf, first: 0, last: 7 })
  guest.send(numbered(FAR_MAC, VF_MAC, 1), SendFlag.vlan, 7)
  await bench.until('the frame', () => bench.wire.length >= 1)
  same('on the wire', bench.wire, [tagged(numbered(FAR_MAC, VF_MAC, 1), 7)])
  const frames = [2, 3, 4].map((n) => numbered(VF_MAC, FAR_MAC, n))
  bench.arrive(tagged(frames[0], 9), tagged(frames[1], 7), frames[2])
  await bench.until('two frames', () => guest.taken.length >= 2)
  same(
    'in the guest',
    guest.taken.map(({ bytes, vlan }) => [vlan, bytes]),
    [
      [7, frames[1]],
      [-1, frames[2]],
    ],
  )
}

async function inside(bench: Bench): Promise<void> {
  const { vf, guest } = await bench.guest()
  await bench.activate(vf, VF_MAC)
  await bench.run({ op: 'pfAddMacFilter', mac: HOST_MAC })
  guest.send(numbered(HOST_MAC, VF_MAC, 1))
  bench.host.put(numbered(VF_MAC, HOST_MAC, 2))
  await bench.until('both frames', () => guest.taken.length >= 1 && bench.host.got.length >= 1)
  same('in the guest', guest.taken[0].bytes, numbered(VF_MAC, HOST_MAC, 2))
  same('on the host', bench.host.got[0].bytes, numbered(HOST_MAC, VF_MAC, 1))
  same('on the wire', bench.wire, [])
}

async function moves(bench: Bench): Promise<void> {
  await bench.run({ op: 'pfAddMacFilter', mac: VF_MAC })
  const { vf, guest } = await bench.guest()
  const each = 8
  const batch = (from: number): void =>
    bench.arrive(...Array.from({ length: each }, (_, n) => numbered(VF_MAC, FAR_MAC, from + n)))
  batch(0)
  await bench.until('frames on the PF', () => bench.host.got.length >= each)
  await bench.activate(vf, VF_MAC)
  batch(each)
  await bench.until('frames on the VF', () => guest.taken.length >= each)
  await bench.run({ op: 'pfAddMacFilter', mac: VF_MAC })
  batch(2 * each)
  await bench.until('frames on the PF again', () => bench.host.got.length >= 2 * each)
  const numbers = (from: number): number[] => Array.from({ length: each }, (_, n) => from + n)
  same(
    'on the PF',
    bench.host.got.map(({ bytes }) => numberOf(bytes)),
    [...numbers(0), ...numbers(2 * each)],
  )
  same(
    'on the VF',
    guest.taken.map(({ bytes }) => numberOf(bytes)),
    numbers(each),
  )
}

async function quiesces(bench: Bench): Promise<void> {
  const { vf, guest } = await bench.guest()
  await bench.activate(vf, VF_MAC)
  guest.send(numbered(FAR_MAC, VF_MAC, 1))
  bench.arrive(numbered(VF_MAC, FAR_MAC, 2))
  await bench.until('the frame', () => guest.taken.length >= 1)
  await bench.run({ op: 'pfAddMacFilter', mac: VF_MAC })
  const { unfetchedTxFrames } = await bench.run({ op: 'quiesce', vf })
  guest.poll()
  same('sent, completed, not fetched', [bench.wire.length, guest.completed, unfetchedTxFrames], [1, 1, 0])
  const before = guest.rings()
  bench.arrive(numbered(VF_MAC, FAR_MAC, 3))
  await bench.until('the frame on the PF', () => bench.host.got.length >= 1)
  same('rings afterwards', guest.rings(), before)
}

async function takenAgain(bench: Bench): Promise<void> {
  for (let round = 0; round < 2; round++) {
    const { vf, guest } = await bench.guest()
    same('the VF', vf, 0)
    await bench.activate(vf, VF_MAC)
    guest.send(numbered(FAR_MAC, VF_MAC, round))
    bench.arrive(numbered(VF_MAC, FAR_MAC, round))
    await bench.until('both frames', () => guest.taken.length >= 1 && bench.wire.length > round)
    await bench.run({ op: 'release', vf })
  }
}

async function drains(bench: Bench): Promise<void> {
  bench.host.put(numbered(FAR_MAC, HOST_MAC, 1))
  let quiet: boolean | undefined
  bench.driver.drain((found) => (quiet = found))
  await bench.until('an answer', () => quiet !== undefined)
  same('quiet', quiet, true)
}

async function closes(bench: Bench): Promise<void> {
  bench.driver.close()
  await bench.pass(1_000_000)
  same('DMA blocks', bench.platform.dmaInUse, 0)
}
