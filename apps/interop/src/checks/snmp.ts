import { output } from './check.js'
import type { Bench } from './check.js'

/** A counter of the guest's network stack: of a protocol's two lines in /proc/net/snmp, names above numbers. */
export async function snmp(bench: Bench, protocol: string, name: string): Promise<number> {
  const said = await output(bench, `grep ^${protocol}: /proc/net/snmp`)
  const [names, values] = said.split('\n').map((line) => line.split(' '))
  return Number(values[names.indexOf(name)])
}
