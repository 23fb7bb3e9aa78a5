import { must } from './check.js'
import type { Check } from './check.js'
import { echo } from './echo.js'
import { statistics } from './ethtool.js'

const ECHOES = 20
/** Of an echo as it goes over the wire. */
const ECHO_BYTES = 98

/** Counters of `ethtool -S` that every frame has to be found in, both ways. */
export interface TrafficCounters {
  readonly packets: readonly string[]
  readonly bytes: readonly string[]
}

/** Traffic of a known size is counted. */
export function ethtoolS({ packets, bytes }: TrafficCounters): Check {
  return {
    name: 'ethtool -S',
    run: async (bench) => {
      const before = await statistics(bench)
      await echo(bench, ECHOES)
      const now = await statistics(bench)
      for (const name of [...packets, ...bytes]) {
        const grown = (now.get(name) ?? NaN) - (before.get(name) ?? NaN)
        const least = bytes.includes(name) ? ECHOES * ECHO_BYTES : ECHOES
        must(grown >= least && grown < 3 * least, `${ECHOES} echoes: '${name}' grew by ${grown}`)
      }
      return `${now.size} counters; ${ECHOES} echoes counted in packets and bytes both ways`
    },
  }
}
