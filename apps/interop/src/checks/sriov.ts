import { must, output } from './check.js'
import type { Check, CheckGroup } from './check.js'
import { link, probe } from './basics.js'
import { echo } from './echo.js'
import { carrier, numVfs, vfsOf } from './virtual-functions.js'
import { whileSending } from './while-sending.js'

const CYCLES = 3

/** Virtual functions come and go; the physical one goes on. */
function cycle(count: number): Check {
  return {
    name: `sriov_numvfs 0, ${count}, 0`,
    run: async (bench) => {
      for (let n = 0; n < CYCLES; n++) {
        await output(bench, `${numVfs('eth0', count)}; ${carrier('eth0')}`, 60)
        const seen = await vfsOf(bench, 'eth0')
        must(seen === count, `${seen} virtual functions are there`)
        await echo(bench, 5)
        await output(bench, `${numVfs('eth0', 0)}; ${carrier('eth0')}`, 60)
        must((await vfsOf(bench, 'eth0')) === 0, 'virtual functions are left')
        await echo(bench, 5)
      }
      return `${CYCLES} times, the physical function pinged after each change`
    },
  }
}

/** The driver of virtual functions takes them all, and each has a link. */
function everyOne(count: number, vfDriver: string): Check {
  return {
    name: `${count} virtual functions, all probed and up`,
    run: async (bench) => {
      await output(bench, `${numVfs('eth0', count)}; ${carrier('eth0')}; modprobe ${vfDriver}`, 120)
      const script = `for n in $(seq 1 ${count}); do ip link set eth$n up || exit 1; done
        for n in $(seq 1 ${count}); do ${carrier('eth$n')}; done
        for one in /sys/class/net/eth*/device/driver; do readlink $one; done | grep -c '/${vfDriver}$'`
      const up = (await output(bench, script, 240)).trim()
      must(Number(up) === count, `${up} of ${count} belong to ${vfDriver}`)
      await echo(bench, 10)
      await output(bench, `rmmod ${vfDriver}; ${numVfs('eth0', 0)}; ${carrier('eth0')}`, 120)
      return `${count} carriers; gone again`
    },
  }
}

/** A TCP connection of the physical function lives through it; virtual functions are up and sending when they are taken away. */
function underLoad(count: number, vfDriver: string): Check {
  return {
    name: 'sriov_numvfs under load',
    run: async (bench) => {
      await output(bench, `modprobe ${vfDriver}`)
      const work = `{ ${numVfs('eth0', count)}; sleep 1
        for n in $(seq 1 ${count}); do ip link set eth$n up; done; sleep 2
        ping -q -i 0.002 -I eth1 -c 500 -w 2 ff02::1%eth1 > /dev/null 2>&1 & ${numVfs('eth0', 0)}; sleep 1; }`
      const seen = await whileSending(bench, work, CYCLES)
      await output(bench, `rmmod ${vfDriver}`)
      must((await vfsOf(bench, 'eth0')) === 0, 'virtual functions are left')
      return seen
    },
  }
}

/** What Linux asks of a physical function that makes virtual ones: a few, and as many as it can. */
export function sriovChecks(vfDriver: string, most: number): readonly CheckGroup[] {
  const group = (vfs: number, checks: readonly Check[]): CheckGroup => {
    const setup = [probe, link].map((check) => ({ ...check, name: `${check.name}, room for ${vfs} VFs` }))
    return { processors: 1, vfs, setup, checks }
  }
  return [
    group(Math.min(most, 4), [cycle(2), underLoad(2, vfDriver)]),
    group(most, [cycle(most), everyOne(most, vfDriver)]),
  ]
}
