import { must, output, until } from './check.js'
import type { Bench } from './check.js'
import type { NpaGuest } from '../peer/npa-guest.js'
import { Talk } from '../peer/talk.js'

const PORT = 5001
/** What the guest sends again and again. */
const PIECE_BYTES = 262147
const PATIENCE_S = 120
/** Between two echoes. */
const PING_S = 0.1

/** What came of the stream. */
export interface StreamResult {
  readonly seconds: number
  /** Each way. */
  readonly received: number
  readonly sent: number
  readonly retransmissions: number
  /** In words: echoes answered, and the longest time without one. */
  readonly ping: string
}

/**
 * One TCP connection from the judged guest to an NPA guest, random bytes both ways until `end`, and echoes beside it: how the guest sees it
 * is kept in files there.
 */
export class NpaStream {
  readonly talk: Talk
  readonly #bench: Bench
  readonly #npa: NpaGuest
  readonly #begin = performance.now()

  private constructor(bench: Bench, npa: NpaGuest) {
    this.#bench = bench
    this.#npa = npa
    this.talk = new Talk(npa.stack, PORT)
  }

  /** Settles when the first bytes have gone both ways. */
  static async begin(bench: Bench, npa: NpaGuest): Promise<NpaStream> {
    const stream = new NpaStream(bench, npa)
    const { ip } = npa
    // nc would take the end of its input for the end of the talk: so that stays open until both sides have everything.
    const script = `cd /tmp && rm -f npa.* && mkfifo npa.copy && head -c ${PIECE_BYTES} /dev/urandom > npa.piece
      md5sum < npa.copy > npa.sent 2>&1 &
      pieces() {
        n=0; while [ ! -e npa.stop ]; do cat npa.piece; n=$((n+1)); done
        echo $n > npa.pieces.new; mv npa.pieces.new npa.pieces
        until [ -e npa.end ]; do sleep 0.1; done
      }
      pieces 2> /dev/null | tee npa.copy 2> /dev/null | nc ${ip} ${PORT} 2> npa.nc | md5sum > npa.received &
      ping -i ${PING_S} ${ip} 2> /dev/null | while read line; do read up _ < /proc/uptime; echo "$up $line"; done > npa.ping &`
    await output(bench, script)
    await stream.moved(1)
    return stream
  }

  /** Settles when so many more bytes have gone each way. */
  async moved(bytes: number): Promise<void> {
    const { talk } = this
    const received = talk.received + bytes
    const acknowledged = talk.acknowledged + bytes
    const there = (): boolean => talk.received >= received && talk.acknowledged >= acknowledged
    const standing = (): string =>
      `${talk.received} bytes of ${received} in, ${talk.acknowledged} of ${acknowledged} out; ${talk.ended ?? 'open'}; ${this.#npa.state}`
    await until(PATIENCE_S, standing, there)
  }

  /** Ends it in order. Throws `Failed` unless it was one connection and both ends have the same hashes. */
  async end(): Promise<StreamResult> {
    const { talk } = this
    const bench = this.#bench
    talk.stop()
    const pieces = await output(
      bench,
      'cd /tmp; touch npa.stop; until [ -e npa.pieces ]; do sleep 0.1; done; cat npa.pieces',
      PATIENCE_S,
    )
    const total = Number(pieces) * PIECE_BYTES
    const standing = (): string => `${talk.received} of ${total} bytes came, ${talk.acknowledged} of ${talk.sent} went`
    const complete = (): boolean => talk.received >= total && talk.acknowledged === talk.sent
    await until(PATIENCE_S, standing, complete)
    const seconds = (performance.now() - this.#begin) / 1000
    must(talk.ended === undefined && talk.accepted === 1, `${talk.accepted} connections; ${talk.ended ?? 'open'}`)
    talk.close()
    const said = await output(
      bench,
      `cd /tmp; kill $(pidof ping); touch npa.end; until [ -s npa.sent ] && [ -s npa.received ]; do sleep 0.1; done
        cat npa.sent npa.received npa.nc npa.ping; rm -f npa.*`,
      PATIENCE_S,
    )
    const [sent, received, ...echoes] = said.split('\n')
    const hashes = talk.hashes()
    must(sent.startsWith(hashes.received), `the guest sent ${total} bytes of hash ${sent}, ours is ${hashes.received}`)
    must(
      received.startsWith(hashes.sent),
      `we sent ${talk.sent} bytes of hash ${hashes.sent}, the guest's is ${received}`,
    )
    await until(
      PATIENCE_S,
      () => 'the guest did not close',
      () => talk.ended !== undefined,
    )
    must(talk.ended === 'closed', `the connection ended: ${talk.ended ?? ''}`)
    const { retransmissions } = talk
    return { seconds, received: talk.received, sent: talk.sent, retransmissions, ping: continuity(echoes) }
  }
}

/** Of ping's lines, each behind the guest's uptime: how many were answers, and the longest time between two. */
function continuity(lines: readonly string[]): string {
  const answers = lines.flatMap((line) => {
    const found = /^([\d.]+) .* seq=(\d+) /.exec(line)
    return found === null ? [] : [{ at: Number(found[1]), sequence: Number(found[2]) }]
  })
  const last = answers.at(-1)
  if (last === undefined) return 'no echo was answered'
  const gaps = answers.slice(1).map(({ at }, n) => at - answers[n].at)
  const gap = Math.max(0, ...gaps).toFixed(2)
  return `${answers.length} of ${last.sequence + 1} echoes answered, longest time without one ${gap} s`
}
