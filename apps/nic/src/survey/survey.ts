import type { Guest } from '@npa/interop'
import { checkFault, faultOfWords } from '../faults/fault-schema.js'
import type { Serving } from '../serving/serving.js'
import type { SurveyCase } from './survey-cases.js'

/** How a driver came out of a fault. */
type Recovery = 'by itself' | 'down and up' | 'driver loaded again' | 'no'

/** What was seen. */
export interface SurveyRow {
  readonly fault: string
  readonly struck: number
  /** Pings that were answered while the fault was there, of how many. */
  readonly answered: string
  /** What the kernel said above info, the first lines. */
  readonly said: readonly string[]
  readonly recovery: Recovery
}

const MOST_LINES = 3
const LONGEST_LINE = 160

/** Who is asked: interfaces and drivers in the guest, and the far end. */
export interface Subject {
  readonly pf: string
  readonly vf: string
  readonly peer: string
  /** Shell: the drivers are loaded, virtual functions are there, both interfaces have addresses. */
  readonly setup: string
}

/** Lets the guest's drivers meet a fault, takes it away, and sees what becomes of them. */
export async function survey(guest: Guest, serving: Serving, subject: Subject, one: SurveyCase): Promise<SurveyRow> {
  const request = checkFault(faultOfWords(one.fault.split(' '), one.fault), one.fault)
  const interfaceName = request.function === 'pf' ? 'pf' : 'vf0'
  const ping = `ping -I ${interfaceName} -c 20 -i 0.2 -w 8 ${subject.peer} 2>&1 | grep -o '[0-9]* packets received' | cut -d' ' -f1`
  await guest.sh('dmesg -c > /dev/null')
  const before = serving.status().struck[request.fault] ?? 0
  serving.fault(request)
  const { output } = await guest.sh(`${one.meanwhile ?? ':'}; ${ping}`, 90)
  serving.clear()
  const struck = (serving.status().struck[request.fault] ?? 0) - before
  const answered = `${output.trim().split('\n').at(-1) ?? '?'} of 20`
  const recovery = await recovered(guest, subject, interfaceName)
  const log = await guest.sh('dmesg -r | sed -n "s/^<[0-4]>//p"')
  return {
    fault: one.fault,
    struck,
    answered: /^\d/.test(answered) ? answered : 'none',
    said: serious(log.output),
    recovery,
  }
}

/** Tries harder and harder. */
async function recovered(guest: Guest, { pf, vf, peer, setup }: Subject, name: string): Promise<Recovery> {
  const answers = `n=0; until ping -I ${name} -c 1 -W 1 ${peer} > /dev/null 2>&1; do n=$((n+1)); [ $n -lt 15 ] || exit 1; sleep 1; done`
  if ((await guest.sh(answers, 60)).code === 0) return 'by itself'
  const address = name === 'pf' ? '192.168.77.3' : '192.168.77.1'
  const again = `ip link set ${name} down; ip link set ${name} up; ip addr add ${address}/24 dev ${name} 2> /dev/null; sleep 2; ${answers}`
  if ((await guest.sh(again, 90)).code === 0) return 'down and up'
  const reload = `rmmod ${vf}; rmmod ${pf}; ${setup}; ${answers}`
  return (await guest.sh(reload, 120)).code === 0 ? 'driver loaded again' : 'no'
}

/** The first lines, each once, without the time and with the numbers that change left out. */
function serious(log: string): string[] {
  const lines = log
    .split('\n')
    .map((line) => line.replace(/^\[ *\d+\.\d+\] /, '').trim())
    .filter((line) => line !== '' && !/^(hrtimer:|---|Modules linked in:)/.test(line))
  const different = [...new Set(lines)]
  const first = different.slice(0, MOST_LINES).map((line) => line.slice(0, LONGEST_LINE))
  return different.length > MOST_LINES ? [...first, `and ${different.length - MOST_LINES} more lines`] : first
}
