import { NETWORK } from '../peer/peer.js'
import { must, output } from './check.js'
import type { Bench, Check } from './check.js'

const STREAMS = 4
const SECONDS = 3

/** Another program's idea of TCP under load; the rate is the emulated processor's more than the device's. */
export const iperf: Check = {
  name: `iperf3, ${STREAMS} streams each way`,
  run: async (bench) => `out ${await rate(bench, '')}, in ${await rate(bench, '-R')} Mb/s`,
}

async function rate(bench: Bench, option: string): Promise<string> {
  const port = bench.peer.iperf()
  const said = await output(
    bench,
    `iperf3 -c ${NETWORK.peer} -p ${port} -P ${STREAMS} -t ${SECONDS} -J ${option} 2>&1 || true`,
    90,
  )
  const { error, end } = JSON.parse(said) as { error?: string; end?: { sum_received?: { bits_per_second: number } } }
  must(error === undefined, `iperf3 ${option}: ${error ?? ''}`)
  const bits = end?.sum_received?.bits_per_second ?? 0
  must(bits > 1e5, `iperf3 ${option}: ${bits} bits a second`)
  return (bits / 1e6).toFixed(0)
}
