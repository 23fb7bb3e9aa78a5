import path from 'node:path'
import type { Surroundings } from '../console.js'
import { ControlClient } from '../control/control-client.js'
import type { Request } from '../control/protocol.js'
import { checkFault, faultOfWords } from '../faults/fault-schema.js'
import { FAULT_KINDS } from '../faults/kinds/index.js'
import { counterTable } from '../screen/counter-table.js'
import type { Status } from '../serving/serving.js'
import { UserError } from '../user-error.js'

/** What `ctl` can be told, and how. */
export const CTL_WORDS = `
Commands:
  status                         counters, faults that are there, how often each kind has struck
  fault KIND [NAME=VALUE ...]    begin a fault; for=TIME ends it, seed=N repeats it
  clear [N]                      end fault N, or all
  link up|down [PORT]            put the cable in, or pull it
  stop                           end the server

Faults (function=NAME for any: pf, vf0, vf1 ...; for=TIME, seed=N):
${FAULT_KINDS.map(({ name, about }) => `  ${name.padEnd(22)} ${about}`).join('\n')}`

/** Asks a served card something, and prints what it answers. Throws a `UserError` for what cannot be. */
export async function ctlCommand(
  folder: string,
  words: readonly string[],
  { json = false }: { readonly json?: boolean },
  { console }: Surroundings,
): Promise<void> {
  const request = requestOf(words)
  const client = await ControlClient.connect(path.resolve(folder))
  try {
    const result = await client.ask(request)
    if (json) console.stdout.write(`${JSON.stringify(result ?? {})}\n`)
    else if (request.do === 'status') console.stdout.write(`${statusText(result as Status)}\n`)
    else if (request.do === 'fault') console.stdout.write(`fault ${(result as { id: number }).id} has begun\n`)
  } finally {
    client.close()
  }
}

function requestOf([command = '', ...rest]: readonly string[]): Request {
  const first = rest.at(0)
  const second = rest.at(1)
  switch (command) {
    case 'status':
    case 'stop':
      return { do: command }
    case 'fault': {
      if (rest.length === 0) throw new UserError('ctl fault: which one? npa-nic ctl --help lists them')
      const fault = faultOfWords(rest, 'ctl fault')
      // The server checks it again: here a mistake is told though there is none.
      checkFault(fault, 'ctl fault')
      return { do: 'fault', fault }
    }
    case 'clear':
      if (first === undefined) return { do: 'clear' }
      if (!/^\d+$/.test(first)) throw new UserError(`ctl clear ${first}: expected the number of a fault`)
      return { do: 'clear', id: Number(first) }
    case 'link':
      if (first !== 'up' && first !== 'down') throw new UserError('ctl link: expected up or down')
      if (second !== undefined && !/^[01]$/.test(second))
        throw new UserError(`ctl link ${first} ${second}: expected port 0 or 1`)
      return { do: 'link', up: first === 'up', port: Number(second ?? 0) }
    default:
      throw new UserError(`ctl ${command}: no such command: there are status, fault, clear, link, stop`)
  }
}

function statusText({ counters, faults, struck }: Status): string {
  const lines = [counterTable(counters)]
  for (const { id, fault, function: name, seed, struck: times } of faults)
    lines.push(`fault ${id}: ${fault} at ${name}, seed ${seed}, struck ${times} times`)
  const totals = Object.entries(struck).map(([name, times]) => `${name} ${times}`)
  if (totals.length > 0) lines.push(`struck so far: ${totals.join(', ')}`)
  return lines.join('\n')
}
