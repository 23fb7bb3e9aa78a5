import { must, NotRun, output } from './check.js'
import type { Bench, Check } from './check.js'
import { manyAtOnce } from './at-once.js'
import { guestReceives } from './traffic.js'

/** How a driver's `ethtool -S` says the packets that each receive queue had: one match for each, the number in its group. */
export type QueuePackets = RegExp

/** Receive and transmit queues that the driver made. */
async function queueCounts(bench: Bench): Promise<{ rx: number; tx: number }> {
  const names = (await output(bench, 'ls /sys/class/net/eth0/queues')).split('\n')
  const count = (kind: string): number => names.filter((name) => name.startsWith(kind)).length
  return { rx: count('rx-'), tx: count('tx-') }
}

async function mustHaveQueues(bench: Bench): Promise<{ rx: number; tx: number }> {
  const counts = await queueCounts(bench)
  if (counts.rx < 2) throw new NotRun(`the device offers ${counts.rx} receive queue, ${counts.tx} transmit queues`)
  return counts
}

const flows: Check = {
  name: 'TCP on 8 connections',
  run: async (bench) => {
    const { rx, tx } = await queueCounts(bench)
    const seen = await manyAtOnce(bench, 4, 1 << 20)
    return `${rx} receive and ${tx} transmit queues, ${seen}`
  },
}

async function received(bench: Bench, packets: QueuePackets): Promise<number[]> {
  const { rx } = await mustHaveQueues(bench)
  const said = await output(bench, 'ethtool -S eth0')
  return [...said.matchAll(packets)].map((found) => Number(found[1])).slice(0, rx)
}

const spread = (packets: QueuePackets): Check => ({
  name: 'RSS spreads over queues',
  run: async (bench) => {
    const before = await received(bench, packets)
    await manyAtOnce(bench, 8, 1 << 19)
    const grown = (await received(bench, packets)).map((count, q) => count - before[q])
    const used = grown.filter((count) => count > 20).length
    must(used > 1, `packets per queue: ${grown.join(', ')}`)
    return `packets per queue: ${grown.join(', ')}`
  },
})

/** The indirection table as `ethtool -x` shows it. */
async function entries(bench: Bench): Promise<number[]> {
  const said = await output(bench, 'ethtool -x eth0')
  return [...said.matchAll(/^\s*\d+:((?:\s+\d+)+)$/gm)].flatMap((line) => line[1].trim().split(/\s+/).map(Number))
}

const table = (packets: QueuePackets): Check => ({
  name: 'RSS table written and read back',
  run: async (bench) => {
    await mustHaveQueues(bench)
    const before = await entries(bench)
    await output(bench, 'ethtool -X eth0 weight 0 1')
    const after = await entries(bench)
    must(after.length > 0 && after.every((queue) => queue === 1), `the table reads ${after.slice(0, 8).join(' ')} …`)
    const counted = await received(bench, packets)
    await guestReceives(bench, 1 << 19)
    const grown = (await received(bench, packets)).map((count, q) => count - counted[q])
    must(grown[1] > 20 && grown[0] < 20, `with all entries at queue 1, packets grew by ${grown.join(', ')}`)
    await output(bench, 'ethtool -X eth0 default')
    return `${before.length} entries; all at queue 1: packets by queue ${grown.join(', ')}`
  },
})

/** The first two queues have everything, a table over more queues than there are is refused, and the default comes back. */
export const twoQueues = (packets: QueuePackets): Check => ({
  name: 'RSS over two of the queues',
  run: async (bench) => {
    const { rx } = await mustHaveQueues(bench)
    const mustTakeTurns = async (queues: number): Promise<void> => {
      const found = await entries(bench)
      const right = found.length > 0 && found.every((queue, n) => queue === n % queues)
      must(right, `the table over ${queues} queues reads ${found.slice(0, 8).join(' ')} …`)
    }
    await output(bench, 'ethtool -X eth0 equal 2')
    await mustTakeTurns(2)
    const refused = await bench.guest.sh(`ethtool -X eth0 equal ${rx + 1}`)
    must(refused.code !== 0, `a table over ${rx + 1} of ${rx} queues was taken`)
    const before = await received(bench, packets)
    await manyAtOnce(bench, 8, 1 << 18)
    const grown = (await received(bench, packets)).map((count, q) => count - before[q])
    const words = `packets grew by ${grown.join(', ')}`
    must(grown[0] > 20 && grown[1] > 20 && grown.slice(2).every((count) => count === 0), words)
    await output(bench, 'ethtool -X eth0 default')
    await mustTakeTurns(rx)
    return `${words}; a table over ${rx + 1} queues refused`
  },
})

/** With four processors in the guest. */
export function queueChecks(packets: QueuePackets): readonly Check[] {
  return [flows, spread(packets), table(packets)]
}
