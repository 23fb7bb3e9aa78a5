import { GUEST_MAC } from '../devices/device.js'
import { NETWORK } from '../peer/peer.js'
import { link, probe } from './basics.js'
import { must, output } from './check.js'
import type { Bench, Check, CheckGroup } from './check.js'
import { carrier, PF, physical, SECOND_MAC } from './virtual-functions.js'

const HANDED = 1
const NEIGHBOUR = '192.168.77.20'
const BYTES = 2 << 20
const PORT = 7201
const PATIENCE_S = 180

/** The virtual function that is not this machine's gets no driver here, as on a host that has handed it to a guest. */
function physicalOfTwo(driver: string): Check {
  const { run } = physical(driver, 2)
  const leave = `echo nobody > /sys/class/net/${PF}/device/virtfn${HANDED}/driver_override`
  return {
    name: `${driver} with 2 virtual functions, one for another guest`,
    run: async (bench) => {
      const seen = await run(bench)
      await output(bench, leave)
      return seen
    },
  }
}

/** The second guest finds a device of its own, and its driver takes it. */
const secondGuest: Check = {
  name: 'a second guest probes the other virtual function',
  run: async (bench) => {
    const other = await beside(bench)
    const up = `modprobe ${bench.driver}; ip link set eth0 up && ip addr add ${NEIGHBOUR}/24 dev eth0 || exit 1; ${carrier('eth0')}
      cat /sys/class/net/eth0/address; ethtool -i eth0`
    const [mac, driver] = (await output(other, up, 60)).split('\n')
    must(driver === `driver: ${bench.driver}`, `its eth0 belongs to ${driver}`)
    must(mac === SECOND_MAC, `its address is ${mac}, not ${SECOND_MAC}`)
    for (const [from, to] of [
      [bench, NEIGHBOUR],
      [other, NETWORK.guest],
      [other, NETWORK.peer],
    ] as const)
      await mustAnswer(from, to)
    return `${mac} with a link; the guests and the far end of the cable answer each other`
  },
}

async function mustAnswer(bench: Bench, to: string): Promise<void> {
  const said = await output(bench, `ping -q -c 1 -W 5 ${to} > /dev/null; ping -q -c 10 -i 0.05 -W 5 ${to}; true`, 60)
  must(said.includes(' 0% packet loss'), `to ${to}: ${said.split('\n').at(-3) ?? 'no echo'}`)
}

/** TCP between the guests, which goes through the card and over no cable. */
const betweenGuests: Check = {
  name: 'TCP from VF to VF of two guests',
  run: async (bench) => {
    const other = await beside(bench)
    let onWire = 0
    const two = [GUEST_MAC, SECOND_MAC].map((mac) => mac.replaceAll(':', ''))
    bench.peer.hub.tap = (frame) => {
      const ends = Buffer.from(frame.subarray(0, 12)).toString('hex')
      if (two.includes(ends.slice(0, 12)) && two.includes(ends.slice(12))) onWire++
    }
    await oneWay(bench, other, NEIGHBOUR)
    await oneWay(other, bench, NETWORK.guest)
    bench.peer.hub.tap = undefined
    must(onWire === 0, `${onWire} of its frames were on the cable`)
    return `${(2 * BYTES) >> 20} MiB, hashes equal, nothing on the cable`
  },
}

/** The other end as a bench of its own. */
async function beside(bench: Bench): Promise<Bench> {
  return { ...bench, guest: await bench.neighbour() }
}

async function oneWay(from: Bench, to: Bench, address: string): Promise<void> {
  // The reader's input stays open: nc would take the end of it for the end of the talk.
  const listen = `rm -f /tmp/in /tmp/hash /tmp/open; mkfifo /tmp/open
    take() {
      sleep ${PATIENCE_S} > /tmp/open & holder=$!
      nc -l -p ${PORT} < /tmp/open > /tmp/in; kill $holder
      sha256sum < /tmp/in > /tmp/hash.new; mv /tmp/hash.new /tmp/hash
    }
    take > /dev/null 2>&1 &
    n=0; until netstat -tln | grep -q ':${PORT} '; do n=$((n+1)); [ $n -lt 100 ] || { echo 'nobody listens'; exit 1; }; sleep 0.1; done`
  await output(to, listen)
  const send = `head -c ${BYTES} /dev/urandom > /tmp/out; nc ${address} ${PORT} < /tmp/out > /dev/null; sha256sum < /tmp/out`
  const sent = await output(from, send, PATIENCE_S)
  const taken = 'n=0; until [ -e /tmp/hash ]; do n=$((n+1)); [ $n -lt 600 ] || exit 1; sleep 0.1; done; cat /tmp/hash'
  const got = await output(to, taken, 90)
  must(sent.length > 64 && sent === got, `to ${address}: the hashes differ, ${sent.slice(0, 16)}, ${got.slice(0, 16)}`)
}

/** Two virtual functions in two machines. */
export function twoGuestChecks(pfDriver: string): CheckGroup {
  const setup = [probe, link].map((check) => ({ ...check, name: `${check.name}, the first of two guests` }))
  return {
    processors: 1,
    vfs: 2,
    handed: HANDED,
    setup: [physicalOfTwo(pfDriver), ...setup, secondGuest],
    checks: [betweenGuests],
  }
}
