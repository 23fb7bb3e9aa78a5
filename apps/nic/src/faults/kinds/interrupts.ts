import { faultKind } from '../fault-kind.js'
import { interval, share } from './fields.js'

export const interruptLost = faultKind({
  name: 'interrupt-lost',
  about: 'interrupt messages do not arrive',
  of: 'any',
  parameters: { share },
  start: (place, parameters) =>
    place.fn.install({
      interrupt: () => {
        const lost = place.random.u32() < parameters.share * 4294967296
        if (lost) place.struck()
        return !lost
      },
    }),
})

/** A vector that was used before is sent again, without a cause. */
export const interruptSpurious = faultKind({
  name: 'interrupt-spurious',
  about: 'interrupt messages come without a cause, one every=TIME, of a vector that was used before',
  of: 'any',
  parameters: { every: interval.default(10e6) },
  start: (place, { every }) => {
    const { fn, clock, random, struck } = place
    const again = (): void => {
      if (fn.messages.length > 0) {
        fn.interrupt(...fn.messages[random.below(fn.messages.length)])
        struck()
      }
      timer.arm(clock.nowNs() + every)
    }
    const timer = clock.timer('spurious', again)
    again()
    return () => timer.cancel()
  },
})
