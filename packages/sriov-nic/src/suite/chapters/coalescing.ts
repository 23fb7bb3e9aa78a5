import type { Bench } from '../bench.js'
import { same } from '../check.js'
import type { Chapter } from '../check.js'
import { addressOf, get16, packet, PEER } from '../frames.js'
import type { RxRing } from '../rings.js'
import { Rx } from '../rings.js'

const ACK = 0x10
const PSH = 0x08
const PAYLOAD = 600
const HEADERS = 54

/** Registers of a virtual function of the 82599, and of its receive queue. */
const VTIVAR = 0x120
const VTEIMS = 0x108
const VTEITR = 0x820
const PSRTYPE = 0x300
const RSCCTL = 0x2c
const RSC_ENABLE = 1
const SIXTEEN = 3 << 2
/** RSCCNT, in the first word of a descriptor. */
const COUNT_SHIFT = 17

/** A queue whose packets end a tenth of a millisecond after the last interrupt, or with PSH. */
async function coalescing(bench: Bench, on: boolean): Promise<RxRing> {
  const [{ rx }] = await bench.pools(1)
  const [vf] = bench.vfs
  await rx.stop()
  await vf.enableMessages()
  await vf.write(0, VTIVAR, 0x80808080)
  await vf.write(0, VTEITR, 50 << 3)
  await vf.write(0, PSRTYPE, 1 << 4)
  await rx.write(RSCCTL, on ? RSC_ENABLE | SIXTEEN : 0)
  await rx.start()
  await rx.post(16)
  await vf.write(0, VTEIMS, 1)
  await bench.settle()
  return rx
}

/** Two segments of a connection, the second with PSH; `gap` bytes of the stream are missing between them. */
async function arrive(bench: Bench, gap: number): Promise<void> {
  const of = { to: addressOf(0), from: PEER, payload: PAYLOAD }
  await bench.chip.send(packet({ ...of, sequence: 1000, flags: ACK }).bytes)
  await bench.chip.send(packet({ ...of, sequence: 1000 + PAYLOAD + gap, flags: ACK | PSH }).bytes)
  await bench.settle()
}

/** Segments that the chip makes one packet of (82599 7.11). */
export const coalescing82599: Chapter = {
  name: 'receive side coalescing',
  questions: [
    {
      name: 'segments that follow each other are one packet, which says how many it stands for',
      section: '82599 7.11.4, 7.11.5',
      only: ['82599'],
      ask: async (bench) => {
        const rx = await coalescing(bench, true)
        await arrive(bench, 0)
        const [{ bytes, words }] = await rx.expect(1)
        same('bytes', bytes.length, HEADERS + 2 * PAYLOAD)
        same('length in its IP header', get16(bytes, 16), bytes.length - 14)
        same('done, end of packet, checksums', words[2] & 0x63, Rx.done | Rx.eop | Rx.l4Checked | Rx.ipChecked)
        // One more than the packets that start in the descriptor: drivers add RSCCNT - 1.
        same('RSCCNT', (words[0] >>> COUNT_SHIFT) & 0xf, 3)
      },
    },
    {
      name: 'a segment that does not follow begins a packet of its own',
      section: '82599 7.11.4',
      only: ['82599'],
      ask: async (bench) => {
        const rx = await coalescing(bench, true)
        await arrive(bench, 1)
        const lengths = (await rx.expect(2)).map(({ bytes }) => bytes.length)
        same('lengths', lengths, [HEADERS + PAYLOAD, HEADERS + PAYLOAD])
      },
    },
    {
      name: 'without RSCEN every segment is a packet',
      section: '82599 8.2.3.8.13',
      only: ['82599'],
      ask: async (bench) => {
        const rx = await coalescing(bench, false)
        await arrive(bench, 0)
        await rx.expect(2)
      },
    },
  ],
}
