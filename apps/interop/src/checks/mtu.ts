import { features, setFeature } from './ethtool.js'
import { echo } from './echo.js'
import { must, output } from './check.js'
import type { Check } from './check.js'
import { bothWays } from './traffic.js'
import { whileSending } from './while-sending.js'

const JUMBO = 9000
const COALESCING = 'large-receive-offload'

/** Jumbo frames, and back. */
export const mtu: Check = {
  name: 'MTU 9000 and back',
  run: async (bench) => {
    let longest = 0
    bench.peer.hub.tap = (frame) => {
      longest = Math.max(longest, frame.length)
    }
    await output(bench, `ip link set eth0 mtu ${JUMBO}`)
    await echo(bench, 10, 8972)
    const seen = await bothWays(bench)
    bench.peer.hub.tap = undefined
    must(longest === JUMBO + 14, `the longest frame had ${longest} bytes`)
    await output(bench, 'ip link set eth0 mtu 1500')
    await echo(bench, 10, 1472)
    return seen
  },
}

/** QEMU's own model loses long frames then; a device need not. */
export const mtuUncoalesced: Check = {
  name: 'MTU 9000, receive coalescing off',
  run: async (bench) => {
    const before = (await features(bench)).get(COALESCING)
    await setFeature(bench, COALESCING, false)
    await output(bench, `ip link set eth0 mtu ${JUMBO}`)
    await echo(bench, 10, 8972)
    await output(bench, 'ip link set eth0 mtu 1500')
    if (before !== undefined) await setFeature(bench, COALESCING, before.on)
    return '10 of 10 answered'
  },
}

/** Every change stops the device and starts it on new rings. */
export const mtuUnderLoad: Check = {
  name: 'MTU changed 20 times under load',
  run: (bench) => {
    const change = (bytes: number): string => `ip link set eth0 mtu ${bytes} && sleep 0.2`
    return whileSending(bench, `${change(JUMBO)} && ${change(1500)}`, 10)
  },
}
