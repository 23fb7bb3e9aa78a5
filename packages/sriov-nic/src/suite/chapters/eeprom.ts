import type { Bench } from '../bench.js'
import { Mismatch, same } from '../check.js'
import type { Chapter } from '../check.js'

const START = 1
const DONE = 2
const CHECKSUM = 0xbaba
const TRIES = 100

async function word(
  { family, read, write }: { family: Bench['family']; read: Bench['read']; write: Bench['write'] },
  at: number,
): Promise<number> {
  await write(family.eerd, (at << 2) | START)
  for (let i = 0; i < TRIES; i++) {
    const value = await read(family.eerd)
    if ((value & DONE) !== 0) return value >>> 16
  }
  throw new Mismatch(`EERD: word ${at} is not done`)
}

function reader(bench: Bench): (at: number) => Promise<number> {
  const parts = { family: bench.family, read: bench.read.bind(bench), write: bench.write.bind(bench) }
  return (at) => word(parts, at)
}

/** The board's own data, read word by word (82576 3.3, 8.4; 82599 6, 8.2.3.2). */
export const eeprom: Chapter = {
  name: 'EEPROM',
  questions: [
    {
      name: 'the checksum is 0xBABA',
      section: '82576 6.2.17; 82599 6.3.15',
      ask: async (bench) => {
        const at = reader(bench)
        let sum = 0
        for (let i = 0; i < 0x40; i++) sum += await at(i)
        for (let pointer = 3; bench.family.checksumOfSections && pointer < 0x0f; pointer++) {
          const section = await at(pointer)
          if (section === 0 || section === 0xffff) continue
          const words = await at(section)
          for (let i = 1; i <= words; i++) sum += await at(section + i)
        }
        same('sum', sum & 0xffff, CHECKSUM)
      },
    },
    {
      name: "the first exact filter is loaded with the board's address",
      section: '82576 8.10.15; 82599 8.2.3.7.9',
      ask: async (bench) => {
        const [a, b, c, d, e, f] = bench.chip.mac
        const place = bench.family.ral(0)
        same('RAL(0)', await bench.read(place), (a | (b << 8) | (c << 16) | (d << 24)) >>> 0)
        same('RAH(0)', ((await bench.read(place + 4)) & 0x8000ffff) >>> 0, (0x80000000 | e | (f << 8)) >>> 0)
      },
    },
    {
      name: "the board's address is in words 0 to 2",
      section: '82576 6.2.1',
      only: ['82576'],
      ask: async (bench) => {
        const at = reader(bench)
        for (let i = 0; i < 3; i++) {
          same(`word ${i}`, await at(i), bench.chip.mac[2 * i] | (bench.chip.mac[2 * i + 1] << 8))
        }
      },
    },
  ],
}
