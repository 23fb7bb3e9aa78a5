import { GUEST_MAC } from '../devices/device.js'
import { NETWORK } from '../peer/peer.js'
import { must, output } from './check.js'
import type { Bench, Check } from './check.js'
import { echo } from './echo.js'
import { pastTheStack } from './past-the-stack.js'
import { comesToHear, hears } from './receive-modes.js'
import { carrier, PF } from './virtual-functions.js'

const OTHER_MAC = '52:54:00:12:34:99'
const FORGED_MAC = '02:00:00:00:00:66'
const FRAMES = 40
/** Linux has to be told by its PF, and to set the virtual function up again. */
const SETTLE_S = 3

/** `ip link set PF vf 0 …`, an administrator's word about the first virtual function. */
async function administer(bench: Bench, what: string): Promise<void> {
  await output(bench, `/usr/bin/ip link set ${PF} vf 0 ${what}; code=$?; sleep ${SETTLE_S}; exit $code`, 60)
}

async function answered(bench: Bench, to: string): Promise<boolean> {
  const said = await output(bench, `ping -q -c 3 -i 0.1 -W 2 ${to}; true`)
  return /, [1-9]\d* packets received/.test(said)
}

/** The address is the virtual function's with its next start, frames carry it, and the old one is nobody's. */
const mac: Check = {
  name: 'ip link set vf mac',
  run: async (bench) => {
    const start = async (address: string): Promise<void> => {
      await administer(bench, `mac ${address}`)
      const again = `rmmod ${bench.driver} && modprobe ${bench.driver} && ip link set eth0 up || exit 1; ${carrier('eth0')}
        ip addr add ${NETWORK.guest}/24 dev eth0; cat /sys/class/net/eth0/address`
      const has = (await output(bench, again, 60)).trim()
      must(has === address, `the address is ${has}, not ${address}`)
    }
    await start(OTHER_MAC)
    const sources = new Set<string>()
    bench.peer.hub.tap = (frame) => sources.add(Buffer.from(frame.subarray(6, 12)).toString('hex'))
    await echo(bench, 5)
    bench.peer.hub.tap = undefined
    must(sources.has(OTHER_MAC.replaceAll(':', '')), `frames came from ${[...sources].join(', ')}`)
    must(await hears(bench, OTHER_MAC), 'frames to the new address are lost')
    must(!(await hears(bench, GUEST_MAC)), 'frames to the old address come through')
    await start(GUEST_MAC)
    await echo(bench, 5)
    return 'taken at the next start of the driver, and back'
  },
}

/** A port VLAN: the virtual function's frames are tagged on the cable and plain to it, and other VLANs are not its own. */
const vlan: Check = {
  name: 'ip link set vf vlan',
  run: async (bench) => {
    const { vlan: id, vlanGuest, vlanPeer } = NETWORK
    await administer(bench, `vlan ${id} qos 3`)
    await output(bench, `${carrier('eth0')}; ip addr add ${vlanGuest}/24 dev eth0`)
    const tags = new Set<string>()
    bench.peer.hub.tap = (frame) => {
      if (frame[11] === 0x56) tags.add(Buffer.from(frame.subarray(12, 16)).toString('hex'))
    }
    await echo(bench, 5, 56, vlanPeer)
    bench.peer.hub.tap = undefined
    must(tags.size === 1 && tags.has(`8100${(0x6000 | id).toString(16)}`), `on the cable: ${[...tags].join(', ')}`)
    must(!(await answered(bench, NETWORK.peer)), 'the untagged network is still reached')
    await administer(bench, 'vlan 0')
    await output(bench, `ip addr del ${vlanGuest}/24 dev eth0; ${carrier('eth0')}`)
    await echo(bench, 5)
    return `VLAN ${id} with priority 3 on the cable, nothing untagged; and back`
  },
}

/** Sends frames past the network stack; those of `source` that reach the cable. */
async function forged(bench: Bench, source: string): Promise<number> {
  const seen = await pastTheStack(bench, { source, count: FRAMES, bytes: 100, delayNs: 1_000_000 })
  return seen.frames
}

/** Frames with somebody else's address do not leave, until the administrator allows it. */
const spoofCheck: Check = {
  name: 'ip link set vf spoofchk',
  run: async (bench) => {
    const own = await forged(bench, GUEST_MAC)
    must(own >= FRAMES, `${own} of ${FRAMES} frames with its own address left`)
    const caught = await forged(bench, FORGED_MAC)
    must(caught === 0, `${caught} of ${FRAMES} forged frames left`)
    await administer(bench, 'spoofchk off')
    const through = await forged(bench, FORGED_MAC)
    await administer(bench, 'spoofchk on')
    must(through === FRAMES, `not checked, ${through} of ${FRAMES} left`)
    must((await forged(bench, FORGED_MAC)) === 0, 'checked again, forged frames left')
    return `${FRAMES} forged frames: none left; all while it was off`
  },
}

