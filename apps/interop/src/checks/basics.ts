import { GUEST_MAC } from '../devices/device.js'
import { NETWORK } from '../peer/peer.js'
import { must, NotRun, output } from './check.js'
import type { Bench, Check } from './check.js'
import { echo } from './echo.js'

/** The driver takes the device and finds its address. */
export const probe: Check = {
  name: 'probe',
  run: async (bench) => {
    await output(bench, `modprobe ${bench.driver}`)
    const said = await output(bench, 'cat /sys/class/net/eth0/address; ethtool -i eth0')
    const [mac, driver, version] = said.split('\n')
    must(driver === `driver: ${bench.driver}`, `eth0 belongs to ${driver}`)
    must(mac === GUEST_MAC, `the address is ${mac}, not ${GUEST_MAC}`)
    return `${version}, ${mac}`
  },
}

/** The interface goes up and has a carrier. */
export const link: Check = {
  name: 'link',
  run: async (bench) => {
    await output(bench, `ip link set eth0 up && ip addr add ${NETWORK.guest}/24 dev eth0`)
    await carrier(bench, 1)
    return (await output(bench, 'ethtool eth0 | grep -E "Speed|Duplex" | xargs')).trim()
  },
}

/** Waits until the driver says so. */
async function carrier(bench: Bench, wanted: 0 | 1): Promise<void> {
  const wait = `n=0; until [ "$(cat /sys/class/net/eth0/carrier)" = ${wanted} ]; do n=$((n+1)); [ $n -lt 100 ]; sleep 0.1; done`
  await output(bench, `set -e\n${wait}`)
}

/** The cable is pulled and put back: the chip's interrupt tells the driver. */
export const pulled: Check = {
  name: 'cable pulled and put back',
  run: async (bench) => {
    const { setLink } = bench
    if (setLink === undefined) throw new NotRun('nobody can reach this cable')
    setLink(false)
    await carrier(bench, 0)
    setLink(true)
    await carrier(bench, 1)
    await echo(bench, 5)
    return 'the carrier went and came back, and with it the traffic'
  },
}

export const ping: Check = {
  name: 'ping',
  run: async (bench) => {
    for (const length of [0, 18, 56, 1000, 1472]) {
      await echo(bench, 10, length)
    }
    return '50 of 50 answered, 0 to 1472 bytes'
  },
}
