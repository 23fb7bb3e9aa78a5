import { NETWORK } from '../peer/peer.js'
import { SegmentsSeen } from '../peer/segments-seen.js'
import type { Transferred } from '../peer/transfer.js'
import { must, output, within } from './check.js'
import type { Bench } from './check.js'
import { udpFrame } from './frames.js'
import { snmp } from './snmp.js'

/** Bytes of a usual transfer. */
const USUAL_BYTES = 2 << 20

/** Seconds that a transfer may take on a busy machine under emulation. */
const PATIENCE_S = 120

/** The cable loses nothing. Of this many segments the device may lose one. */
const MOST_LOST = 10
const SEGMENT = 1448

/** Sends random bytes from the guest; both ends must have the same hash. */
async function guestSends(bench: Bench, bytes: number = USUAL_BYTES, tagged = false): Promise<Transferred> {
  const { peer } = bench
  const before = await snmp(bench, 'Tcp', 'RetransSegs')
  const onCable = new SegmentsSeen()
  const unplug = peer.hub.join((frame) => onCable.see(frame))
  const transfer = peer.receive(bytes, tagged ? peer.tagged : peer.plain)
  const address = tagged ? NETWORK.vlanPeer : NETWORK.peer
  const file = `/tmp/out-${transfer.port}`
  const script = `head -c ${bytes} /dev/urandom > ${file}
    nc ${address} ${transfer.port} < ${file} && sha256sum ${file}; code=$?; rm ${file}; exit $code`
  const said = await output(bench, script, PATIENCE_S)
  const seen = await within(PATIENCE_S, () => `${transfer.progress()} of ${bytes} bytes came`, transfer.done)
  must(seen.bytes === bytes, `${seen.bytes} of ${bytes} bytes came`)
  must(said.startsWith(seen.hash), `the guest sent ${bytes} bytes of hash ${said.slice(0, 16)}, ours is ${seen.hash}`)
  const again = (await snmp(bench, 'Tcp', 'RetransSegs')) - before
  unplug()
  // A guest that stood still sends again what had arrived: no device's fault.
  const lost = again - onCable.again
  must(
    lost * MOST_LOST < bytes / SEGMENT,
    `${lost} segments that the guest sent never came to the cable, which loses nothing`,
  )
  return seen
}

/** The same towards the guest. */
export async function guestReceives(bench: Bench, bytes: number = USUAL_BYTES, tagged = false): Promise<Transferred> {
  const { peer } = bench
  const transfer = peer.send(bytes, tagged ? peer.tagged : peer.plain)
  const address = tagged ? NETWORK.vlanPeer : NETWORK.peer
  const file = `/tmp/in-${transfer.port}`
  // Its input stays open: nc would take the end of it for the end of the talk.
  const script = `mkfifo ${file}.open; nc ${address} ${transfer.port} < ${file}.open > ${file} & exec 3> ${file}.open
    wait; wc -c < ${file}; sha256sum ${file}; rm ${file} ${file}.open`
  const [length, hash = ''] = (await output(bench, script, PATIENCE_S)).split('\n')
  must(Number(length) === bytes, `the guest got ${length} of ${bytes} bytes, ${transfer.progress()} were written`)
  const sent = await within(PATIENCE_S, () => 'not everything was acknowledged', transfer.done)
  must(hash.startsWith(sent.hash), `we sent ${bytes} bytes of hash ${sent.hash}, the guest's is ${hash.slice(0, 16)}`)
  return sent
}

/** Both, one after the other, in words. */
export async function bothWays(bench: Bench, bytes: number = USUAL_BYTES, tagged = false): Promise<string> {
  const sent = await guestSends(bench, bytes, tagged)
  const received = await guestReceives(bench, bytes, tagged)
  return `out ${speed(sent)}, in ${speed(received)} MB/s, hashes equal`
}

function speed({ bytes, seconds }: Transferred): string {
  return (bytes / 1e6 / Math.max(seconds, 1e-3)).toFixed(1)
}

/** Frames at the guest at a steady pace until the returned function is called, which tells how many. */
export function load(bench: Bench): () => number {
  const frame = udpFrame()
  let sent = 0
  const timer = setInterval(() => {
    for (let n = 0; n < 4; n++) {
      bench.peer.hub.inject(frame)
      sent++
    }
  }, 5)
  return () => {
    clearInterval(timer)
    return sent
  }
}
