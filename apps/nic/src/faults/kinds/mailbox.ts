import { MAILBOX_WORDS } from '../../card/driver-view.js'
import type { DriverView } from '../../card/driver-view.js'
import { faultKind } from '../fault-kind.js'
import type { FaultPlace } from '../fault-kind.js'
import { share } from './fields.js'

/** VFMAILBOX, the virtual function's side (82599 datasheet 8.3.5.1.5). */
const REQUEST = 1
/** Of word 0: the physical function's driver has done it, or refuses. */
const SUCCESS = 0x80000000
const FAILURE = 0x40000000
const ANSWER = SUCCESS | FAILURE

function mailbox({ fn }: FaultPlace): DriverView['mailbox'] {
  // Kinds are asked only of functions that have what they need.
  if (fn.view === undefined) throw new Error(`${fn.name} has no mailbox`)
  return fn.view.mailbox
}

/** The physical function's driver never hears of requests. */
export const mailboxSilent = faultKind({
  name: 'mailbox-silent',
  intel: true,
  about: "requests of the virtual function's driver never reach the physical one",
  of: 'vf',
  parameters: { share },
  start: (place, parameters) => {
    const { register } = mailbox(place)
    return place.fn.install({
      write: (bar, offset, value) => {
        const lost = bar === 0 && offset === register && (value & REQUEST) !== 0 && strikes(place, parameters.share)
        if (lost) place.struck()
        return !lost
      },
    })
  },
})

/** Every request is refused. */
export const mailboxNack = faultKind({
  name: 'mailbox-nack',
  intel: true,
  about: "what the physical function's driver granted is read as refused",
  of: 'vf',
  parameters: { share },
  start: (place, parameters) => {
    const { words } = mailbox(place)
    return place.fn.install({
      read: (bar, offset, _size, value) => {
        if (bar !== 0 || offset !== words || (value & SUCCESS) === 0 || !strikes(place, parameters.share)) return value
        place.struck()
        return ((value & ~SUCCESS) | FAILURE) >>> 0
      },
    })
  },
})

/** Answers are nonsense. */
export const mailboxGarbage = faultKind({
  name: 'mailbox-garbage',
  intel: true,
  about: "words of the physical function's answers are read as random ones",
  of: 'vf',
  parameters: { share },
  start: (place, parameters) => {
    const { words } = mailbox(place)
    let answered = false
    return place.fn.install({
      read: (bar, offset, _size, value) => {
        if (bar !== 0 || offset < words || offset >= words + 4 * MAILBOX_WORDS) return value
        // What the driver wrote itself is read as it stands; an answer begins with word 0.
        if (offset === words) answered = (value & ANSWER) !== 0 && strikes(place, parameters.share)
        if (!answered) return value
        place.struck()
        return place.random.u32()
      },
    })
  },
})

function strikes({ random }: FaultPlace, share: number): boolean {
  return random.u32() < share * 4294967296
}
