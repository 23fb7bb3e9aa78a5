import { faultKind } from '../fault-kind.js'
import type { PostedWrite } from '../faulty-function.js'
import { interval, share } from './fields.js'

/** Writes that may be kept at once; then they go. */
const MOST_KEPT = 512

/**
 * All posted writes and interrupts of the function take longer, in their order: what PCI Express allows a bridge on the way. A register read of
 * the driver, or a read of memory by the function, pushes them ahead of itself.
 */
export const writeBackDelayed = faultKind({
  name: 'write-back-delayed',
  about: 'what the function writes to memory, and its interrupts, arrive by=TIME later, in their order',
  of: 'any',
  parameters: { by: interval.default(100e3) },
  start: ({ fn, clock, struck }, { by }) => {
    const kept: { write: PostedWrite; dueNs: number }[] = []
    const send = (all: boolean): void => {
      while (kept.length > 0 && (all || kept[0].dueNs <= clock.nowNs())) kept.shift()?.write.send()
      if (kept.length > 0) timer.arm(kept[0].dueNs)
    }
    const timer = clock.timer('delayed', () => send(false))
    const remove = fn.install({
      posted: (write) => {
        if (kept.length === MOST_KEPT) send(true)
        kept.push({ write, dueNs: clock.nowNs() + by })
        if (kept.length === 1) timer.arm(kept[0].dueNs)
        struck()
        return false
      },
      flush: () => send(true),
    })
    return () => {
      remove()
      timer.cancel()
    }
  },
})

/**
 * A write-back is overtaken by later ones of other rings, which no manual orders; never by an interrupt, and never by its own ring's. Its
 * payload was written before it. The chip has not issued it yet: what it fetches for another ring pushes nothing.
 */
export const writeBackReordered = faultKind({
  name: 'write-back-reordered',
  intel: true,
  about: 'write-backs are overtaken by those of other rings, never by one of their own or by an interrupt',
  of: 'any',
  parameters: { share, by: interval.default(1e6) },
  start: ({ fn, clock, random, struck }, parameters) => {
    const kept: PostedWrite[] = []
    const send = (): void => {
      timer.cancel()
      for (const write of kept.splice(0)) write.send()
    }
    const timer = clock.timer('reordered', send)
    const remove = fn.install({
      posted: (write) => {
        const same = kept.length > 0 && write.ring === kept[0].ring
        if (write.kind === 'interrupt' || kept.length === MOST_KEPT) send()
        else if (
          write.kind === 'write-back' &&
          (same || (kept.length === 0 && random.u32() < parameters.share * 2 ** 32))
        ) {
          if (kept.length === 0) timer.arm(clock.nowNs() + parameters.by)
          kept.push(write)
          return false
        } else if (kept.length > 0 && write.kind === 'write-back') struck()
        return true
      },
      flush: (pushedBy) => {
        if (pushedBy !== 'memory read') send()
      },
    })
    return () => {
      remove()
      timer.cancel()
    }
  },
})
