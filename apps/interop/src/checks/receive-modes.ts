import { must, NotRun, output } from './check.js'
import type { Bench, Check } from './check.js'

/** Each a second at least. */
const TRIES = 15

/** The filters let through what they should, and nothing else. */
export const receiveModes: Check = {
  name: 'promiscuous and multicast',
  run: async (bench) => {
    const heard = async (mac: string, setting: string): Promise<boolean> => {
      await output(bench, setting)
      return hears(bench, mac)
    }
    must(!(await heard('02:00:00:00:00:99', 'true')), 'a frame for somebody else came through')
    must(
      await heard('02:00:00:00:00:99', 'ip link set eth0 promisc on'),
      'promiscuous, a frame for somebody else was lost',
    )
    must(
      !(await heard('33:33:ff:12:34:99', 'ip link set eth0 promisc off')),
      'a multicast nobody asked for came through',
    )
    // An address of IPv6 joins the group of its last three bytes (RFC 4291, 2.7.1).
    must(await heard('33:33:ff:12:34:99', 'ip addr add fd00::12:3499/64 dev eth0'), 'a multicast asked for was lost')
    must(!(await heard('33:33:ff:12:34:98', 'true')), 'a multicast of another group came through')
    must(await heard('33:33:ff:12:34:98', 'ifconfig eth0 allmulti'), 'all multicast, and one was lost')
    await output(bench, 'ifconfig eth0 -allmulti; ip addr del fd00::12:3499/64 dev eth0')
    return 'filters let through what they should, and nothing else'
  },
}

const FRAMES = 50
const COUNTER = '/sys/class/net/eth0/statistics/rx_packets'
/** Shell: the counter, once it has not changed for a second. */
const SETTLED = `n=0; last=''; until [ $n = 10 ]; do
    now=$(cat ${COUNTER}); if [ "$now" = "$last" ]; then n=$((n+1)); else n=0; last=$now; fi; sleep 0.1
  done; echo $now`

/** Whether the driver counts a frame to `mac`. Other traffic is silent meanwhile. */
export async function hears(bench: Bench, mac: string): Promise<boolean> {
  const frame = Buffer.alloc(60, 0x77)
  frame.set(Buffer.from(`${mac.replaceAll(':', '')}02000000000288b5`, 'hex'))
  const before = Number(await output(bench, SETTLED))
  for (let n = 0; n < FRAMES; n++) bench.peer.hub.inject(frame)
  const got = Number(await output(bench, SETTLED)) - before
  if (got > FRAMES / 10 && got < FRAMES * 0.9) throw new NotRun(`${got} of ${FRAMES} frames: neither heard nor not`)
  return got >= FRAMES * 0.9
}

/** Whether it comes to hear such frames, or comes not to: a driver may be told of a change in its own time. */
export async function comesToHear(bench: Bench, mac: string, wanted: boolean): Promise<boolean> {
  for (let n = 0; n < TRIES; n++) if ((await hears(bench, mac)) === wanted) return true
  return false
}
