import { NETWORK } from '../peer/peer.js'
import { must, output } from './check.js'
import type { Bench } from './check.js'

/** Tries until the first answer: a device that has just been started again may lose one. */
const TRIES = 10

/** `count` echo requests of the guest with `bytes` of payload; once the first is answered, all must be. */
export async function echo(bench: Bench, count: number, bytes = 56, to: string = NETWORK.peer): Promise<void> {
  const script = `n=0; until ping -q -c 1 -W 2 -s ${bytes} ${to} > /dev/null; do n=$((n+1)); [ $n -lt ${TRIES} ] || break; done
    ping -q -c ${count} -i 0.02 -W 5 -s ${bytes} ${to}; true`
  const said = await output(bench, script, 120)
  const summary = said.split('\n').find((line) => line.includes('packet loss')) ?? 'nothing'
  must(summary.includes(' 0% packet loss'), `${bytes} bytes to ${to}: ${summary}`)
}
