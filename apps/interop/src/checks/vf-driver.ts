import { link, ping, probe } from './basics.js'
import type { Check, CheckGroup } from './check.js'
import { amongVfs, toPeer } from './long-streams.js'
import { vfToPf, vfToVf } from './name-spaces.js'
import { tcp, tcpPlain } from './offloads.js'
import { downUp, unloadLoad } from './restarts.js'
import { twoGuestChecks } from './two-guests.js'
import { physical } from './virtual-functions.js'
import { pfReset, vfReset } from './vf-resets.js'
import { vlan } from './vlan.js'

const VFS = 2

/** What Linux asks of virtual functions: of the first one all that any NIC is asked, and what they do among themselves. */
export function vfChecks(
  pfDriver: string,
  more: readonly Check[],
  admin: readonly Check[],
  streamSeconds: number,
): readonly CheckGroup[] {
  return [
    {
      processors: 1,
      vfs: VFS,
      setup: [physical(pfDriver, VFS), probe, link],
      checks: [
        ...more,
        ping,
        tcp([]),
        tcpPlain,
        vlan(true),
        vfToVf,
        vfToPf,
        toPeer(streamSeconds),
        amongVfs(streamSeconds),
        downUp,
        unloadLoad,
        vfReset,
        pfReset,
        ...admin,
      ],
    },
    twoGuestChecks(pfDriver),
  ]
}
