import type { Refuse } from './refuse.js'
import type { Scenario } from './scenario-shape.js'

type Phase = Scenario['phases'][number]
type Stream = NonNullable<Phase['stream']>

/** Phases name VMs that exist, streams between them are possible, and the mode of each phase is the one that its switches lead to. */
export function checkPhases(scenario: Scenario, refuse: Refuse): void {
  const vms = scenario.hosts.flatMap((host) => host.vms.map(({ name }) => name))
  const names = new Set<string>()
  const known = (name: string, path: (string | number)[]): void => {
    if (!vms.includes(name)) refuse(path, `no VM is called ${name}: there are ${vms.join(', ')}`)
  }
  scenario.phases.forEach(({ name, stream, replay, switch: change }, p) => {
    const path = ['phases', p]
    if (names.has(name)) refuse([...path, 'name'], `another phase is called ${name} already`)
    names.add(name)
    if (stream !== undefined && replay !== undefined) refuse([...path, 'replay'], 'a phase has a stream or a replay')
    stream?.between.forEach((end, i) => known(end, [...path, 'stream', 'between', i]))
    change?.vms.forEach((end, i) => known(end, [...path, 'switch', 'vms', i]))
    if (change?.force === true && change.to === 'passthrough') {
      refuse([...path, 'switch', 'force'], 'only the way out of passthrough can be forced')
    }
  })
  checkStreams(scenario, refuse)
  checkModes(scenario.phases, vms, refuse)
}

/**
 * All VMs start emulated. A phase's mode is that of the VMs that it switches, or of one end of its stream, or of all VMs when it names
 * none.
 */
function checkModes(phases: readonly Phase[], vms: readonly string[], refuse: Refuse): void {
  const modes = new Map<string, Phase['mode']>(vms.map((name) => [name, 'emulated']))
  phases.forEach(({ mode, stream, switch: change }, p) => {
    for (const name of change?.vms ?? []) modes.set(name, change?.to ?? mode)
    const named = change?.vms ?? stream?.between ?? vms
    const astray = named.filter((name) => modes.has(name) && modes.get(name) !== mode)
    const fits = stream === undefined || change !== undefined ? astray.length === 0 : astray.length < named.length
    if (!fits) refuse(['phases', p, 'mode'], `at the end of this phase ${astray[0]} is in mode ${modes.get(astray[0])}`)
  })
}

/** Streams between two VMs are one connection for the whole run. */
function checkStreams(scenario: Scenario, refuse: Refuse): void {
  const first = new Map<string, Stream>()
  scenario.phases.forEach(({ stream }, p) => {
    if (stream === undefined) return
    const path = ['phases', p, 'stream']
    const [from, to] = stream.between
    const earlier = first.get(`${from} ${to}`)
    if (earlier === undefined) {
      first.set(`${from} ${to}`, stream)
      const why = unreachable(scenario, from, to)
      if (why !== undefined) refuse([...path, 'between'], why)
    } else {
      const one = `the stream of ${from} and ${to} is one connection for the whole run: its`
      if (stream.message !== earlier.message) refuse([...path, 'message'], `${one} messages have one size`)
      if (stream.window !== earlier.window) refuse([...path, 'window'], `${one} window has one size`)
    }
  })
}

/** Why frames cannot come from one VM to another, if they cannot. */
function unreachable({ hosts, links }: Scenario, from: string, to: string): string | undefined {
  if (from === to) return `${from} cannot stream to itself`
  const [a, b] = [from, to].map((name) => {
    const host = hosts.find((one) => one.vms.some((vm) => vm.name === name))
    return { host: host?.name, ip: host?.vms.find((vm) => vm.name === name)?.ip }
  })
  // names that nobody has are refused where they stand
  if (a.host === undefined || b.host === undefined) return undefined
  const network = (ip = ''): string => ip.slice(0, ip.lastIndexOf('.'))
  if (network(a.ip) !== network(b.ip)) return `${from} and ${to} are in networks that no router joins: ${a.ip}, ${b.ip}`
  const joined = links.some(({ between }) => between.every((end) => end === a.host || end === b.host))
  return a.host === b.host || joined ? undefined : `no link joins ${a.host} and ${b.host}`
}
