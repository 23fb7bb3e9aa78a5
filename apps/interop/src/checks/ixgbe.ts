import { badChecksum } from './bad-checksum.js'
import { link, ping, probe, pulled } from './basics.js'
import { must, output } from './check.js'
import type { Check, CheckGroup } from './check.js'
import { coalesced, uncoalesced } from './coalescing.js'
import { iperf } from './iperf.js'
import { mtu, mtuUncoalesced, mtuUnderLoad } from './mtu.js'
import { tcp, tcpPlain, tcpWith } from './offloads.js'
import { queueChecks } from './queues.js'
import { receiveModes } from './receive-modes.js'
import { ethtoolD } from './register-dump.js'
import { downUp, rings, unloadLoad } from './restarts.js'
import { selfTest } from './self-test.js'
import { ethtoolS } from './statistics.js'
import { vlan } from './vlan.js'

/** Packets that the chip put together. */
const CUT = ['hw_rsc_aggregated']
/** The driver tells the stack how long the segments were, not how many; for why only with the flag, see SUSPECT in cases.ts. */
const COALESCED = { packets: 'hw_rsc_flushed', segments: 'hw_rsc_aggregated', flag: 'legacy-rx' }
/** The driver's own counters, and the chip's. */
const COUNTERS = {
  packets: ['tx_packets', 'rx_packets', 'tx_pkts_nic', 'rx_pkts_nic'],
  bytes: ['tx_bytes', 'rx_bytes', 'tx_bytes_nic', 'rx_bytes_nic'],
}

/** The module in the cage, bit by bit over its I2C bus. */
const ethtoolM: Check = {
  name: 'ethtool -m',
  run: async (bench) => {
    const said = await output(bench, 'ethtool -m eth0', 120)
    const value = (name: string): string => new RegExp(`^\\s*${name}\\s*: (.*)$`, 'm').exec(said)?.[1] ?? ''
    const [type, vendor] = [value('Transceiver type'), value('Vendor name')]
    must(type === '10G Ethernet: 10G Base-SR' && vendor === 'NPA', `a ${type} of ${vendor}`)
    return `${type} of ${vendor}`
  },
}

/** What unmodified Linux asks of an 82599; most of it in one boot with one processor, queues with four. */
export const ixgbeChecks: readonly CheckGroup[] = [
  {
    processors: 1,
    setup: [probe, link],
    checks: [
      ping,
      pulled,
      // Before anything else that has coalescing on: Linux says its suspicion once.
      coalesced(COALESCED),
      uncoalesced(COALESCED),
      tcp(CUT),
      tcpWith('segmentation offload', 'tcp-segmentation-offload', false, CUT),
      tcpWith('receive coalescing', 'large-receive-offload', true, CUT),
      tcpWith('receive coalescing', 'large-receive-offload', false, CUT),
      tcpWith('generic receive offload', 'generic-receive-offload', false, CUT),
      tcpWith('transmit checksum', 'tx-checksum-ip-generic', false, CUT),
      tcpWith('receive checksum', 'rx-checksumming', false, CUT),
      iperf,
      badChecksum,
      tcpPlain,
      vlan(true),
      vlan(false),
      receiveModes,
      ethtoolS(COUNTERS),
      ethtoolD,
      ethtoolM,
      rings,
      mtu,
      mtuUncoalesced,
      mtuUnderLoad,
      downUp,
      unloadLoad,
      selfTest,
    ],
  },
  { processors: 4, setup: [probe, link], checks: queueChecks(/^\s*rx_queue_\d+_packets: (\d+)$/gm) },
]
