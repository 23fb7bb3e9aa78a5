import { time } from '@npa/scenario'
import { z } from 'zod'

/** The part of the occasions on which a fault strikes; all of them unless given. */
export const share = z
  .number({ error: 'expected a share: a number from 0 to 1' })
  .min(0)
  .max(1)
  .default(1)
  .meta({ description: 'part of the occasions on which it strikes, 0 to 1' })

/** Nanoseconds from 1 us to a minute. */
export const interval = time('1 us', '60 s')
