import fc from 'fast-check'
import { playAll } from './all-functions.js'
import type { AllPlaces, AllProgram, AllStep } from './all-functions.js'
import { frameOf, macOf } from './frames.js'
import type { RxRing, TxRing } from './ring.js'

/** The virtual function that minds its own business, and the far end's host that it talks to. */
const BYSTANDER = 1
const PEER = 77

/** Steps of the others between two exchanges, and exchanges of one life. */
const TURN = 10
const TURNS = 25
/** Frames each way in an exchange, and buffers that the bystander keeps ready: what the others send it needs some too. */
const FRAMES = 4
const POSTED = 28

/** Whether others than the PF's administration and the bystander do a step: those two are what the test is not about. */
function isOthers(one: AllStep): boolean {
  switch (one.kind) {
    case 'vf':
    case 'mail':
      return one.vf !== BYSTANDER && (one.kind === 'vf' || one.word < 0 || !one.pf)
    case 'message':
      // Of as many segments as a message can make the bystander could not take all.
      return one.side !== BYSTANDER && one.mss >= 536 && one.to !== BYSTANDER && one.to >= 0
    case 'memory':
    case 'send':
    case 'post':
    case 'flr':
      return one.side !== BYSTANDER && (one.kind !== 'flr' || one.side < 3)
    case 'wire':
      return one.pool !== BYSTANDER && one.pool !== 5
    case 'segment':
      return one.to !== BYSTANDER
    case 'config':
      // Of a virtual function's configuration space; the PF's is the host's.
      return one.side !== BYSTANDER && one.side < 3
    case 'run':
      return true
    default:
      return false
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

/** One exchange: `FRAMES` numbered frames out and in. What went wrong, or nothing. */
function exchange(p: AllProgram, rings: { tx: TxRing; rx: RxRing }, turn: number): string {
  const out = Array.from({ length: FRAMES }, (_, i) => frameOf(macOf(PEER), macOf(BYSTANDER), 100 + turn + i, turn + i))
  const into = Array.from({ length: FRAMES }, (_, i) =>
    frameOf(macOf(BYSTANDER), macOf(PEER), 200 + turn + i, turn - i),
  )
  p.far.frames.length = 0
  for (const [i, frame] of out.entries()) {
    rings.tx.send(frame)
    p.far.put(into[i])
  }
  p.run(3_000_000)
  const sent = p.far.frames.filter((frame) => same(frame.subarray(0, 12), out[0].subarray(0, 12)))
  const got = rings.rx
    .take()
    .map(({ bytes }) => bytes)
    .filter((frame) => same(frame.subarray(6, 12), macOf(PEER)))
  rings.rx.post(POSTED - ((rings.rx.tail - rings.rx.head) & 31))
  if (sent.length !== FRAMES || sent.some((frame, i) => !same(frame, out[i]))) return `${sent.length} frames went out`
  return got.length !== FRAMES || got.some((frame, i) => !same(frame, into[i])) ? `${got.length} frames came in` : ''
}

/**
 * Whatever the other functions, their guests and the network do, a function with traffic of its own gets and sends all of it, in
 * order and unchanged. `careful` is what a PF's driver does so that it is so: queues drop, and nobody forges addresses.
 */
export function leavesOthersAlone(
  create: () => AllProgram,
  places: AllPlaces,
  step: fc.Arbitrary<AllStep>,
  careful: (p: AllProgram) => void,
  steps: number,
): void {
  const turn = fc.array(step.filter(isOthers), { minLength: TURN, maxLength: TURN, size: 'max' })
  fc.assert(
    fc.property(fc.array(turn, { minLength: TURNS, maxLength: TURNS, size: 'max' }), (turns) => {
      const p = create()
      careful(p)
      for (const vf of [0, 2]) p.vfRings(vf).rx.post(8)
      p.pfRings().rx.post(8)
      const rings = p.vfRings(BYSTANDER)
      rings.rx.post(POSTED)
      p.run()
      for (const [n, others] of turns.entries()) {
        for (const one of others) playAll(p, places, [], one)
        const wrong = exchange(p, rings, n)
        if (wrong !== '') throw new Error(`in turn ${n}: ${wrong}; before: ${JSON.stringify(others)}`)
      }
      if (p.missing !== 0) throw new Error(`${p.missing} copies are missing`)
    }),
    { numRuns: Math.ceil(steps / (TURN * TURNS)), endOnFailure: true },
  )
}
