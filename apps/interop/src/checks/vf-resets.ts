import { NETWORK } from '../peer/peer.js'
import { output } from './check.js'
import type { Check } from './check.js'
import { echo } from './echo.js'
import { carrier, PF } from './virtual-functions.js'
import { whileSending } from './while-sending.js'

const TIMES = 3

/** The physical function's driver resets the whole port under a virtual function's TCP connection. */
export const pfReset: Check = {
  name: `PF down and up ${TIMES} times under load of a VF`,
  run: (bench) =>
    whileSending(
      bench,
      `{ ip link set ${PF} down && ip link set ${PF} up; sleep 3; ${carrier('eth0')}; sleep 1; }`,
      TIMES,
    ),
}

/** A function-level reset between two drivers, as when a virtual function changes hands; the second one goes on meanwhile. */
export const vfReset: Check = {
  name: `VF reset by FLR ${TIMES} times`,
  run: async (bench) => {
    const again = `where=$(readlink -f /sys/class/net/eth0/device); name=\${where##*/}
      echo $name > $where/driver/unbind && echo 1 > $where/reset && echo $name > /sys/bus/pci/drivers/${bench.driver}/bind || exit 1
      ip link set eth0 up && ip addr add ${NETWORK.guest}/24 dev eth0 || exit 1; ${carrier('eth0')}; ${carrier('eth1')}`
    for (let n = 0; n < TIMES; n++) {
      await output(bench, `ip link set eth1 up; ${carrier('eth1')}; ${again}`, 60)
      await echo(bench, 5)
    }
    return 'each time a link, echoes, and the other function undisturbed'
  },
}
