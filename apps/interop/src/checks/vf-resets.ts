import { NETWORK } from '../peer/peer.js'
import { output } from './check.js'
import type { Check } from './check.js'
import { echo } from './echo.js'
import { inOtherSpace } from './name-spaces.js'
import { carrier, PF } from './virtual-functions.js'
import { whileSending } from './while-sending.js'

const TIMES = 3

/**
 * The physical function's driver resets the whole port under a virtual function's TCP connection. The other function has to be back as well before
 * the next reset: its driver starts anew ten seconds after it last did, and one that does so while the PF is down finds nobody who answers.
 */
export const pfReset: Check = {
  name: `PF down and up ${TIMES} times under load of a VF`,
  run: async (bench) => {
    const both = `${carrier('eth0')}; ${carrier('eth1')}`
    await output(bench, `ip link set eth1 up; ${both}`)
    return whileSending(bench, `{ ip link set ${PF} down && ip link set ${PF} up; sleep 3; ${both}; sleep 1; }`, TIMES)
  },
}

/**
 * Function-level resets of a virtual function: one under its running driver, amid its traffic, and one between two drivers, as when it changes
 * hands. A connection of another one goes on meanwhile.
 */
export const vfReset: Check = {
  name: `VF reset by FLR ${TIMES} times under load`,
  run: async (bench) => {
    const reset = `{ ping -q -i 0.002 -I eth0 -w 3 ${NETWORK.peer} > /dev/null 2>&1 & sleep 0.5
      where=$(readlink -f /sys/class/net/eth0/device); name=\${where##*/}; echo 1 > $where/reset; sleep 0.5
      echo $name > $where/driver/unbind && echo 1 > $where/reset && echo $name > /sys/bus/pci/drivers/${bench.driver}/bind &&
      ip link set eth0 up && ip addr add ${NETWORK.guest}/24 dev eth0; code=$?; ${carrier('eth0')}; [ $code = 0 ]; }`
    const seen = await inOtherSpace(bench, 'eth1', (inside) => whileSending(bench, reset, TIMES, inside))
    await echo(bench, 5)
    return `the other function: ${seen}`
  },
}
