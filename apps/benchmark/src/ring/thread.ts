import { parentPort, workerData } from 'node:worker_threads'
import { SpscRing } from '@npa/ring-datapath'
import { median } from '../measure/rounds.js'
import { copied, ringbuf } from './copied.js'
import { posting, spinning, waking } from './hand-overs.js'
import { Patience } from './patience.js'
import { threadId } from './pin.js'
import { mostOf, Place, recordsOf, sumOf } from './plan.js'
import type { ThreadPlan } from './plan.js'
import { inPlace } from './rings.js'
import type { Side } from './side.js'
import { Switches } from './switches.js'
import { inWebAssembly } from './wasm-loops.js'

// One of two threads. Says its number first, so that it gets a processor. Told a time, it does slices for so long together with the other
// one; role 1 answers with the median speed of those in which neither lost its processor, or, where there is no
// such slice, of the fastest.

const plan = workerData as ThreadPlan
const { memory, role, batch, bytes } = plan
const meeting = new Int32Array(memory.buffer, Place.meeting, 6)
const Meeting = { arrived: 0, awake: 1, stop: 2, rest: 3, disturbed: 4 } as const
/** Slices between two rests: a scheduler gives the processor at once to a thread that has slept, and lets it run for a while. */
const SLICES_A_REST = 8
const REST_MS = 5
/** Slices that make a median. */
const ENOUGH = 20
/** Threads that sleep lose their processor by intention. */
const sleeps = plan.pairing === 'wake' || plan.pairing === 'MessagePort'
const switches = new Switches()
const begun = new Float64Array(memory.buffer, Place.meeting + 128, 1)
const patience = new Patience(memory)
const records = recordsOf(plan)
const sum = sumOf(plan)
let met = 0
let started = 0

function side(): Side {
  const there = SpscRing.attach(memory.buffer as SharedArrayBuffer, Place.there)
  switch (plan.pairing) {
    case 'JavaScript':
      return inPlace(there, role, batch, mostOf(plan), patience)
    case 'JavaScript, copied':
      return copied(there, role, batch, patience)
    case 'WebAssembly':
      return inWebAssembly(plan, role)
    case 'ringbuf.js':
      return ringbuf(plan.storage, bytes / 4, role, batch, patience)
    case 'spin':
      return spinning(memory, role, patience)
    case 'wake':
      return waking(memory, role)
    case 'MessagePort':
      return posting(plan.port, role)
  }
}

/** Both wait asleep for each other. */
function gather(): void {
  met++
  if (Atomics.add(meeting, Meeting.arrived, 1) + 1 === 2 * met) Atomics.notify(meeting, Meeting.arrived)
  for (;;) {
    const seen = Atomics.load(meeting, Meeting.arrived)
    if (seen >= 2 * met) return
    Atomics.wait(meeting, Meeting.arrived, seen, 1000)
  }
}

/** Both are awake, and begin together. */
function start(): void {
  started++
  Atomics.add(meeting, Meeting.awake, 1)
  while (Atomics.load(meeting, Meeting.awake) < 2 * started) patience.look()
}

async function turn(run: Side, seconds: number): Promise<number> {
  const begin = nowNs()
  const rates: number[] = []
  let fastest = 0
  for (let slice = 0; ; slice++) {
    if (slice % SLICES_A_REST === 0) Atomics.wait(meeting, Meeting.rest, 0, REST_MS)
    gather()
    if (Atomics.load(meeting, Meeting.stop) === 1) break
    const before = switches.count()
    start()
    if (role === 0) begun[0] = nowNs()
    const found = await run(records)
    const now = nowNs()
    if (role === 1 && found !== sum) throw new Error(`${plan.pairing}: the records' sum is ${found}, not ${sum}`)
    meeting[Meeting.disturbed + role] = !sleeps && switches.count() !== before ? 1 : 0
    gather()
    if (role === 0) continue
    const clean = meeting[Meeting.disturbed] === 0 && meeting[Meeting.disturbed + 1] === 0
    const rate = records / ((now - begun[0]) / 1e9)
    fastest = Math.max(fastest, rate)
    if (clean) rates.push(rate)
    const spent = (now - begin) / 1e9
    if ((spent > seconds && rates.length >= ENOUGH) || spent > 4 * seconds) Atomics.store(meeting, Meeting.stop, 1)
  }
  gather()
  if (role === 0) Atomics.store(meeting, Meeting.stop, 0)
  gather()
  if (role === 0) return 0
  return rates.length === 0 ? fastest : median(rates)
}

function nowNs(): number {
  return Number(process.hrtime.bigint())
}

const run = side()
parentPort?.on('message', (seconds: number) => {
  void turn(run, seconds).then((rate) => parentPort?.postMessage(rate))
})
parentPort?.postMessage(threadId())
