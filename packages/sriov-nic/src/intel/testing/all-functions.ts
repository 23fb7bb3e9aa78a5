import { enableFunction, ExpressCap, SriovCap } from '@npa/pci'
import fc from 'fast-check'
import type { BenchChip, ChipBench } from './chip-bench.js'
import { BROADCAST, frameOf, macOf } from './frames.js'
import { playHostile } from './hostile.js'
import type { Step } from './hostile.js'
import { complete, ipFrame, offloaded } from './ip-frame.js'
import type { RxRing, TxRing } from './ring.js'
import { BUS_HI, BUS_LO } from './side.js'
import type { Side } from './side.js'

/** What both bare programs have. */
export interface AllProgram extends ChipBench<BenchChip> {
  readonly pool: number
  setUpPort(numVfs: number): void
  vfRings(vf: number): { tx: TxRing; rx: RxRing }
  pfRings(): { tx: TxRing; rx: RxRing }
}

/** Where a chip has what its drivers use, and what else its PF's driver may set up. */
export interface AllPlaces {
  /** Registers of the transmit and receive queue of a virtual function, and of the PF's pool. */
  readonly vfTx: number
  readonly vfRx: number
  readonly pfTx: (pool: number) => number
  readonly pfRx: (pool: number) => number
  /** Mailbox and its memory as a virtual function sees them; and as the PF does, with bytes from one to the next. */
  readonly vfMailbox: readonly [number, number]
  readonly pfMailbox: readonly [number, number]
  /** Registers of the PF, and of virtual functions, that drivers write in passing, with values; and what the PF's reads. */
  readonly handles: readonly (readonly [offset: number, values: readonly number[]])[]
  readonly vfHandles: readonly (readonly [offset: number, values: readonly number[]])[]
  readonly peeks: readonly number[]
  readonly recipes: readonly ((p: AllProgram) => void)[]
}

/** Virtual functions that take part. */
const VFS = 3
const EXPRESS = 0xa0
const SRIOV = 0x160
const TCP_BYTES = 200
/** Where messages to be segmented lie, apart from frames: what is sent next does not change whom they are for. */
const MESSAGE_AT = 0x18000

/** One thing that somebody does; what is sensible is among it, so that there is traffic for the rest to disturb. */
export type AllStep =
  | Step
  | { kind: 'send'; side: number; to: number; bytes: number }
  | { kind: 'message'; side: number; to: number; payload: number; mss: number; context: boolean; tag: boolean }
  | { kind: 'post'; side: number; count: number }
  | { kind: 'segment'; to: number; flow: number; at: number; push: boolean }
  | { kind: 'peek'; offset: number }
  | { kind: 'mail'; vf: number; pf: boolean; word: number; value: number }
  | { kind: 'flr'; side: number }
  | { kind: 'vfs'; count: number }
  | { kind: 'link'; on: boolean; up: boolean }
  | { kind: 'revive'; recipes: readonly number[] }
  | { kind: 'recipe'; recipe: number }

const who = fc.nat(VFS)
const to = fc.constantFrom(0, 1, 2, 3, 3, 9, -1)

/** All of `hostile`, and what drivers, guests and the network do. */
export function allSteps(hostile: fc.Arbitrary<Step>, places: AllPlaces): fc.Arbitrary<AllStep> {
  const step = <T>(weight: number, arbitrary: fc.Arbitrary<T>) => ({ weight, arbitrary })
  const kind = <K extends AllStep['kind']>(name: K): fc.Arbitrary<K> => fc.constant(name)
  return fc.oneof(
    step<AllStep>(24, hostile),
    step<AllStep>(10, fc.record({ kind: kind('send'), side: who, to, bytes: fc.integer({ min: 14, max: 1600 }) })),
    step<AllStep>(
      3,
      fc.record({
        kind: kind('message'),
        side: who,
        to,
        payload: fc.integer({ min: 0, max: 6000 }),
        mss: fc.constantFrom(1, 100, 536, 1460),
        context: fc.constantFrom(true, true, false),
        tag: fc.constantFrom(false, false, true),
      }),
    ),
    step<AllStep>(8, fc.record({ kind: kind('post'), side: who, count: fc.integer({ min: 1, max: 8 }) })),
    step<AllStep>(6, fc.record({ kind: kind('segment'), to: who, flow: fc.nat(1), at: fc.nat(3), push: fc.boolean() })),
    step<AllStep>(
      4,
      fc.record({
        kind: kind('mail'),
        vf: fc.nat(VFS - 1),
        pf: fc.boolean(),
        word: fc.integer({ min: -3, max: 15 }),
        value: fc.nat(31),
      }),
    ),
    step<AllStep>(2, fc.record({ kind: kind('peek'), offset: fc.constantFrom(...places.peeks) })),
    step<AllStep>(1, fc.record({ kind: kind('flr'), side: who })),
    step<AllStep>(1, fc.record({ kind: kind('vfs'), count: fc.constantFrom(0, 1, 2, VFS, VFS) })),
    step<AllStep>(1, fc.record({ kind: kind('link'), on: fc.boolean(), up: fc.boolean() })),
    step<AllStep>(
      3,
      fc.record({ kind: kind('revive'), recipes: fc.array(fc.nat(places.recipes.length - 1), { maxLength: 2 }) }),
    ),
  )
}

function macFor(pool: number): Uint8Array {
  return pool < 0 ? BROADCAST : macOf(pool)
}

