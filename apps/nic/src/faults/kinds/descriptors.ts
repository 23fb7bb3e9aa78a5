import { z } from 'zod'
import { DESCRIPTOR_BYTES } from '../../rings/ring-watch.js'
import { faultKind } from '../fault-kind.js'
import { share } from './fields.js'

/** Word 2 of a receive descriptor that was written back: status and errors. */
const STATUS_WORD = 2
const DONE_AND_END = 3
/** Word 2 of a transmit descriptor: command. */
const COMMAND_WORD = 2
/** DTYP of an extended descriptor: a kind that no chip knows. */
const DEXT = 0x20000000
const KIND_MASK = 0xf00000
const UNKNOWN_KIND = 0xf00000

export const descriptorError = faultKind({
  name: 'descriptor-error',
  intel: true,
  about: 'received frames are written back with an error: what=frame (of the frame) or what=checksum',
  of: 'any',
  parameters: { share, what: z.enum(['frame', 'checksum']).default('frame') },
  start: (place, parameters) => {
    const { arena, fn, random, struck } = place
    const bit = fn.view?.rxErrors[parameters.what] ?? 0
    return fn.install({
      writeBack: (ring, at, bytes) => {
        if (ring.kind !== 'rx') return
        for (let word = (at >> 2) + STATUS_WORD; word * 4 < at + bytes; word += DESCRIPTOR_BYTES / 4) {
          if ((arena.i32[word] & DONE_AND_END) !== DONE_AND_END || random.u32() >= parameters.share * 2 ** 32) continue
          arena.i32[word] |= bit
          struck()
        }
      },
    })
  },
})

/** What a driver never wrote: the chip finds it out, stops the queue and raises its event. */
export const maliciousDriver = faultKind({
  name: 'malicious-driver',
  intel: true,
  about:
    'a transmit descriptor reaches the chip with a kind that it does not know: it stops the queue and raises its event',
  of: 'any',
  parameters: { share },
  start: (place, parameters) => {
    const { arena, fn, random, struck } = place
    return fn.install({
      fetched: (ring, at, bytes) => {
        if (ring.kind !== 'tx') return
        for (let word = (at >> 2) + COMMAND_WORD; word * 4 < at + bytes; word += DESCRIPTOR_BYTES / 4) {
          if ((arena.i32[word] & DEXT) === 0 || random.u32() >= parameters.share * 2 ** 32) continue
          arena.i32[word] = (arena.i32[word] & ~KIND_MASK) | UNKNOWN_KIND
          struck()
        }
      },
    })
  },
})
