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

const CARRIER = (name: string): string =>
  `n=0; until [ "$(cat /sys/class/net/${name}/carrier 2> /dev/null)" = 1 ]; do n=$((n+1)); [ $n -lt 150 ] || { echo 'no carrier on ${name}'; exit 1; }; sleep 0.1; done`

/** What shows that a card works: its driver, its virtual functions and theirs, and a ping over one of them. */
export function bootSteps({ model: name, vfs, peers }: Pick<Description, 'model' | 'vfs' | 'peers'>): Step[] {
  const { drivers }: Model = MODELS[name]
  const steps: Step[] = [
    {
      title: `the driver of the physical function: ${drivers.pf}`,
      script: `modprobe ${drivers.pf} || exit 1; ip link set eth0 name pf && ip link set pf up; ${CARRIER('pf')}
ethtool -i pf | head -3; ethtool pf | grep -E 'Speed|Link detected' | xargs`,
      seconds: 60,
    },
  ]
  const virtual = vfs > 0 && drivers.vf !== undefined
  if (virtual) {
    steps.push(
      {
        title: `${vfs} virtual functions`,
        script: `echo ${vfs} > /sys/class/net/pf/device/sriov_numvfs || exit 1; ${CARRIER('pf')}
for one in /sys/class/net/pf/device/virtfn*; do basename $(readlink $one); done | xargs`,
        seconds: 60,
      },
      {
        title: `their driver: ${drivers.vf}`,
        script: `modprobe ${drivers.vf} || exit 1
vf=$(ls /sys/class/net/pf/device/virtfn0/net); ip link set $vf name vf0 && ip link set vf0 up; ${CARRIER('vf0')}
readlink /sys/class/net/vf0/device/driver | xargs basename; cat /sys/class/net/vf0/address`,
        seconds: 60,
      },
    )
  }
  const [peer] = peers
  if (peer !== null) {
    const interfaceName = virtual ? 'vf0' : 'pf'
    steps.push({
      title: `ping of ${peer} over ${interfaceName}`,
      script: `ip addr add ${neighbour(peer)}/24 dev ${interfaceName} || exit 1; ping -c 5 -i 0.2 -w 10 ${peer}`,
      seconds: 30,
    })
  }
  return steps
}

/** Another address in the same network of 256. */
function neighbour(address: string): string {
  const parts = address.split('.')
  parts[3] = parts[3] === '1' ? '2' : '1'
  return parts.join('.')
}
