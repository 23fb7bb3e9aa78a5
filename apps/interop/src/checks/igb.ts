import { link, ping, probe } from './basics.js'
import type { CheckGroup } from './check.js'
import { tcp, tcpPlain } from './offloads.js'
import { downUp } from './restarts.js'

/** What unmodified Linux asks of an 82576. */
export const igbChecks: readonly CheckGroup[] = [
  { processors: 1, setup: [probe, link], checks: [ping, tcp([]), tcpPlain, downUp] },
]
