import { NETWORK } from '../peer/peer.js'
import { must, output, within } from './check.js'
import type { Bench } from './check.js'

const PATIENCE_S = 180

/** `pairs` connections out and as many in, all at the same time; every hash must be right. In words. */
export async function manyAtOnce(bench: Bench, pairs: number, bytes: number): Promise<string> {
  const { peer } = bench
  const out = Array.from({ length: pairs }, () => peer.receive(bytes))
  const back = Array.from({ length: pairs }, () => peer.send(bytes))
  const lines = [`head -c ${bytes} /dev/urandom > /tmp/out; mkfifo /tmp/open`]
  for (const { port } of out) lines.push(`nc ${NETWORK.peer} ${port} < /tmp/out > /dev/null &`)
  for (const { port } of back) lines.push(`nc ${NETWORK.peer} ${port} < /tmp/open > /tmp/in-${port} &`)
  lines.push('exec 3> /tmp/open', 'wait', 'sha256sum /tmp/out')
  for (const { port } of back) lines.push(`sha256sum /tmp/in-${port}`)
  lines.push('rm /tmp/out /tmp/open /tmp/in-*')
  const said = (await output(bench, lines.join('\n'), PATIENCE_S)).split('\n')
  const all = [...out, ...back]
  const progress = (): string => `bytes by connection: ${all.map((one) => one.progress()).join(', ')} of ${bytes}`
  const seen = await within(PATIENCE_S, progress, Promise.all(all.map((one) => one.done)))
  seen.forEach(({ hash }, n) => {
    const guest = said[n < pairs ? 0 : n - pairs + 1].slice(0, hash.length)
    must(guest === hash, `connection ${n} ${n < pairs ? 'out' : 'in'}: the hashes differ`)
  })
  return `${2 * pairs} connections at once, hashes equal`
}
