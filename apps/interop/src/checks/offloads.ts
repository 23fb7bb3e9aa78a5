import { output } from './check.js'
import type { Bench, Check } from './check.js'
import { features, setFeature, statistics } from './ethtool.js'
import { bothWays } from './traffic.js'

/** TCP both ways as the driver sets itself up; `counters` of `ethtool -S` say what it did to the packets. */
export function tcp(counters: readonly string[]): Check {
  return { name: 'TCP, offloads as they come', run: (bench) => counted(bench, counters, () => bothWays(bench)) }
}

/** TCP both ways with one offload set; it is set back. */
export function tcpWith(title: string, name: string, on: boolean, counters: readonly string[]): Check {
  return {
    name: `TCP, ${title} ${on ? 'on' : 'off'}`,
    run: async (bench) => {
      const before = (await features(bench)).get(name)
      await setFeature(bench, name, on)
      const seen = await counted(bench, counters, () => bothWays(bench))
      if (before !== undefined) await setFeature(bench, name, before.on)
      return seen
    },
  }
}

/** What the work said, and how many packets were cut or put together meanwhile: an offload that is on need not have been used. */
async function counted(bench: Bench, counters: readonly string[], work: () => Promise<string>): Promise<string> {
  const before = await statistics(bench)
  const seen = await work()
  const now = await statistics(bench)
  const grown = counters.map((name) => `${name}: ${(now.get(name) ?? 0) - (before.get(name) ?? 0)}`)
  return [seen, ...grown].join('; ')
}

export const tcpPlain: Check = {
  name: 'TCP, all offloads off',
  run: async (bench) => {
    const names = ['tx', 'rx', 'tso', 'sg', 'gso', 'gro', 'lro']
    const before = await features(bench)
    await output(bench, `ethtool -K eth0 ${names.map((name) => `${name} off`).join(' ')}`)
    const seen = await bothWays(bench)
    const lro = before.get('large-receive-offload')?.on === true ? 'on' : 'off'
    await output(bench, `ethtool -K eth0 tx on rx on sg on tso on gso on gro on lro ${lro}`)
    return seen
  },
}
