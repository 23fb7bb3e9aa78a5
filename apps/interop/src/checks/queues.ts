import { must, NotRun, output } from './check.js'
import type { Bench, Check } from './check.js'
import { manyAtOnce } from './at-once.js'
import { guestReceives } from './traffic.js'

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

const spread: Check = {
  name: 'RSS spreads over queues',
  run: async (bench) => {
    await mustHaveQueues(bench)
    await manyAtOnce(bench, 8, 1 << 19)
    const packets = await received(bench)
    const used = packets.filter((count) => count > 20).length
    must(used > 1, `packets per queue: ${packets.join(', ')}`)
    return `packets per queue: ${packets.join(', ')}`
  },
}

const table: Check = {
  name: 'RSS table written and read back',
  run: async (bench) => {
    await mustHaveQueues(bench)
    const before = await entries(bench)
    await output(bench, 'ethtool -X eth0 weight 0 1')
    const after = await entries(bench)
    must(after.length > 0 && after.every((queue) => queue === 1), `the table reads ${after.slice(0, 8).join(' ')} …`)
    const counted = await received(bench)
    await guestReceives(bench, 1 << 19)
    const grown = (await received(bench)).map((count, q) => count - counted[q])
    must(grown[1] > 20 && grown[0] < 20, `with all entries at queue 1, packets grew by ${grown.join(', ')}`)
    await output(bench, 'ethtool -X eth0 default')
    return `${before.length} entries; all at queue 1: packets by queue ${grown.join(', ')}`
  },
}

const half: Check = {
  name: 'RSS over two of the queues',
  run: async (bench) => {
    const { rx } = await mustHaveQueues(bench)
    await output(bench, 'ethtool -X eth0 equal 2')
    const set = await entries(bench)
    must(
      set.every((queue, n) => queue === n % 2),
      `the table reads ${set.slice(0, 8).join(' ')} …`,
    )
    const refused = await bench.guest.sh(`ethtool -X eth0 equal ${rx + 1}`)
    must(refused.code !== 0, `a table over ${rx + 1} of ${rx} queues was taken`)
    const counted = await received(bench)
    await manyAtOnce(bench, 8, 1 << 18)
    const grown = (await received(bench)).map((count, q) => count - counted[q])
    const words = `packets grew by ${grown.join(', ')}`
    must(grown[0] > 20 && grown[1] > 20 && grown.slice(2).every((count) => count === 0), words)
    await output(bench, 'ethtool -X eth0 default')
    const back = await entries(bench)
    must(
      back.every((queue, n) => queue === n % rx),
      `back at the default the table reads ${back.slice(0, 8).join(' ')} …`,
    )
    return `${words}; a table over ${rx + 1} queues refused`
  },
}

/** The indirection table as `ethtool -x` shows it. */
async function entries(bench: Bench): Promise<number[]> {
  const said = await output(bench, 'ethtool -x eth0')
  return [...said.matchAll(/^\s*\d+:((?:\s+\d+)+)$/gm)].flatMap((line) => line[1].trim().split(/\s+/).map(Number))
}

/** Unicast packets of each queue. */
async function received(bench: Bench): Promise<number[]> {
  const said = await output(bench, 'ethtool -S eth0')
  return [...said.matchAll(/^\s*ucast pkts rx: (\d+)$/gm)].map((found) => Number(found[1]))
}

/** With four processors in the guest. */
export const queueChecks: readonly Check[] = [flows, spread, table, half]