/** A function, and its transmit and receive queue; the PF stands for a virtual function that is not there. */
function find(
  p: AllProgram,
  places: AllPlaces,
  index: number,
): { side: Side; tx: number; rx: number; mac: Uint8Array } {
  if (index < p.vfs.length) return { side: p.vfs[index], tx: places.vfTx, rx: places.vfRx, mac: macOf(index) }
  return { side: p.pf, tx: places.pfTx(p.pool), rx: places.pfRx(p.pool), mac: macOf(p.pool) }
}

/** The ring's next descriptor, as its register says. */
function push(side: Side, ring: number, base: number, words: readonly number[]): void {
  const tail = side.read(base + 0x18) & 31
  side.putWords(ring + tail * 16, words)
  side.write(base + 0x18, (tail + 1) & 31)
}

function message(p: AllProgram, places: AllPlaces, one: Extract<AllStep, { kind: 'message' }>): void {
  const { side, tx, mac } = find(p, places, one.side)
  const frame = offloaded(ipFrame({ to: macFor(one.to), from: mac, protocol: 'tcp', payload: one.payload }))
  side.put(MESSAGE_AT, frame)
  // Without a context of its own it goes by the one that its queue has.
  if (one.context) push(side, 0x1000, tx, [(5 << 16) | (14 << 9) | 20, 0, 0x20200c00, (one.mss << 16) | (20 << 8)])
  const command = (one.tag ? 0xeb300000 : 0xab300000) | frame.length
  push(side, 0x1000, tx, [BUS_LO + MESSAGE_AT, BUS_HI, command, (one.payload << 14) | 0x300])
}

/** A segment of a stream from the wire: those of a flow follow each other by `at`. */
function segment(p: AllProgram, one: Extract<AllStep, { kind: 'segment' }>): void {
  const frame = ipFrame({ to: macOf(one.to), from: macOf(9), protocol: 'tcp', payload: TCP_BYTES })
  const { bytes, l4 } = frame
  bytes[l4 + 1] = one.flow
  bytes[l4 + 6] = (one.at * TCP_BYTES) >>> 8
  bytes[l4 + 7] = one.at * TCP_BYTES
  bytes[l4 + 13] = one.push ? 0x18 : 0x10
  p.far.put(complete(frame).bytes)
}

/** Values at -1 are of the mailbox register, the rest is memory. */
function mail(p: AllProgram, places: AllPlaces, one: Extract<AllStep, { kind: 'mail' }>): number {
  const [box, memory] = one.pf ? places.pfMailbox : places.vfMailbox
  const at = one.word < 0 ? box + (one.pf ? one.vf * 4 : 0) : memory + (one.pf ? one.vf * 64 : 0) + one.word * 4
  const side = one.pf ? p.pf : find(p, places, one.vf).side
  side.write(at, one.value)
  return side.read(at)
}

/** The PF's driver sets up the port again, the virtual functions' drivers their rings; then recipes are followed. */
function revive(p: AllProgram, places: AllPlaces, recipes: readonly number[]): void {
  enableFunction(p.pf.fn)
  p.pf.fn.configWrite(0x44, 2, 0)
  p.chip.setLink(true)
  p.setUpPort(VFS)
  if (p.vfs.length !== VFS) {
    p.pf.fn.configWrite(SRIOV + SriovCap.control, 2, 0)
    p.enableVfs(VFS)
  }
  for (const vf of p.vfs) enableFunction(vf.fn)
  p.pfRings().rx.post(6)
  for (let vf = 0; vf < VFS; vf++) p.vfRings(vf).rx.post(6)
  for (const recipe of recipes) places.recipes[recipe](p)
}

/** Does one step; a value that was read, if any. */
export function playAll(p: AllProgram, places: AllPlaces, all: Side[], one: AllStep): number {
  switch (one.kind) {
    case 'send': {
      const { side, tx, mac } = find(p, places, one.side)
      const slot = 0x10000 + (side.read(tx + 0x18) & 15) * 2048
      side.put(slot, frameOf(macFor(one.to), mac, one.bytes))
      push(side, 0x1000, tx, [BUS_LO + slot, BUS_HI, 0x2b300000 | one.bytes, one.bytes << 14])
      return side.read(tx + 0x10)
    }
    case 'message':
      message(p, places, one)
      return 0
    case 'post': {
      const { side, rx } = find(p, places, one.side)
      for (let i = 0; i < one.count; i++) {
        const slot = 0x20000 + (side.read(rx + 0x18) & 31) * 2048
        push(side, 0x2000, rx, [BUS_LO + slot, BUS_HI, BUS_LO + 0x3000, BUS_HI])
      }
      return side.read(rx + 0x10)
    }
    case 'segment':
      segment(p, one)
      return 0
    case 'peek':
      return p.pf.read(one.offset)
    case 'mail':
      return mail(p, places, one)
    case 'flr':
      find(p, places, one.side).side.fn.configWrite(EXPRESS + ExpressCap.deviceControl, 2, ExpressCap.initiateFlr)
      return 0
    case 'vfs':
      p.pf.fn.configWrite(SRIOV + SriovCap.control, 2, 0)
      p.enableVfs(one.count)
      break
    case 'link':
      p.far.up = one.up
      p.chip.setLink(one.on)
      return 0
    case 'revive':
      p.far.up = true
      revive(p, places, one.recipes)
      break
    case 'recipe':
      places.recipes[one.recipe](p)
      return 0
    case 'vf':
    case 'pf': {
      playHostile(p, all, one)
      const { side } = one.kind === 'pf' ? { side: p.pf } : find(p, places, one.vf)
      return side.read(one.offset)
    }
    default:
      playHostile(p, all, one)
  }
  for (const vf of p.vfs) if (!all.includes(vf)) all.push(vf)
  return 0
}
