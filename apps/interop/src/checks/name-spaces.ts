import { NETWORK } from '../peer/peer.js'
import { must, output } from './check.js'
import type { Bench, Check } from './check.js'
import { carrier, PF } from './virtual-functions.js'

const BYTES = 2 << 20
const PORT = 7001
const PATIENCE_S = 120
const OTHER = '192.168.77.21'
/** Busybox has an `ip` that knows no name spaces. */
const IP = '/usr/bin/ip'

/**
 * Moves an interface into a name space of its own, so that the kernel cannot cut its traffic with `eth0` short, does `work`, which is told
 * how to run something there and its address, and puts it back.
 */
export async function inOtherSpace(
  bench: Bench,
  other: string,
  work: (inside: string, address: string) => Promise<string>,
): Promise<string> {
  const inside = `${IP} netns exec other`
  await output(
    bench,
    `${IP} netns add other && ${IP} link set ${other} netns other || exit 1
    ${inside} ip link set lo up; ${inside} ip link set ${other} up
    ${inside} ip addr add ${OTHER}/24 dev ${other}
    ${carrier(other, inside)}; ${carrier('eth0')}`,
    60,
  )
  const seen = await work(inside, OTHER)
  const back = `${inside} ${IP} link set ${other} netns 1 && ${IP} netns del other && ip link set ${other} up`
  await output(bench, `${back}; ${carrier(other)}; ${carrier('eth0')}`, 60)
  return seen
}

/** TCP between two interfaces of one card. */
function between(name: string, other: string): Check {
  return {
    name,
    run: (bench) =>
      inOtherSpace(bench, other, async (inside) => {
        let onWire = 0
        bench.peer.hub.tap = (frame) => {
          // IPv4 of one to the other.
          if (frame[12] === 8 && frame[13] === 0 && (frame[29] === 21 || frame[33] === 21)) onWire++
        }
        const echoes = await output(bench, `ping -q -c 10 -i 0.05 -W 5 ${OTHER}; true`, 60)
        must(echoes.includes(' 0% packet loss'), echoes.split('\n').at(-3) ?? 'no echo')
        await oneWay(bench, '', inside, OTHER)
        await oneWay(bench, inside, '', NETWORK.guest)
        bench.peer.hub.tap = undefined
        must(onWire === 0, `${onWire} of its frames were on the cable`)
        return `${(2 * BYTES) >> 20} MiB, hashes equal, nothing on the cable`
      }),
  }
}

/** Random bytes, from where `from` runs to where `to` runs; both ends say the same hash. */
async function oneWay(bench: Bench, from: string, to: string, address: string): Promise<void> {
  // The reader's input stays open: nc would take the end of it for the end of the talk.
  const script = `head -c ${BYTES} /dev/urandom > /tmp/out; mkfifo /tmp/open
    ${to} nc -l -p ${PORT} < /tmp/open > /tmp/in & exec 3> /tmp/open
    n=0; until ${to} netstat -tln | grep -q ':${PORT} '; do n=$((n+1)); [ $n -lt 50 ] || exit 1; sleep 0.1; done
    ${from} nc ${address} ${PORT} < /tmp/out > /dev/null; exec 3>&-; wait
    sha256sum /tmp/out /tmp/in | cut -c 1-64; rm /tmp/out /tmp/in /tmp/open`
  const [sent, got] = (await output(bench, script, PATIENCE_S)).split('\n')
  must(
    sent.length === 64 && sent === got,
    `to ${address}: the hashes differ, ${sent.slice(0, 16)}, ${got.slice(0, 16)}`,
  )
}

export const vfToVf: Check = between('TCP from VF to VF', 'eth1')

export const vfToPf: Check = between('TCP from VF to PF', PF)
