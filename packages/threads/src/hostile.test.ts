import { randomStream } from '@npa/core'
import type { Random } from '@npa/core'
import { MESSAGE_LINK_BYTES, REQUEST_LINK_BYTES, RequestClient } from '@npa/remote'
import { Doorbell } from '@npa/ring-datapath'
import { beforeAll, expect, test } from 'vitest'
import { A, B, ThreadBench, VICTIM } from './testing/bench.js'
import { bundledWorker } from './testing/worker-script.js'
import type { StartWorker } from './crew.js'

/** Rounds of garbage; more on demand. */
const ROUNDS = Number(process.env['NPA_GARBAGE'] ?? 1000)
const SEED = Number(process.env['NPA_SEED'] ?? 1)

let startWorker: StartWorker

beforeAll(async () => {
  startWorker = await bundledWorker()
})

/** A word that is wrong in an interesting way. */
function word(random: Random): number {
  switch (random.below(5)) {
    case 0:
      return random.u32() | 0
    case 1:
      return random.below(16)
    case 2:
      return -random.below(16)
    case 3:
      return 1 << random.below(32)
    default:
      return random.below(4096)
  }
}

/** Writes garbage anywhere into a link: indices, capacity, records, tickets, the words of its bell. */
function scribble(words: Int32Array, random: Random): void {
  for (let n = random.below(64); n > 0; n--) {
    // half of it among the indices
    const at = random.below(2) === 0 ? random.below(96) : random.below(words.length)
    Atomics.store(words, at, word(random))
  }
}

test(
  "garbage in a guest's links, to its host and to the NIC, harms neither them nor other guests",
  async () => {
    const bench = await ThreadBench.start(startWorker)
    try {
      const guest = bench.guests[VICTIM]
      const host = bench.plan.hosts[guest.host]
      const { links } = bench.plan
      // with a VF, so that its link to the NIC leads somewhere
      await bench.ask(VICTIM, 'passthrough')
      await bench.until(() => bench.mode(VICTIM) === 'passthrough')
      await bench.crew.guests[VICTIM].end()
      const hostBell = new Doorbell(links, host.thread.bell)
      const nicBell = new Doorbell(links, host.nic.bell)
      const random = randomStream(SEED, 'garbage')
      // requests in form, of operations and arguments that are not: posted, since nobody may wait for what may not come
      const clients = [
        new RequestClient({ buffer: links, at: guest.requests }, hostBell, 'host'),
        new RequestClient({ buffer: links, at: guest.registers }, nicBell, 'NIC'),
      ]
      for (let round = 0; round < ROUNDS; round++) {
        const client = clients[random.below(2)]
        for (let n = random.below(32); n > 0; n--) {
          const args = Array.from({ length: 6 }, () => word(random)) as [number, number, number, number, number, number]
          client.post(random.below(4) === 0 ? word(random) : 1 + random.below(16), ...args)
        }
        if (round % 64 === 0) await new Promise((resolve) => void setImmediate(resolve))
      }
      const before = await bench.live(bench.crew.hosts[guest.host].call('books'))
      expect(before.badRequests).toBeGreaterThan(0)
      const { badRequests } = await bench.live(bench.crew.nics[guest.host].call('figures'))
      expect(badRequests).toBeGreaterThan(0)
      const rings = [
        new Int32Array(links, guest.requests, REQUEST_LINK_BYTES / 4),
        new Int32Array(links, guest.registers, REQUEST_LINK_BYTES / 4),
        new Int32Array(links, guest.messages, MESSAGE_LINK_BYTES / 4),
        new Int32Array(links, guest.interrupts, MESSAGE_LINK_BYTES / 4),
      ]
      for (let round = 0; round < ROUNDS; round++) {
        scribble(rings[random.below(rings.length)], random)
        hostBell.ring()
        nicBell.ring()
        if (round % 64 === 0) await new Promise((resolve) => void setImmediate(resolve))
      }
      await bench.sendsMore(A, 200)
      await bench.sendsMore(B, 200)
      expect(await bench.kill()).toEqual({})
      // the next guest in that place finds everything in order
      await bench.revive()
      await bench.stream(VICTIM)
      await bench.sendsMore(VICTIM, 200)
      // its stream would go on; a fresh guest is quiet
      await bench.kill()
      await bench.revive()
      const { counts, lost, findings } = await bench.end()
      expect(findings).toEqual([])
      expect(counts).toMatchObject({ duplicated: 0, reordered: 0, foreign: 0 })
      expect([counts.delivered, lost]).toEqual([counts.sent, 0])
    } finally {
      await bench.crew.end()
    }
  },
  300_000 + ROUNDS * 10,
)
