import { must, output } from './check.js'
import type { Bench, Check } from './check.js'
import { setFeature, statistics } from './ethtool.js'
import { guestReceives } from './traffic.js'

const BYTES = 4 << 20
const MTU = 1500
const COALESCING = 'large-receive-offload'
/** Linux' word for packets that stand for longer segments than it has asked for. */
const SUSPECT = 'suspect GRO implementation'

/** The driver's counters of `ethtool -S`: packets that were put together, their bytes where it has them, and what was put into them where it does not tell the stack. */
export interface CoalescingCounters {
  readonly packets: string
  readonly bytes?: string
  readonly segments?: string
  /** A private flag of the driver's that has to be on for Linux to reckon right. */
  readonly flag?: string
}

/** What came to the guest's stack, and what its driver's counters say. */
interface Seen {
  /** Packets that reached IP, and their bytes. */
  readonly packets: number
  readonly octets: number
  /** Packets on the wire that they stand for, by what the driver told with each or counted itself. */
  readonly segments: number
  readonly lroPackets: number
  /** Undefined where the driver does not say. */
  readonly lroBytes: number | undefined
}

/** With it the stack gets fewer packets than came over the wire, longer than any wire carries, and is told how many each stands for. */
export const coalesced = (counters: CoalescingCounters): Check => ({
  name: 'receive coalescing puts segments together',
  run: (bench) =>
    withCoalescing(bench, counters, true, (seen) => {
      const words = inWords(seen)
      must(seen.lroPackets > 0 && (seen.lroBytes ?? BYTES) > BYTES / 2, words)
      must(seen.octets / seen.packets > MTU && seen.packets < (seen.segments * 2) / 3, words)
      must(seen.segments >= BYTES / MTU, words)
      return words
    }),
})

/** Without it every segment reaches the stack as it came. */
export const uncoalesced = (counters: CoalescingCounters): Check => ({
  name: 'receive coalescing off: every segment by itself',
  run: (bench) =>
    withCoalescing(bench, counters, false, (seen) => {
      const words = inWords(seen)
      must(seen.packets >= BYTES / MTU && seen.segments <= seen.packets, words)
      must(seen.lroPackets === 0 && (seen.lroBytes ?? 0) === 0, words)
      return words
    }),
})

/** The stack's own receive offload is off meanwhile: it would hide what the device does. */
async function withCoalescing(
  bench: Bench,
  counters: CoalescingCounters,
  on: boolean,
  judge: (seen: Seen) => string,
): Promise<string> {
  const { flag } = counters
  const turn = (to: string): string => (flag === undefined ? 'true' : `ethtool --set-priv-flags eth0 ${flag} ${to}`)
  await output(bench, turn('on'))
  await setFeature(bench, 'generic-receive-offload', false)
  await setFeature(bench, COALESCING, on)
  const before = await counts(bench, counters)
  const { seconds } = await guestReceives(bench, BYTES)
  must(!(await output(bench, 'dmesg')).includes(SUSPECT), `Linux says: ${SUSPECT}`)
  const now = await counts(bench, counters)
  const words = judge({
    packets: now.packets - before.packets,
    octets: now.octets - before.octets,
    segments: now.segments - before.segments,
    lroPackets: now.lroPackets - before.lroPackets,
    lroBytes: now.lroBytes === undefined ? undefined : now.lroBytes - (before.lroBytes ?? NaN),
  })
  await setFeature(bench, 'generic-receive-offload', true)
  await setFeature(bench, COALESCING, true)
  await output(bench, turn('off'))
  return `${words}; hash equal, ${(BYTES / 1e6 / seconds).toFixed(1)} MB/s`
}

async function counts(bench: Bench, { packets, bytes, segments }: CoalescingCounters): Promise<Seen> {
  const said = await output(bench, 'cat /proc/net/snmp /proc/net/netstat')
  const of = await statistics(bench)
  return {
    packets: counter(said, 'Ip', 'InReceives'),
    octets: counter(said, 'IpExt', 'InOctets'),
    segments: segments === undefined ? counter(said, 'IpExt', 'InNoECTPkts') : (of.get(segments) ?? NaN),
    lroPackets: of.get(packets) ?? NaN,
    lroBytes: bytes === undefined ? undefined : (of.get(bytes) ?? NaN),
  }
}

/** A number of /proc/net/snmp or netstat: a line of names above a line of numbers. */
function counter(said: string, group: string, name: string): number {
  const [names, values] = said
    .split('\n')
    .filter((line) => line.startsWith(`${group}: `))
    .map((line) => line.split(' '))
  return Number(values[names.indexOf(name)])
}

function inWords({ packets, octets, segments, lroPackets, lroBytes }: Seen): string {
  const length = Math.round(octets / packets)
  return `${BYTES} bytes in ${packets} packets of ${length} bytes for ${segments} segments; LRO: ${lroPackets} packets${lroBytes === undefined ? '' : `, ${lroBytes} bytes`}`
}
