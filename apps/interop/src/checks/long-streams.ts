import { GUEST_MAC } from '../devices/device.js'
import { NETWORK } from '../peer/peer.js'
import { SegmentsSeen } from '../peer/segments-seen.js'
import { must, NotRun, output } from './check.js'
import type { Bench, Check } from './check.js'
import { inOtherSpace } from './name-spaces.js'
import { carrier, PF } from './virtual-functions.js'

/** What a script that runs streams may take beyond them. */
const PATIENCE_S = 180
const WINDOW = '128K'
/** Nothing but the streams: other functions are silent, so that frames sent are frames received or lost. */
const QUIET = 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6'
const LOUD = 'echo 0 > /proc/sys/net/ipv6/conf/all/disable_ipv6'

/** What one end says: its kernel's TCP, and its interface's driver. */
type Counts = ReadonlyMap<string, number>

/** Of Linux' TCP, why it sent again, and what it lost itself. */
const TOLD = ['TCPTimeouts', 'TCPLossProbes', 'TCPFastRetrans', 'TCPSpuriousRTOs', 'TCPBacklogDrop', 'TCPRcvQDrop']

/** What is needed of an end, `name` in the name space that `run` is a command for. */
async function countsOf(bench: Bench, name: string, run = ''): Promise<Counts> {
  const said = await output(
    bench,
    `${run} cat /proc/net/snmp /proc/net/netstat; for one in rx_packets tx_packets rx_dropped tx_dropped; do
      echo $one $(${run} cat /sys/class/net/${name}/statistics/$one); done`,
  )
  const counts = new Map<string, number>()
  const lines = said.split('\n').map((line) => line.trim().split(' '))
  for (const [n, line] of lines.entries()) {
    if (line[0] === lines[n + 1]?.[0])
      for (const [at, title] of line.entries()) counts.set(title, Number(lines[n + 1][at]))
    else if (line.length === 2) counts.set(line[0], Number(line[1]))
  }
  return counts
}

function grown(before: Counts, after: Counts, name: string): number {
  return (after.get(name) ?? NaN) - (before.get(name) ?? 0)
}

/** Frames that the device and the cable lost, by the reason that they were counted under. */
function drops({ counters }: Bench): Map<string, number> {
  return new Map(Object.entries(counters?.() ?? {}).filter(([name]) => name.startsWith('drop.')))
}

/** Why a device that has no counters is not judged. */
const UNTOLD = 'this device does not tell what it loses'

function since(before: Map<string, number>, after: Map<string, number>): { all: number; words: string } {
  const news = [...after].map(([name, n]) => [name, n - (before.get(name) ?? 0)] as const).filter(([, n]) => n !== 0)
  const words = news.map(([name, n]) => `${n} ${name}`).join(', ')
  return { all: news.reduce((sum, [, n]) => sum + n, 0), words: words === '' ? 'no drop counted' : words }
}

/** Two tests of iperf3 at the same time, one each way; their rates. */
async function bothStreams(
  bench: Bench,
  address: string,
  ports: readonly [number, number],
  streamSeconds: number,
): Promise<string> {
  const client = (port: number, option: string): string =>
    `iperf3 -c ${address} -p ${port} -w ${WINDOW} -t ${streamSeconds} -i 0 -J ${option} > /tmp/stream-${port} 2>&1 &`
  const script = `${client(ports[0], '')} ${client(ports[1], '-R')} wait
    for one in ${ports.join(' ')}; do echo "$(tr -d '\n' < /tmp/stream-$one)"; done; rm /tmp/stream-*; sleep 1`
  const said = (await output(bench, script, streamSeconds + PATIENCE_S)).trim().split('\n')
  return said
    .map((text) => {
      const { error, end } = JSON.parse(text) as { error?: string; end?: { sum_received?: Rate } }
      must(error === undefined, `iperf3: ${error ?? ''}`)
      const { seconds = 0, bits_per_second: bits = 0 } = end?.sum_received ?? {}
      must(seconds > streamSeconds * 0.9 && bits > 1e5, `iperf3: ${bits} bits a second for ${seconds} s`)
      return (bits / 1e6).toFixed(0)
    })
    .join(' and ')
}

interface Rate {
  readonly seconds: number
  readonly bits_per_second: number
}

/** What the kernel says of its reasons, where there are any. */
function reasons(before: Counts, after: Counts): string {
  const told = TOLD.map((name) => `${grown(before, after, name)} ${name}`).filter((text) => !text.startsWith('0 '))
  return told.length === 0 ? '' : ` (${told.join(', ')})`
}

