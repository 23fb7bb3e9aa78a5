import { badChecksum } from './bad-checksum.js'
import { link, ping, probe, pulled } from './basics.js'
import type { CheckGroup } from './check.js'
import { iperf } from './iperf.js'
import { mtu, mtuUnderLoad } from './mtu.js'
import { tcp, tcpPlain, tcpWith } from './offloads.js'
import { queueChecks } from './queues.js'
import { receiveModes } from './receive-modes.js'
import { ethtoolD } from './register-dump.js'
import { downUp, rings, unloadLoad } from './restarts.js'
import { selfTest } from './self-test.js'
import { ethtoolS } from './statistics.js'
import { vlan } from './vlan.js'

/** The chip's own counters, which are all that the driver shows. */
const COUNTERS = { packets: ['tx_packets', 'rx_packets'], bytes: ['tx_bytes', 'rx_bytes'] }

/** What unmodified Linux asks of an 82576; most of it in one boot with one processor, queues with four. */
export const igbChecks: readonly CheckGroup[] = [
  {
    processors: 1,
    setup: [probe, link],
    checks: [
      ping,
      pulled,
      tcp([]),
      tcpWith('segmentation offload', 'tcp-segmentation-offload', false, []),
      tcpWith('generic receive offload', 'generic-receive-offload', false, []),
      tcpWith('transmit checksum', 'tx-checksum-ip-generic', false, []),
      tcpWith('receive checksum', 'rx-checksumming', false, []),
      iperf,
      badChecksum,
      tcpPlain,
      vlan(true),
      vlan(false),
      receiveModes,
      ethtoolS(COUNTERS),
      ethtoolD,
      rings,
      mtu,
      mtuUnderLoad,
      downUp,
      unloadLoad,
      selfTest,
    ],
  },
  { processors: 4, setup: [probe, link], checks: queueChecks(/^\s*rx_queue_\d+_packets: (\d+)$/gm) },
]
