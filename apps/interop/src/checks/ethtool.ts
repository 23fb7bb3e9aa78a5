import { Failed, NotRun, output } from './check.js'
import type { Bench } from './check.js'

/** An offload as `ethtool -k` says it. */
export interface Feature {
  readonly on: boolean
  readonly fixed: boolean
}

/** The offloads of the interface by ethtool's long names. */
export async function features(bench: Bench): Promise<Map<string, Feature>> {
  const said = await output(bench, 'ethtool -k eth0')
  const lines = [...said.matchAll(/^\s*([a-z0-9-]+): (on|off)(.*)$/gm)]
  return new Map(lines.map((line) => [line[1], { on: line[2] === 'on', fixed: line[3].includes('fixed') }]))
}

/** Sets an offload, and looks whether it is set. Throws `NotRun` where the device does not let it be changed. */
export async function setFeature(bench: Bench, name: string, on: boolean): Promise<void> {
  const before = (await features(bench)).get(name)
  if (before === undefined) throw new NotRun(`the driver knows no ${name}`)
  if (before.on === on) return
  if (before.fixed) throw new NotRun(`${name} is fixed ${before.on ? 'on' : 'off'} by what the device offers`)
  await output(bench, `ethtool -K eth0 ${name} ${on ? 'on' : 'off'}`)
  if ((await features(bench)).get(name)?.on !== on) throw new Failed(`${name} does not go ${on ? 'on' : 'off'}`)
}

/** `ethtool -S`: the sum of every counter of that name, over the queues. */
export async function statistics(bench: Bench): Promise<Map<string, number>> {
  const said = await output(bench, 'ethtool -S eth0')
  const sums = new Map<string, number>()
  for (const [, name, value] of said.matchAll(/^\s*(.+?): (\d+)$/gm)) {
    sums.set(name, (sums.get(name) ?? 0) + Number(value))
  }
  if (sums.size === 0) throw new Failed('ethtool -S says nothing')
  return sums
}
