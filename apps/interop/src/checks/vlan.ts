import { NETWORK } from '../peer/peer.js'
import { output } from './check.js'
import type { Check } from './check.js'
import { echo } from './echo.js'
import { bothWays } from './traffic.js'

/** A VLAN of the guest's, its tags put in and taken out by the device, or not. */
export function vlan(offload: boolean): Check {
  return {
    name: `VLAN, tag offload ${offload ? 'on' : 'off'}`,
    run: async (bench) => {
      const tags = offload ? 'on' : 'off'
      await output(bench, `modprobe 8021q && ethtool -K eth0 rxvlan ${tags} txvlan ${tags}`)
      const { vlan: id, vlanGuest, vlanPeer } = NETWORK
      await output(bench, `ip link add link eth0 name eth0.${id} type vlan id ${id}`)
      await output(bench, `ip link set eth0.${id} up && ip addr add ${vlanGuest}/24 dev eth0.${id}`)
      await echo(bench, 10, 56, vlanPeer)
      const seen = await bothWays(bench, 1 << 20, true)
      await output(bench, `ip link del eth0.${id}; ethtool -K eth0 rxvlan on txvlan on`)
      return seen
    },
  }
}
