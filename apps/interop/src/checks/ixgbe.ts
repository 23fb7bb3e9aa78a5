import { link, ping, probe } from './basics.js'
import type { CheckGroup } from './check.js'

/** What unmodified Linux asks of an 82599. */
export const ixgbeChecks: readonly CheckGroup[] = [{ processors: 1, setup: [probe, link], checks: [ping] }]
