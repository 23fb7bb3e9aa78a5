import { GUEST_MAC } from '../devices/device.js'
import { must, output } from './check.js'
import type { Bench, Check } from './check.js'

/** The physical function's own address, and of a second virtual one; the first has the guest's. */
const PF_MAC = '52:54:00:12:34:01'
export const SECOND_MAC = '52:54:00:12:34:02'
/** The physical function in the checks of virtual ones, which have `eth0` and on. */
export const PF = 'pf'

/** Shell: waits for a carrier, at most 15 s. */
export function carrier(name: string, run = ''): string {
  const read = `${run} cat /sys/class/net/${name}/carrier`
  return `n=0; until [ "$(${read})" = 1 ]; do n=$((n+1)); [ $n -lt 150 ] || { echo 'no carrier on ${name}'; exit 1; }; sleep 0.1; done`
}

/** Shell: enables virtual functions of an interface, 0 disables them. */
export function numVfs(name: string, count: number): string {
  return `echo ${count} > /sys/class/net/${name}/device/sriov_numvfs || exit 1`
}

/** Virtual functions that the guest's kernel knows of an interface. */
export async function vfsOf(bench: Bench, name: string): Promise<number> {
  return Number(await output(bench, `ls -d /sys/class/net/${name}/device/virtfn* 2> /dev/null | wc -l`))
}

/** The physical function's driver, up, with `count` virtual functions whose driver is yet to come. */
export function physical(driver: string, count: number): Check {
  return {
    name: `${driver} with ${count} virtual functions`,
    run: async (bench) => {
      await output(bench, `modprobe ${driver}; ip link set eth0 address ${PF_MAC} && ip link set eth0 name ${PF}`)
      await output(bench, `ip link set ${PF} up; ${carrier(PF)}; ${numVfs(PF, count)}; ${carrier(PF)}`, 60)
      const seen = await vfsOf(bench, PF)
      must(seen === count, `${seen} virtual functions are there`)
      await output(bench, `/usr/bin/ip link set ${PF} vf 0 mac ${GUEST_MAC}`)
      await output(bench, `/usr/bin/ip link set ${PF} vf 1 mac ${SECOND_MAC}`)
      const where = `for one in /sys/class/net/${PF}/device/virtfn*; do basename $(readlink $one); done | xargs`
      return (await output(bench, where)).trim()
    },
  }
}

/** What the mailbox speaks: the highest that both drivers know. */
export const mailboxApi: Check = {
  name: 'mailbox API',
  run: (bench) => {
    const said = bench.agreed()
    must(said.length > 0, 'nothing was agreed')
    return Promise.resolve(said.join(', '))
  },
}
