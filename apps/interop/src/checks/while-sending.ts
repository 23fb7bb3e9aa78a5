import { NETWORK } from '../peer/peer.js'
import { must, output, within } from './check.js'
import type { Bench } from './check.js'
import { load } from './traffic.js'

const PATIENCE_S = 240
const PIECES = 48
const PIECE_BYTES = 131072

/**
 * Does `work`, shell commands that leave `round` alone, `times` times while the guest sends on a TCP connection, piece by piece, for at least ten seconds, and
 * gets a steady stream of frames. The connection must live through it, its hash be right. `run` is a command for the name space that it is of.
 */
export async function whileSending(bench: Bench, work: string, times: number, run = ''): Promise<string> {
  const bytes = PIECES * PIECE_BYTES
  const transfer = bench.peer.receive(bytes)
  const stop = load(bench)
  const script = `head -c ${bytes} /dev/urandom > /tmp/out
    pieces() {
      i=0; while [ $i -lt ${PIECES} ]; do
        dd if=/tmp/out bs=${PIECE_BYTES} skip=$i count=1 2> /dev/null; sleep 0.2; i=$((i+1))
      done
    }
    pieces | ${run} nc ${NETWORK.peer} ${transfer.port} > /dev/null & job=$!
    n=0; until ${run} netstat -tn | grep -q ':${transfer.port} .*ESTABLISHED'; do
      n=$((n+1)); [ $n -lt 100 ] || { echo 'no connection'; exit 1; }; sleep 0.1
    done
    round=0; while [ $round -lt ${times} ]; do ${work} || exit 1; round=$((round+1)); done
    wait $job; sha256sum /tmp/out; rm /tmp/out`
  try {
    const said = await output(bench, script, PATIENCE_S)
    const seen = await within(PATIENCE_S, () => `${transfer.progress()} of ${bytes} bytes came`, transfer.done)
    must(said.startsWith(seen.hash), 'the hashes differ')
    return `${bytes >> 20} MiB in ${seen.seconds.toFixed(1)} s, hash equal, ${stop()} frames at the guest`
  } finally {
    stop()
  }
}
