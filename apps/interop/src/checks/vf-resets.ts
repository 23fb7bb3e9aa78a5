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

/** A function-level reset behind the back of the virtual function's driver, which is then started again; the second one goes on meanwhile. */
export const vfReset: Check = {
  name: `VF reset by FLR ${TIMES} times`,
  run: async (bench) => {
    const reset = 'ip link set eth0 down; echo 1 > /sys/class/net/eth0/device/reset && ip link set eth0 up || exit 1'
    for (let n = 0; n < TIMES; n++) {
      await output(
        bench,
        `ip link set eth1 up; ${carrier('eth1')}; ${reset}; ${carrier('eth0')}; ${carrier('eth1')}`,
        60,
      )
      await echo(bench, 5)
    }
    return 'each time a link, echoes, and the other function undisturbed'
  },
}