/** Between a virtual function and the far end of the cable. What is sent again was lost and counted, or had arrived and was sent too early. */
export const toPeer = (streamSeconds: number): Check => ({
  name: `iperf3 -w ${WINDOW}, ${streamSeconds} s, between VF and peer, losses counted`,
  run: async (bench) => {
    const { peer } = bench
    if (bench.counters === undefined) throw new NotRun(UNTOLD)
    // One that is down would lose its copy of a broadcast.
    await output(bench, `ip link set eth1 up; ${carrier('eth1')}; ${QUIET}`)
    const dropsBefore = drops(bench)
    const before = await countsOf(bench, 'eth0')
    const [out, back] = [new SegmentsSeen(), new SegmentsSeen()]
    const frames = { out: 0, back: 0 }
    const lostByPeer = peer.lost
    const own = Buffer.from(GUEST_MAC.replaceAll(':', ''), 'hex')
    peer.hub.tap = (frame) => {
      if (own.compare(frame, 6, 12) !== 0) return
      frames.out++
      out.see(frame)
    }
    peer.hub.backTap = (frame) => {
      if ((frame[0] & 1) === 0 && own.compare(frame, 0, 6) !== 0) return
      frames.back++
      back.see(frame)
    }
    const rates = await bothStreams(bench, NETWORK.peer, [peer.iperf(), peer.iperf()], streamSeconds)
    const after = await countsOf(bench, 'eth0')
    peer.hub.tap = undefined
    peer.hub.backTap = undefined
    const lost = since(dropsBefore, drops(bench))
    await output(bench, LOUD)
    const lostOut = grown(before, after, 'tx_packets') - frames.out
    const lostBack = frames.back - grown(before, after, 'rx_packets')
    const again = grown(before, after, 'RetransSegs')
    const words = [
      `out and in ${rates} Mb/s`,
      `out ${again} of ${out.segments} segments sent again, ${out.again} of them had reached the cable${reasons(before, after)}`,
      `in ${back.again} of ${back.segments} sent again`,
      `frames lost out ${lostOut}, in ${lostBack}, by the peer ${peer.lost - lostByPeer}; ${lost.words}`,
    ].join('; ')
    must(lostOut >= 0 && lostBack >= 0 && lostOut + lostBack === lost.all, `losses and drops differ: ${words}`)
    must(again - out.again >= 0 && again - out.again <= lostOut, `sent again without a cause: ${words}`)
    return words
  },
})

const FIRST_PORT = 7101

/**
 * Between two virtual functions: inside the card, so that both kernels' sides are all there is to see. Of a device without counters the rate and
 * what is missing are told, and no verdict.
 */
export const amongVfs = (streamSeconds: number): Check => ({
  name: `iperf3 -w ${WINDOW}, ${streamSeconds} s, between VF and VF, losses counted`,
  run: async (bench) => {
    const words = await inOtherSpace(bench, 'eth1', async (inside, address) => {
      await output(bench, `${QUIET}; ${inside} sh -c '${QUIET}'; ip link set ${PF} up`)
      const ports = [FIRST_PORT, FIRST_PORT + 1] as const
      for (const port of ports) await output(bench, `${inside} iperf3 -s -1 -D -p ${port}`)
      const dropsBefore = drops(bench)
      const before = [await countsOf(bench, 'eth0'), await countsOf(bench, 'eth1', inside)]
      const rates = await bothStreams(bench, address, ports, streamSeconds)
      const after = [await countsOf(bench, 'eth0'), await countsOf(bench, 'eth1', inside)]
      const lost = since(dropsBefore, drops(bench))
      await output(bench, LOUD)
      const sum = (name: string): number => before.reduce((all, one, n) => all + grown(one, after[n], name), 0)
      const missing = sum('tx_packets') - sum('rx_packets')
      const told = before.map((one, n) => reasons(one, after[n])).join('')
      const again = sum('RetransSegs')
      const seen = `${rates} Mb/s; ${again} of ${sum('OutSegs')} segments sent again${told}; ${missing} frames lost`
      if (bench.counters === undefined) return `${seen}; ${UNTOLD}`
      must(missing === lost.all, `losses and drops differ: ${seen}; ${lost.words}`)
      must(again >= 0 && sum('InErrs') === 0, seen)
      return `${seen}; ${lost.words}`
    })
    if (bench.counters === undefined) throw new NotRun(words)
    return words
  },
})
