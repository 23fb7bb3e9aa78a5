import { NETWORK } from '../peer/peer.js'
import { echo } from './echo.js'
import { must, output } from './check.js'
import type { Check } from './check.js'
import { load } from './traffic.js'
import { whileSending } from './while-sending.js'

const TIMES = 20
const PATIENCE_S = 240

/** Ring sizes, changed while frames come in. */
export const rings: Check = {
  name: 'ethtool -g, -G under load',
  run: async (bench) => {
    const stop = load(bench)
    try {
      const [rx, tx] = currentRings(await output(bench, 'ethtool -g eth0'))
      for (const [newRx, newTx] of [
        [256, 256],
        [2048, 1024],
        [rx, tx],
      ]) {
        await output(bench, `ethtool -G eth0 rx ${newRx} tx ${newTx}`, 60)
        const now = currentRings(await output(bench, 'ethtool -g eth0'))
        must(now[0] === newRx && now[1] === newTx, `asked for ${newRx} and ${newTx}, got ${now.join(' and ')}`)
        await echo(bench, 10)
      }
      return `receive ${rx}, transmit ${tx}; changed and set back`
    } finally {
      stop()
    }
  },
}

function currentRings(said: string): number[] {
  const now = said.slice(said.indexOf('Current'))
  return ['RX', 'TX'].map((name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(now)?.[1]))
}

/** A TCP connection lives through it. */
export const downUp: Check = {
  name: `down and up ${TIMES} times under load`,
  run: (bench) => whileSending(bench, 'ip link set eth0 down && ip link set eth0 up && sleep 0.2', TIMES),
}

/** The driver leaves and comes back. */
export const unloadLoad: Check = {
  name: `unload and load ${TIMES} times under load`,
  run: async (bench) => {
    const stop = load(bench)
    const script = `n=0; while [ $n -lt ${TIMES} ]; do
        ping -q -i 0.02 ${NETWORK.peer} > /dev/null 2>&1 & job=$!
        rmmod ${bench.driver} && modprobe ${bench.driver} || exit 1
        kill $job
        ip link set eth0 up && ip addr add ${NETWORK.guest}/24 dev eth0 || exit 1
        ping -q -c 3 -i 0.05 -W 5 ${NETWORK.peer} > /dev/null || { echo "no answer after load $n"; exit 1; }
        n=$((n+1))
      done`
    try {
      await output(bench, script, PATIENCE_S)
      return `pinged after each, ${stop()} frames at the guest`
    } finally {
      stop()
    }
  },
}
