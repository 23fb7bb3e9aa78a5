import { NpaGuest } from '../peer/npa-guest.js'
import type { Carried, Mode, Place } from '../peer/npa-guest.js'
import { must, until } from './check.js'
import type { Bench, Check } from './check.js'
import { statistics } from './ethtool.js'
import { seriousLines } from './kernel-log.js'
import { NpaStream } from './npa-stream.js'

/** Into passthrough, and out of it. */
const TIMES = 10
/** That go each way before the next switch is asked for. */
const PHASE_BYTES = 512 << 10
const SWITCH_S = 30

/**
 * A TCP connection of the judged guest with a guest of ours, random bytes both ways, while that one goes into passthrough and out of it:
 * the connection stays, both hashes are right, and the path of the mode has carried each phase, alone.
 */
function throughSwitches(name: string, place: Place, force: boolean): Check {
  return {
    name,
    run: async (bench) => {
      const npa = NpaGuest.start(bench.peer.hub, place)
      let leaks: Record<string, number> | undefined
      try {
        await until(
          SWITCH_S,
          () => 'its links stay down',
          () => npa.up,
        )
        const seen = await switching(bench, npa, place, force)
        leaks = npa.close()
        must(Object.keys(leaks).length === 0, `not given back: ${JSON.stringify(leaks)}`)
        return seen
      } finally {
        if (leaks === undefined) npa.close()
      }
    },
  }
}

async function switching(bench: Bench, npa: NpaGuest, place: Place, force: boolean): Promise<string> {
  const log = await seriousLines(bench.guest)
  const before = await statistics(bench)
  const stream = await NpaStream.begin(bench, npa)
  const totals = { emulated: nothing(), passthrough: nothing() }
  const phase = async (mode: Mode, number: number): Promise<void> => {
    const begin = npa.carried()
    await stream.moved(PHASE_BYTES)
    const grown = difference(npa.carried(), begin)
    judge(mode, place, grown, `${mode} phase ${number}`)
    totals[mode] = sum(totals[mode], grown)
  }
  const go = async (mode: Mode, number: number): Promise<void> => {
    npa.request(mode, force)
    await until(
      SWITCH_S,
      () => `switch ${number} to ${mode}: ${npa.state}`,
      () => npa.isIn(mode),
    )
  }
  await phase('emulated', 0)
  for (let number = 1; number <= TIMES; number++) {
    await go('passthrough', number)
    await phase('passthrough', number)
    await go('emulated', number)
    await phase('emulated', number)
  }
  const { seconds, received, sent, retransmissions, ping } = await stream.end()
  const { all, forced } = npa.switches()
  must(all === 2 * TIMES && forced === (force ? TIMES : 0), `${all} switches, ${forced} by force`)
  const drops = npa.drops()
  must(force || Object.keys(drops).length === 0, `frames lost: ${JSON.stringify(drops)}`)
  const news = (await seriousLines(bench.guest)).slice(log.length)
  must(news.length === 0, `the kernel says: ${news.join(' | ')}`)
  const tso = ((await statistics(bench)).get('TSO pkts tx') ?? 0) - (before.get('TSO pkts tx') ?? 0)
  const lost = Object.entries(drops).map(([what, count]) => `${count} ${what}`)
  return [
    `${TIMES} times in and out, ${mib(received)} MiB here and ${mib(sent)} MiB back in ${seconds.toFixed(1)} s, hashes equal`,
    `by VF ${carried(totals.passthrough)}`,
    `emulated ${carried(totals.emulated)}`,
    `${lost.join(', ') || 'nothing'} lost, ${retransmissions} retransmissions, ${tso} TSO packets`,
    ping,
  ].join('; ')
}

/** The frames of a phase went the way of its mode, and no other. A guest on the same switch has copies made for its own path. */
function judge(mode: Mode, place: Place, grown: Carried, phase: string): void {
  const { frames, vmExits, copies, emulated, direct, vfBytes } = grown
  must(frames > (2 * PHASE_BYTES) / 1500, `${phase}: ${frames} frames`)
  const vf = `${direct} accesses to a VF, which moved ${vfBytes} bytes`
  if (mode === 'emulated') must(direct === 0 && vfBytes === 0 && emulated > frames, `${phase}: ${vf}`)
  else {
    must(direct > 0 && vfBytes > 2 * PHASE_BYTES, `${phase}: ${vf}`)
    const host = `${vmExits} VM exits, ${copies} copies, ${emulated} descriptors of the emulated NIC`
    must(vmExits === 0 && emulated === 0 && (place === 'switch' || copies === 0), `${phase}: ${host}`)
  }
}

function carried({ frames, vmExits, copies }: Carried): string {
  return `${frames} frames with ${vmExits} VM exits and ${copies} copies`
}

function nothing(): Carried {
  return { frames: 0, vmExits: 0, copies: 0, emulated: 0, direct: 0, vfBytes: 0 }
}

function sum(a: Carried, b: Carried): Carried {
  return combined(a, b, 1)
}

function difference(a: Carried, b: Carried): Carried {
  return combined(a, b, -1)
}

function combined(a: Carried, b: Carried, sign: 1 | -1): Carried {
  return {
    frames: a.frames + sign * b.frames,
    vmExits: a.vmExits + sign * b.vmExits,
    copies: a.copies + sign * b.copies,
    emulated: a.emulated + sign * b.emulated,
    direct: a.direct + sign * b.direct,
    vfBytes: a.vfBytes + sign * b.vfBytes,
  }
}

function mib(bytes: number): string {
  return (bytes / 1048576).toFixed(1)
}

/** A real driver and NPA, whatever NIC the driver is for. */
export const npaChecks: readonly Check[] = [
  throughSwitches(`NPA guest, ${2 * TIMES} switches`, 'wire', false),
  throughSwitches(`NPA guest on the same virtual switch, ${2 * TIMES} switches`, 'switch', false),
  throughSwitches(`NPA guest, its VF revoked ${TIMES} times`, 'wire', true),
]
