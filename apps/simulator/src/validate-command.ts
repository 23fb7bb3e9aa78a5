import type { Console } from './console.js'
import { loadScenario } from './load-scenario.js'

/** Says what is in a scenario that can be run. Throws a `UserError` when it cannot. */
export function validateCommand(path: string, { stdout }: Console): void {
  const { scenario, captures } = loadScenario(path)
  const { hosts, phases } = scenario
  const vms = hosts.reduce((sum, host) => sum + host.vms.length, 0)
  const counts = [some(hosts.length, 'host'), some(vms, 'VM'), some(phases.length, 'phase')]
  if (captures.size > 0) counts.push(some(captures.size, 'capture'))
  stdout.write(`${path}: valid: ${counts.join(', ')}\n`)
}

function some(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
