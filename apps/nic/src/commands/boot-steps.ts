import type { Description } from '../card/description.js'
import { MODELS } from '../card/models.js'
import type { Model } from '../card/models.js'

/** A shell script for the guest, and what it does. */
export interface Step {
  readonly title: string
  readonly script: string
  /** It may take so long. */
  readonly seconds: number
}

/** Whom the guest talks to, where that is not the card's own far end. */
export interface Talk {
  /** IPv4 address of the guest; a neighbour of whom it pings unless given. */
  readonly address?: string
  readonly ping?: string
}

type Card = Pick<Description, 'model' | 'vfs' | 'peers' | 'handed'>

const CARRIER = (name: string): string =>
  `n=0; until [ "$(cat /sys/class/net/${name}/carrier 2> /dev/null)" = 1 ]; do n=$((n+1)); [ $n -lt 150 ] || { echo 'no carrier on ${name}'; exit 1; }; sleep 0.1; done`

/** What shows that a card works: its driver, its virtual functions and theirs, and a ping over one of them. */
export function bootSteps(card: Card, talk: Talk = {}): Step[] {
  const { vfs } = card
  const { drivers }: Model = MODELS[card.model]
  const steps: Step[] = [
    {
      title: `the driver of the physical function: ${drivers.pf}`,
      script: `modprobe ${drivers.pf} || exit 1; ip link set eth0 name pf && ip link set pf up; ${CARRIER('pf')}
ethtool -i pf | head -3; ethtool pf | grep -E 'Speed|Link detected' | xargs`,
      seconds: 60,
    },
  ]
  if (vfs === 0 || drivers.vf === undefined) return [...steps, ...talkSteps(card, talk, 'pf')]
  // Two ports are two adapters; the guest's first is port 0.
  const away = card.handed.map((one) => one.function.replace(/^port0\//, '')).filter((name) => !name.includes('/'))
  const leave = away.map(
    (name) => `echo nobody > /sys/class/net/pf/device/${name.replace('vf', 'virtfn')}/driver_override`,
  )
  steps.push({
    title: `${vfs} virtual functions${away.length === 0 ? '' : `; of other guests: ${away.join(', ')}`}`,
    script: `echo ${vfs} > /sys/class/net/pf/device/sriov_numvfs || exit 1; ${CARRIER('pf')}; ${leave.join('\n')}
for one in /sys/class/net/pf/device/virtfn*; do basename $(readlink $one); done | xargs`,
    seconds: 60,
  })
  const own = Array.from({ length: vfs }, (_, vf) => `vf${vf}`).find((name) => !away.includes(name))
  if (own === undefined) return [...steps, ...talkSteps(card, talk, 'pf')]
  steps.push({
    title: `their driver: ${drivers.vf}`,
    script: `modprobe ${drivers.vf} || exit 1
name=$(ls /sys/class/net/pf/device/${own.replace('vf', 'virtfn')}/net); ip link set $name name ${own} && ip link set ${own} up; ${CARRIER(own)}
readlink /sys/class/net/${own}/device/driver | xargs basename; cat /sys/class/net/${own}/address`,
    seconds: 60,
  })
  return [...steps, ...talkSteps(card, talk, own)]
}

/** What shows that a virtual function works in a guest that has nothing else of the card; `name` is the function's, as the card calls it. */
export function handedSteps(card: Card, name: string, talk: Talk = {}): Step[] {
  const { drivers }: Model = MODELS[card.model]
  const own = name.replace(/^port\d\//, '')
  const driver: Step = {
    title: `the driver of ${name}: ${drivers.vf ?? ''}`,
    script: `modprobe ${drivers.vf ?? ''} || exit 1; ip link set eth0 name ${own} && ip link set ${own} up; ${CARRIER(own)}
ethtool -i ${own} | head -3; cat /sys/class/net/${own}/address`,
    seconds: 60,
  }
  return [driver, ...talkSteps(card, talk, own, 10 + Number(own.slice(2)), name.startsWith('port1/') ? 1 : 0)]
}

/** An address for an interface, and a ping. */
function talkSteps({ peers }: Card, talk: Talk, name: string, host = 1, port = 0): Step[] {
  const target = talk.ping ?? peers[port]
  const address = talk.address ?? (target === null ? undefined : neighbour(target, host))
  if (address === undefined) return []
  const add = `ip addr add ${address}/24 dev ${name} || exit 1`
  if (target === null) return [{ title: `${address} on ${name}`, script: add, seconds: 10 }]
  return [{ title: `ping of ${target} over ${name}`, script: `${add}; ping -c 5 -i 0.2 -w 10 ${target}`, seconds: 30 }]
}

/** Another address in the same network of 256. */
function neighbour(address: string, host: number): string {
  const parts = address.split('.')
  parts[3] = String(parts[3] === String(host) ? host + 1 : host)
  return parts.join('.')
}