/** Only a trusted virtual function hears every multicast. */
const trust: Check = {
  name: 'ip link set vf trust',
  run: async (bench) => {
    const group = '33:33:ff:77:66:55'
    await output(bench, 'ifconfig eth0 allmulti; sleep 1')
    must(!(await hears(bench, group)), 'not trusted, it hears a group that it has not joined')
    await administer(bench, 'trust on')
    await output(bench, carrier('eth0'))
    must(await comesToHear(bench, group, true), 'trusted, it does not hear every group')
    await output(bench, 'ifconfig eth0 -allmulti')
    await administer(bench, 'trust off')
    await output(bench, carrier('eth0'))
    must(await comesToHear(bench, group, false), 'not trusted any more, it hears every group')
    return 'all multicast only with it'
  },
}

/**
 * Disabled, nothing goes out. In, ixgbe itself lets frames again: it clears VFRE and VFTE, the virtual function starts anew, and the
 * PF's answer to its frame length (SET_LPE) sets VFRE.
 */
const state: Check = {
  name: 'ip link set vf state',
  run: async (bench) => {
    await administer(bench, 'state disable')
    let out = 0
    bench.peer.hub.tap = (frame) => {
      if (Buffer.from(frame.subarray(6, 12)).toString('hex') === GUEST_MAC.replaceAll(':', '')) out++
    }
    must(!(await answered(bench, NETWORK.peer)), 'disabled, it is answered')
    bench.peer.hub.tap = undefined
    must(out === 0, `disabled, ${out} of its frames are on the cable`)
    await administer(bench, 'state auto')
    await output(bench, carrier('eth0'))
    await echo(bench, 5)
    return 'nothing of it on the cable while disabled, and back'
  },
}

/** Mb/s: far below what the guest can send, and the least that ixgbe takes. */
const RATE = 11
const RATE_FRAMES = 2500
const RATE_BYTES = 1500
/** The first and the last frame may be seen later than they left, by what this process does meanwhile. */
const TOLERANCE = 1.05
/** The guest sends as fast as the machine lets it, which may be busy for a while. */
const TRIES = 5

/** Mb/s on the cable while the guest sends what it can. */
async function sentRate(bench: Bench): Promise<number> {
  const load = { source: GUEST_MAC, count: RATE_FRAMES, bytes: RATE_BYTES, delayNs: 0 }
  const { frames, seconds } = await pastTheStack(bench, load)
  must(frames === RATE_FRAMES, `${frames} of ${RATE_FRAMES} frames left`)
  return ((frames - 1) * RATE_BYTES * 8) / seconds / 1e6
}

/** The most of some tries, of which one must come to `least`, and none must be above `most`. */
async function rateWithin(bench: Bench, when: string, least: number, most = Infinity): Promise<number> {
  let seen = 0
  for (let n = 0; n < TRIES && seen < least; n++) seen = Math.max(seen, await sentRate(bench))
  must(seen >= least && seen <= most, `${when} it sends ${seen.toFixed(1)} Mb/s`)
  return seen
}

/** Its frames leave at no more than the rate, and at most of it; a least rate is refused, since these drivers have none. */
const rate: Check = {
  name: 'ip link set vf max_tx_rate',
  run: async (bench) => {
    const free = await rateWithin(bench, 'without a limit', 1.5 * RATE)
    await administer(bench, `max_tx_rate ${RATE}`)
    const told = await output(bench, `/usr/bin/ip link show ${PF}`)
    must(told.includes(`max_tx_rate ${RATE}Mbps`), `the driver says: ${told.trim().split('\n').at(-2) ?? ''}`)
    const limited = await rateWithin(bench, `limited to ${RATE}`, RATE / 2, RATE * TOLERANCE)
    const least = await bench.guest.sh(`/usr/bin/ip link set ${PF} vf 0 min_tx_rate ${RATE - 1}`)
    must(least.code !== 0, 'a least rate is taken')
    await administer(bench, 'max_tx_rate 0')
    const again = await rateWithin(bench, 'the limit is gone,', 1.5 * RATE)
    const mbps = [free, limited, again].map((one) => one.toFixed(1)).join(', ')
    return `without, with ${RATE}, without again: ${mbps} Mb/s on the cable; a least rate is refused`
  },
}

/** What an administrator says of a virtual function, on frames; of igb's PF driver, trust is a flag and state is not known. */
export const igbAdmin: readonly Check[] = [mac, vlan, spoofCheck, rate]

export const ixgbeAdmin: readonly Check[] = [...igbAdmin, trust, state]
