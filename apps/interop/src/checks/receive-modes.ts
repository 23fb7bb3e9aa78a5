import { must, NotRun, output } from './check.js'
import type { Bench, Check } from './check.js'

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

/** Whether the driver counts a frame to `mac`. Other traffic is silent meanwhile. */
export async function hears(bench: Bench, mac: string): Promise<boolean> {
  const count = async (): Promise<number> =>
    Number(await output(bench, 'cat /sys/class/net/eth0/statistics/rx_packets'))
  const frame = Buffer.alloc(60, 0x77)
  frame.set(Buffer.from(`${mac.replaceAll(':', '')}02000000000288b5`, 'hex'))
  const before = await count()
  for (let n = 0; n < 50; n++) bench.peer.hub.inject(frame)
  await output(bench, 'sleep 0.5')
  const got = (await count()) - before
  if (got > 5 && got < 45) throw new NotRun(`${got} of 50 frames: neither heard nor not`)
  return got >= 45
}
