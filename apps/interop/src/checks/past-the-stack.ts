import { NETWORK } from '../peer/peer.js'
import { output } from './check.js'
import type { Bench } from './check.js'

/** After the last frame, for those that are still in the device. */
const REST_S = 3

/** What pktgen is to send on `eth0`. */
interface Frames {
  readonly source: string
  readonly count: number
  /** Of a frame without FCS. */
  readonly bytes: number
  /** From one to the next; 0: as fast as the interface takes them. */
  readonly delayNs: number
}

/** What reached the cable, and the time from the first to the last. */
interface Seen {
  readonly frames: number
  readonly seconds: number
}

/** Sends frames past the network stack, and looks for those with their source address on the cable. */
export async function pastTheStack(bench: Bench, { source, count, bytes, delayNs }: Frames): Promise<Seen> {
  const wanted = Buffer.from(source.replaceAll(':', ''), 'hex')
  let frames = 0
  let first = 0
  let last = 0
  bench.peer.hub.tap = (frame) => {
    if (frame.length < bytes || wanted.compare(frame, 6, 12) !== 0) return
    last = performance.now()
    if (frames++ === 0) first = last
  }
  const script = `modprobe pktgen && cd /proc/net/pktgen && echo rem_device_all > kpktgend_0 || exit 1
    echo add_device eth0 > kpktgend_0
    for word in 'count ${count}' 'delay ${delayNs}' 'pkt_size ${bytes}' 'dst ${NETWORK.peer}' 'dst_mac 02:00:00:00:00:02' 'src_mac ${source}'; do
      echo "$word" > eth0 || exit 1
    done
    echo start > pgctrl; echo rem_device_all > kpktgend_0; sleep ${REST_S}`
  await output(bench, script, 120)
  bench.peer.hub.tap = undefined
  return { frames, seconds: (last - first) / 1000 }
}
