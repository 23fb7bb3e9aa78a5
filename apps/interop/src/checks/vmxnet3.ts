import { NETWORK } from '../peer/peer.js'
import { echo } from './echo.js'
import { must, NotRun, output } from './check.js'
import type { Bench, Check, CheckGroup } from './check.js'
import { GUEST_MAC } from '../devices/device.js'
import { badChecksum } from './bad-checksum.js'
import { features, setFeature, statistics } from './ethtool.js'
import { iperf } from './iperf.js'
import { mtu, mtuUncoalesced, mtuUnderLoad } from './mtu.js'
import { npaChecks } from './npa-guest.js'
import { queueChecks } from './queues.js'
import { downUp, rings, unloadLoad } from './restarts.js'
import { bothWays } from './traffic.js'

const probe: Check = {
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

const link: Check = {
  name: 'link',
  run: async (bench) => {
    await output(bench, `ip link set eth0 up && ip addr add ${NETWORK.guest}/24 dev eth0`)
    const wait =
      'n=0; until [ "$(cat /sys/class/net/eth0/carrier)" = 1 ]; do n=$((n+1)); [ $n -lt 100 ]; sleep 0.1; done'
    await output(bench, `set -e\n${wait}`)
    return (await output(bench, 'ethtool eth0 | grep -E "Speed|Duplex" | xargs')).trim()
  },
}

const ping: Check = {
  name: 'ping',
  run: async (bench) => {
    for (const length of [0, 18, 56, 1000, 1472]) {
      await echo(bench, 10, length)
    }
    return '50 of 50 answered, 0 to 1472 bytes'
  },
}

const tcp: Check = {
  name: 'TCP, offloads as they come',
  run: (bench) => counted(bench, () => bothWays(bench)),
}

/** TCP both ways with one offload set; it is set back. */
function tcpWith(title: string, name: string, on: boolean): Check {
  return {
    name: `TCP, ${title} ${on ? 'on' : 'off'}`,
    run: async (bench) => {
      const before = (await features(bench)).get(name)
      await setFeature(bench, name, on)
      const seen = await counted(bench, () => bothWays(bench))
      if (before !== undefined) await setFeature(bench, name, before.on)
      return seen
    },
  }
}

/** What the work said, and how many packets were cut or put together meanwhile: an offload that is on need not have been used. */
async function counted(bench: Bench, work: () => Promise<string>): Promise<string> {
  const before = await statistics(bench)
  const seen = await work()
  const now = await statistics(bench)
  const grown = (name: string): number => (now.get(name) ?? 0) - (before.get(name) ?? 0)
  return `${seen}; ${grown('TSO pkts tx')} TSO, ${grown('LRO pkts rx')} LRO packets`
}

const tcpPlain: Check = {
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

/** A VLAN of the guest's, its tags put in and taken out by the device, or not. */
function vlan(offload: boolean): Check {
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

const ethtoolS: Check = {
  name: 'ethtool -S',
  run: async (bench) => {
    const before = await statistics(bench)
    await echo(bench, 20)
    const now = await statistics(bench)
    for (const name of ['ucast pkts tx', 'ucast pkts rx', 'ucast bytes tx', 'ucast bytes rx']) {
      const grown = (now.get(name) ?? NaN) - (before.get(name) ?? NaN)
      const least = name.includes('bytes') ? 20 * 98 : 20
      must(grown >= least && grown < 3 * least, `20 echoes: '${name}' grew by ${grown}`)
    }
    return `${now.size} counters; 20 echoes counted in packets and bytes both ways`
  },
}

const ethtoolD: Check = {
  name: 'ethtool -d',
  run: async (bench) => {
    const said = await output(bench, 'ethtool -d eth0')
    must(said.includes(GUEST_MAC), 'the dump lacks the address')
    must(said.includes('Transmit Queue 0') && said.includes('Receive Queue 0'), 'the dump lacks the queues')
    const revision = /VRRS.*?(0x[0-9a-f]+)/.exec(said)?.[1] ?? '?'
    await echo(bench, 5)
    return `VRRS ${revision}, queues, address; traffic goes on`
  },
}

const receiveModes: Check = {
  name: 'promiscuous and multicast',
  run: async (bench) => {
    const heard = async (mac: string, setting: string): Promise<boolean> => {
      await output(bench, setting)
      return hears(bench, mac)
    }
    must(!(await heard('02:00:00:00:00:99', 'true')), 'a frame for somebody else came through')
    must(
      await heard('02:00:00:00:00:99', 'ip link set eth0 promisc on'),
      'promiscuous, a frame for somebody else was lost',
    )
    must(
      !(await heard('33:33:ff:12:34:99', 'ip link set eth0 promisc off')),
      'a multicast nobody asked for came through',
    )
    // An address of IPv6 joins the group of its last three bytes (RFC 4291, 2.7.1).
    must(await heard('33:33:ff:12:34:99', 'ip addr add fd00::12:3499/64 dev eth0'), 'a multicast asked for was lost')
    must(!(await heard('33:33:ff:12:34:98', 'true')), 'a multicast of another group came through')
    must(await heard('33:33:ff:12:34:98', 'ifconfig eth0 allmulti'), 'all multicast, and one was lost')
    await output(bench, 'ifconfig eth0 -allmulti; ip addr del fd00::12:3499/64 dev eth0')
    return 'filters let through what they should, and nothing else'
  },
}

/** Whether the driver counts a frame to `mac`. Other traffic is silent meanwhile. */
async function hears(bench: Bench, mac: string): Promise<boolean> {
  const count = async (): Promise<number> =>
    Number(await output(bench, 'cat /sys/class/net/eth0/statistics/rx_packets'))
  const frame = Buffer.alloc(60, 0x77)
  frame.set(Buffer.from(`${mac.replaceAll(':', '')}02000000000288b5`, 'hex'))
  const before = await count()
  for (let n = 0; n < 50; n++) bench.peer.hub.inject(frame)
  await output(bench, 'sleep 0.5')
  const got = (await count()) - before
  if (got > 5 && got < 45) throw new NotRun(`${got} of 50 frames: neither heard nor not`)
  return got >= 45
}

/** What unmodified Linux asks of a vmxnet3; most of it in one boot with one processor, queues with four. */
export const vmxnet3Checks: readonly CheckGroup[] = [
  {
    processors: 1,
    setup: [probe, link],
    checks: [
      ping,
      tcp,
      tcpWith('segmentation offload', 'tcp-segmentation-offload', false),
      tcpWith('receive coalescing', 'large-receive-offload', true),
      tcpWith('receive coalescing', 'large-receive-offload', false),
      tcpWith('transmit checksum', 'tx-checksumming', false),
      tcpWith('receive checksum', 'rx-checksumming', false),
      iperf,
      ...npaChecks,
      badChecksum,
      tcpPlain,
      vlan(true),
      vlan(false),
      receiveModes,
      ethtoolS,
      ethtoolD,
      rings,
      mtu,
      mtuUncoalesced,
      mtuUnderLoad,
      downUp,
      unloadLoad,
    ],
  },
  { processors: 4, setup: [probe, link], checks: queueChecks },
]
