import { Bench } from './bench.js'
import type { Chapter, Check } from './check.js'
import type { ChipUnderTest } from './chip-under-test.js'
import { antiSpoof } from './chapters/anti-spoof.js'
import { coalescing82599 } from './chapters/coalescing.js'
import { checksums } from './chapters/checksums.js'
import { eeprom } from './chapters/eeprom.js'
import { etherTypes } from './chapters/ether-types.js'
import { filters } from './chapters/filters.js'
import { interrupts } from './chapters/interrupts.js'
import { link } from './chapters/link.js'
import { loopback } from './chapters/loopback.js'
import { mailbox } from './chapters/mailbox.js'
import { malformed } from './chapters/malformed.js'
import { mirror } from './chapters/mirror.js'
import { rateLimit } from './chapters/rate-limit.js'
import { receive } from './chapters/receive.js'
import { reset } from './chapters/reset.js'
import { rss } from './chapters/rss.js'
import { segmentation } from './chapters/segmentation.js'
import { semaphores } from './chapters/semaphores.js'
import { sriovCapability } from './chapters/sriov-capability.js'
import { statistics } from './chapters/statistics.js'
import { transmit } from './chapters/transmit.js'
import { vlan } from './chapters/vlan.js'

/** All that the suite asks, a chapter for each part of a chip. */
export const CHAPTERS: readonly Chapter[] = [
  sriovCapability,
  eeprom,
  semaphores,
  reset,
  link,
  interrupts,
  mailbox,
  transmit,
  malformed,
  receive,
  checksums,
  segmentation,
  coalescing82599,
  rss,
  vlan,
  filters,
  etherTypes,
  loopback,
  antiSpoof,
  mirror,
  rateLimit,
  statistics,
]

/**
 * The checks for a chip, in the order of the chapters; nothing has run yet. Throws an `Error` when the chip is excused from a check
 * that there is not.
 */
export function registerSuite(chip: ChipUnderTest): Check[] {
  const { family, skips = {} } = chip
  const checks = CHAPTERS.flatMap((chapter) =>
    chapter.questions
      .filter(({ only }) => only?.includes(family.name) !== false)
      .map(({ name, section, ask }): Check => {
        const full = `${chapter.name}: ${name}`
        const skip = Object.hasOwn(skips, full) ? skips[full] : undefined
        const run = async (): Promise<void> => {
          if (skip !== undefined) throw new Error(`${full} is skipped: ${skip}`)
          const running = await chip.start()
          try {
            await ask(new Bench(running, family))
          } finally {
            await running.close()
          }
        }
        return { name: full, chapter: chapter.name, section, ...(skip !== undefined && { skip }), run }
      }),
  )
  const known = new Set(checks.map(({ name }) => name))
  const unknown = Object.keys(skips).filter((name) => !known.has(name))
  if (unknown.length > 0) throw new Error(`the suite has no check ${unknown.join(', ')} for the ${family.name}`)
  return checks
}
