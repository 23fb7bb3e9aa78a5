import { must, output } from './check.js'
import type { Check, CheckGroup } from './check.js'
import { GUEST_MAC } from '../devices/device.js'
import { badChecksum } from './bad-checksum.js'
import { link, ping, probe } from './basics.js'
import { coalesced, uncoalesced } from './coalescing.js'
import { echo } from './echo.js'
import { ethtoolS } from './statistics.js'
import { iperf } from './iperf.js'
import { mtu, mtuUncoalesced, mtuUnderLoad } from './mtu.js'
import { npaChecks } from './npa-guest.js'
import { tcp, tcpPlain, tcpWith } from './offloads.js'
import { queueChecks, twoQueues } from './queues.js'
import { receiveModes } from './receive-modes.js'
import { downUp, rings, unloadLoad } from './restarts.js'
import { vlan } from './vlan.js'

/** Packets that the device cut, and put together. */
const CUT = ['TSO pkts tx', 'LRO pkts rx']
const COALESCED = { packets: 'LRO pkts rx', bytes: 'LRO byte rx' }
const COUNTERS = { packets: ['ucast pkts tx', 'ucast pkts rx'], bytes: ['ucast bytes tx', 'ucast bytes rx'] }

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

/** Packets of each receive queue. */
const QUEUE_PACKETS = /^\s*ucast pkts rx: (\d+)$/gm

/** What unmodified Linux asks of a vmxnet3; most of it in one boot with one processor, queues with four. */
export const vmxnet3Checks: readonly CheckGroup[] = [
  {
    processors: 1,
    setup: [probe, link],
    checks: [
      ping,
      tcp(CUT),
      tcpWith('segmentation offload', 'tcp-segmentation-offload', false, CUT),
      tcpWith('receive coalescing', 'large-receive-offload', true, CUT),
      tcpWith('receive coalescing', 'large-receive-offload', false, CUT),
      coalesced(COALESCED),
      uncoalesced(COALESCED),
      tcpWith('transmit checksum', 'tx-checksumming', false, CUT),
      tcpWith('receive checksum', 'rx-checksumming', false, CUT),
      iperf,
      ...npaChecks,
      badChecksum,
      tcpPlain,
      vlan(true),
      vlan(false),
      receiveModes,
      ethtoolS(COUNTERS),
      ethtoolD,
      rings,
      mtu,
      mtuUncoalesced,
      mtuUnderLoad,
      downUp,
      unloadLoad,
    ],
  },
  { processors: 4, setup: [probe, link], checks: [...queueChecks(QUEUE_PACKETS), twoQueues(QUEUE_PACKETS)] },
]
